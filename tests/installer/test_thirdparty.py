"""The real applications of the tests: pinned, whole or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from installer import thirdparty
from installer.messages import SetupError
from installer.thirdparty import ensure_nodered, ensure_oidc, installed_nodered, installed_oidc, installed_wagtail

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ROOT / "installer"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up of a package that depends on nothing, so that npm needs no network. Returns its root."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    sources = tmp_path / "installer" / "nodered"
    sources.mkdir(parents=True)
    write_lock(sources, "1.0.0")
    monkeypatch.setattr(thirdparty, "HERE", sources.parent)
    return tmp_path


def test_the_openid_provider_is_installed_beside_it_and_each_sweeps_its_own_remains(small: Path) -> None:
    shutil.copytree(small / "installer" / "nodered", small / "installer" / "oidc")
    ensure_nodered(small)
    (small / ".thirdparty" / "nodered.new-abc").mkdir()
    assert installed_oidc(small) is None
    folder = ensure_oidc(small)
    assert (installed_oidc(small), folder.name) == (folder, "oidc")
    assert names(small) == ["nodered", "nodered.lock", "nodered.new-abc", "oidc", "oidc.lock"]


def write_lock(sources: Path, version: str) -> None:
    package = {"name": "small", "version": version, "private": True}
    (sources / "package.json").write_text(json.dumps(package))
    lock = {**package, "lockfileVersion": 3, "requires": True, "packages": {"": package}}
    (sources / "package-lock.json").write_text(json.dumps(lock))


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".thirdparty").iterdir())


def test_what_was_installed_once_is_not_installed_again(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed_nodered(small) is None
    program = ensure_nodered(small)
    assert installed_nodered(small) == program
    monkeypatch.setenv("PATH", "/nonexistent")  # neither node nor npm: whoever asks them now fails
    assert ensure_nodered(small) == program
    assert names(small) == ["nodered", "nodered.lock"]


def test_a_changed_lock_file_is_installed_anew(small: Path) -> None:
    ensure_nodered(small)
    write_lock(small / "installer" / "nodered", "1.0.1")
    assert installed_nodered(small) is None
    ensure_nodered(small)
    assert installed_nodered(small) is not None
    assert '"1.0.1"' in (small / ".thirdparty" / "nodered" / "package.json").read_text()
    assert names(small) == ["nodered", "nodered.lock"]


def test_a_failed_installation_leaves_nothing_behind(small: Path) -> None:
    (small / "installer" / "nodered" / "package-lock.json").write_text("half a lo")
    with pytest.raises(SetupError, match="npm"):
        ensure_nodered(small)
    assert installed_nodered(small) is None
    assert names(small) == ["nodered.lock"]


def test_the_remains_of_an_installation_that_was_killed_are_swept(small: Path) -> None:
    remains = small / ".thirdparty" / "nodered.new-abc" / "node_modules"
    remains.mkdir(parents=True)
    ensure_nodered(small)
    assert names(small) == ["nodered", "nodered.lock"]


def test_a_missing_node_is_named_with_the_command_that_installs_it(
    small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("installer.packages.may_install", lambda: False)
    monkeypatch.setattr("installer.packages._manager", lambda: "apt-get")
    with pytest.raises(SetupError):
        ensure_nodered(small)
    assert "apt-get install --no-install-recommends nodejs npm" in capfd.readouterr().err


def test_half_an_environment_is_not_wagtail(tmp_path: Path) -> None:
    (tmp_path / ".thirdparty" / "wagtail" / "bin").mkdir(parents=True)
    assert installed_wagtail(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "package", "version"), [("nodered", "node-red", "4."), ("oidc", "oidc-provider", "8.")]
)
def test_what_comes_from_npm_is_pinned_with_hashes_and_without_addresses(name: str, package: str, version: str) -> None:
    packages = json.loads((LOCKS / name / "package-lock.json").read_text())["packages"]
    del packages[""]
    # What is bundled comes inside another package, and so is covered by that one's hash.
    unhashed = [path for path, one in packages.items() if "integrity" not in one and "inBundle" not in one]
    assert unhashed == []
    assert [path for path, one in packages.items() if "resolved" in one] == []
    assert packages[f"node_modules/{package}"]["version"].startswith(version)
