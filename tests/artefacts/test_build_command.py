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
    metadata = folder / "_internal" / "click-8.5.1.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(
        "Metadata-Version: 2.4\nName: click\nVersion: 8.5.1\nLicense-Expression: BSD-3-Clause\n\nText\n"
    )
    (folder / "_internal" / "python311.dll").write_bytes(b"MZ\0" + version_resource("3.11.9"))
    driver = folder / "_internal" / "playwright" / "driver"
    (driver / "package").mkdir(parents=True)
    (driver / "node.exe").write_bytes(b"MZ https://nodejs.example/download/release/v24.1.2/headers")
    (driver / "package" / "package.json").write_text(
        '{"name": "playwright-core", "version": "1.65", "license": "Apache-2.0"}'
    )
    return folder


def version_resource(version: str) -> bytes:
    """As much of VERSIONINFO as a program's version stands in: key and value in UTF-16, the value at four bytes."""
    return "\x01ProductVersion\0\0".encode("utf-16-le") + f"{version}\0".encode("utf-16-le")


def test_an_msi_is_made_twice_over_itself_and_where_paths_have_spaces_and_japanese(
    payload: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "プロ ファイル" / "portal.toml"
    profile.parent.mkdir()
    shutil.copyfile(PORTALS / "practice.toml", profile)
    out = tmp_path / "出力 先"
    for _ in range(2):
        done = build("msi", "--payload", payload, "--profile", profile, "--version", "1.2.3", "--out", out)
        made = [out / f"kiosk-agent-1.2.3-x64.{kind}" for kind in ("msi", "cdx.json")]
        assert (done.returncode, done.stdout.splitlines()) == (0, [*map(str, made)]), done.stderr
    assert sorted(out.iterdir()) == sorted(made)


def test_the_bill_of_an_msi_names_all_that_was_frozen(payload: Path, tmp_path: Path) -> None:
    done = build("msi", "--payload", payload, "--profile", PORTALS / "practice.toml", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("*.cdx.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    parts = {part["name"]: part for part in told["components"]}
    binaries = {*PROGRAMS, "_internal/python311.dll"}
    assert set(parts) == {"click", "node", "playwright-core", *binaries}
    assert parts["click"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert (parts["node"]["version"], parts["_internal/python311.dll"]["version"]) == ("24.1.2", "3.11.9")
    for name in binaries:
        assert parts[name]["hashes"][0]["content"] == hashlib.sha256((payload / name).read_bytes()).hexdigest()
    schema = pytest.importorskip("cyclonedx.schema", reason="cyclonedx-python-lib is not in this environment")
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(path.read_text(encoding="utf-8")) is None


def test_no_msi_is_made_of_what_nobody_can_say_the_contents_of(payload: Path, tmp_path: Path) -> None:
    shutil.rmtree(payload / "_internal" / "click-8.5.1.dist-info")
    done = build("msi", "--payload", payload, "--profile", PORTALS / "practice.toml", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (70, "")
    assert "dist-info" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bundle", "--deb", "none.deb"], "there is no file none.deb"),
        (["bundle", "--deb", "README.md", "--also", "none.msi"], "there is no file none.msi"),
        (["site", "--out", "README.md/dist"], "README.md"),
        (["sbom", "--out", "README.md/dist"], "README.md"),
    ],
)
def test_what_the_others_cannot_be_made_of_is_told_in_a_sentence(words: list[str], said: str) -> None:
    done = build(*words)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith(f"build.py {words[0]}: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_who_reads_japanese_is_told_in_japanese() -> None:
    assert "使い方" in build("--help", language="ja").stdout
    done = build("bundle", "--deb", "none.deb", language="ja")
    assert done.stderr.startswith("build.py bundle: none.deb というファイルがありません")


def test_help_is_what_was_asked_for_and_a_wrong_name_is_a_mistake() -> None:
    helped, wrong = build("--help"), build("rpm")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "msi" in helped.stdout
    assert "msi" in wrong.stderr
