"""The build command as it is documented: started by a Python that has nothing but itself."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable  # which Node.js the driver runs on, nobody else tells

from installer.artefacts.msi import PROGRAMS, TOOLS
from tests.artefacts.conftest import ROOT, build

pytestmark = pytest.mark.timeout(600)  # the first run makes an environment with what builds

PORTALS = ROOT / "config" / "portals"


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    """A folder that stands for PyInstaller's, where people keep such things."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")
    folder = tmp_path / "窓口 PC" / "kiosk-agent"
    (folder / "inner").mkdir(parents=True)
    for name in PROGRAMS:
        (folder / name).write_bytes(b"MZ")
    (folder / "inner" / "data.txt").write_text("data")
    return folder


def test_an_msi_is_made_twice_over_itself_and_where_paths_have_spaces_and_japanese(
    payload: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "プロ ファイル" / "portal.toml"
    profile.parent.mkdir()
    shutil.copyfile(PORTALS / "practice.toml", profile)
    out = tmp_path / "出力 先"
    for _ in range(2):
        done = build("msi", "--payload", payload, "--profile", profile, "--version", "1.2.3", "--out", out)
        assert (done.returncode, done.stdout) == (0, f"{out / 'kiosk-agent-1.2.3-x64.msi'}\n"), done.stderr
    assert [path.name for path in out.iterdir()] == ["kiosk-agent-1.2.3-x64.msi"]


def test_a_bill_of_materials_is_made(tmp_path: Path) -> None:
    done = build("sbom", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (bill,) = tmp_path.glob("*.cdx.json")
    assert done.stdout == f"{bill}\n"
    told = json.loads(bill.read_text())
    assert told["specVersion"] == "1.6"
    (driver,) = [one["components"] for one in told["components"] if "components" in one]
    node = compute_driver_executable()[0]
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    parts = {one["name"]: one for one in driver}
    assert (sorted(parts), f"v{parts['node']['version']}") == (["node", "playwright-core"], version)
    assert parts["node"]["hashes"][0]["content"] == hashlib.sha256(Path(node).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--profile", "none.toml"], "none.toml: file: expected a readable file"),
        (["--profile", "README.md"], "README.md:3: file: expected TOML"),
        (["--profile", PORTALS / "practice.toml", "--certificate", "none.p12"], "there is no file none.p12"),
        (["--profile", PORTALS / "practice.toml", "--out", "README.md/dist"], "README.md"),
        (["--profile", "{tmp}/市民.toml"], "市民.toml. Rename the file"),
        (["--profile", "{tmp}/it's.toml"], "it's.toml. Rename the file"),
        (["--profile", "{tmp}/portal.2.toml"], "portal.2.toml. Rename the file"),
        (["--profile", "{tmp}/practice.toml", "--profile", PORTALS / "practice.toml"], "a name of its own"),
    ],
)
def test_what_an_msi_cannot_be_made_of_is_told_in_a_sentence(
    payload: Path, tmp_path: Path, words: list[str | Path], said: str
) -> None:
    for name in ("市民", "it's", "portal.2", "practice"):
        shutil.copyfile(PORTALS / "practice.toml", tmp_path / f"{name}.toml")
    meant = [str(word).replace("{tmp}", str(tmp_path)) for word in words]
    done = build("msi", "--payload", payload, "--out", tmp_path / "out", *meant)
    assert (done.returncode, done.stdout) == (70, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_what_was_asked_for_and_a_wrong_name_is_a_mistake() -> None:
    helped, wrong = build("--help"), build("rpm")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "msi" in helped.stdout
    assert "msi" in wrong.stderr
