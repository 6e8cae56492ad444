"""The offline bundle verifies and installs where there is no network, and a bundle that was changed does neither."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from installer.artefacts import ARTEFACTS, main, sbom
from installer.artefacts import bundle as bundling
from installer.card import can_have_card
from installer.environment import base_python
from tests.artefacts.machine import Machine

pytestmark = pytest.mark.timeout(900)  # builds and installs: minutes where the processor has more urgent work

ROOT = Path(__file__).resolve().parent.parent.parent


def offline(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command where there is no route to anywhere, not even to this machine."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("only as root, with unshare")
    inside = ["unshare", "--net", *map(str, command)]
    return subprocess.run(inside, capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture
def own(bundle: Path, tmp_path: Path) -> Path:
    """A copy to be changed: links are enough, but for what is written to."""
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy, copy_function=os.link)
    for name in ("SHA256SUMS", "bundle.py", "docs/central.md"):
        (copy / name).unlink()
        shutil.copyfile(bundle / name, copy / name)
    return copy


def test_the_network_is_off_in_these_tests() -> None:
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    assert "unreachable" in offline(sys.executable, "-c", probe).stderr.lower()


def test_central_is_installed_and_runs_without_a_network(bundle: Path, tmp_path: Path) -> None:
    python = base_python()  # an office's Python has no packages
    verified = offline(python, bundle / "bundle.py", "verify")
    assert verified.returncode == 0, verified.stderr
    digest = hashlib.sha256((bundle / "SHA256SUMS").read_bytes()).hexdigest()
    assert digest in verified.stdout
    installed = offline(
        python, bundle / "bundle.py", "--expect", digest, "install", "central", "--to", tmp_path / "central"
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    central = tmp_path / "central" / "bin" / "kiosk-central"
    migrated = offline(central, "migrate", "--data", tmp_path / "data")
    assert migrated.returncode == 0, migrated.stderr
    kept = offline(central, "backup", tmp_path / "central.backup", "--data", tmp_path / "data")
    assert kept.returncode == 0, kept.stderr
    assert sorted(path.name for path in bundle.iterdir()) == sorted(
        ["PYTHON", "SHA256SUMS", "bundle.py", "central", "config", "debian", "docs", "licences", "requirements",
         "sbom.cdx.json", "site", "wheels"]
    )  # fmt: skip
    assert (bundle / "site" / "guides" / "ja" / "worker.html").is_file()


def change(folder: Path) -> None:
    with (folder / "docs" / "central.md").open("a") as file:
        file.write(" ")


def remove(folder: Path) -> None:
    (folder / "docs" / "central.md").unlink()


def add(folder: Path) -> None:
    (folder / "wheels" / "extra-1.0-py3-none-any.whl").write_bytes(b"")


def remove_the_list(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def name_a_file_outside(folder: Path) -> None:
    (folder.parent / "other").write_bytes(b"")
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{hashlib.sha256(b'').hexdigest()}  ../other\n")


@pytest.mark.parametrize("tamper", [change, remove, add, remove_the_list, name_a_file_outside])
def test_a_bundle_that_was_changed_is_refused(own: Path, tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    tamper(own)
    done = offline(base_python(), own / "bundle.py", "install", "central", "--to", tmp_path / "central")
    assert done.returncode == 1
    assert "undle" in done.stderr
    assert not (tmp_path / "central").exists()


@pytest.fixture
def small(package: Path, tmp_path: Path) -> Path:
    """As much of a bundle as the installation of the agent takes."""
    folder = tmp_path / "small"
    (folder / "debian").mkdir(parents=True)
    shutil.copyfile(ROOT / "installer" / "bundle" / "bundle.py", folder / "bundle.py")
    os.link(package, folder / "debian" / package.name)
    bundling._sums(folder)
    return folder


def test_what_is_wrong_is_told_in_japanese_as_well(small: Path) -> None:
    def said(*words: str) -> str:
        done = offline("env", "LANGUAGE=ja", base_python(), small / "bundle.py", *words)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    assert "伝えられた値: abc" in said("--expect", "abc", "verify")
    (small / "PYTHON").write_text("3.0\n")
    assert "一覧にない: PYTHON" in said("verify")
    (small / "SHA256SUMS").unlink()
    assert "もう一度コピー" in said("verify")
    helped = offline("env", "LANGUAGE=ja", base_python(), small / "bundle.py", "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "オフライン一式" in helped.stdout


def test_a_python_that_the_wheels_are_not_for_and_a_folder_that_is_taken_are_told(small: Path, tmp_path: Path) -> None:
    def said(*words: str | Path) -> str:
        bundling._sums(small)
        lines = (small / "SHA256SUMS").read_text().splitlines(keepends=True)
        (small / "SHA256SUMS").write_text("".join(one for one in lines if not one.endswith("  SHA256SUMS\n")))
        done = offline(base_python(), small / "bundle.py", "install", "central", *words)
        assert done.returncode == 1
        return done.stderr

    (small / "PYTHON").write_text("3.0\n")
    assert "for Python 3.0" in said("--to", tmp_path / "central")
    (small / "PYTHON").write_text(f"{sys.version_info[0]}.{sys.version_info[1]}\n")
    assert "Name another folder" in said("--to", ROOT / "docs")


def test_who_cannot_install_the_agent_is_told_what_to_do(small: Path, machine: Machine) -> None:
    machine.does("cp", "-r", "/mnt/small", "/srv/small")  # where everybody can read it
    start = ("/usr/bin/python3", "/srv/small/bundle.py", "install", "agent")
    refused = machine.run("runuser", "-u", "desk", "--", *start)
    assert refused.returncode == 1
    assert "sudo python3 bundle.py install agent" in refused.stderr
    assert "dpkg" not in refused.stderr
    machine.does("dpkg", "--force-depends", "--remove", "chromium")
    lacking = machine.run(*start)
    assert lacking.returncode == 1
    assert "chromium" in lacking.stderr
    assert "apt-get --fix-broken install" in lacking.stderr


def test_a_bundle_whose_list_was_made_anew_does_not_have_the_digest_that_was_told(own: Path, tmp_path: Path) -> None:
    told = hashlib.sha256((own / "SHA256SUMS").read_bytes()).hexdigest()
    change(own)
    bundling._sums(own)
    lines = (own / "SHA256SUMS").read_text().splitlines(keepends=True)
    (own / "SHA256SUMS").write_text("".join(line for line in lines if not line.endswith("  SHA256SUMS\n")))
    done = offline(base_python(), own / "bundle.py", "--expect", told, "install", "central", "--to", tmp_path / "c")
    assert done.returncode == 1
    assert "another one" in done.stderr
    assert offline(base_python(), own / "bundle.py", "verify").returncode == 0


def test_the_packed_bundle_is_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    small = tmp_path / "bundle"
    shutil.copytree(bundle / "docs", small)
    bundling._pack(small, tmp_path / "one.tar")
    for path in small.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    bundling._pack(small, tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as archive:
        assert "bundle/central.md" in archive.getnames()


def pinned(name: str) -> dict[str, str]:
    """What this Python on this system takes of a requirements file."""
    text = (ROOT / "installer" / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^[\w.-]+==[^\\\n]+", text, re.MULTILINE)
    wanted = [one for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): next(iter(one.specifier)).version for one in wanted}


def test_the_bill_of_materials_names_every_pinned_package_with_its_hash_and_licence(bundle: Path) -> None:
    bill = json.loads((bundle / "sbom.cdx.json").read_text())
    found = {part["name"]: part["version"] for part in bill["components"]}
    card = pinned("card") if can_have_card() else {}  # compiled here, and in the Debian package
    assert found == {**pinned("agent"), **pinned("central"), **card}
    files = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (bundle / "wheels").glob("*.whl")}
    assert {part["hashes"][0]["content"] for part in bill["components"]} <= files
    assert [part["name"] for part in bill["components"] if "licenses" not in part] == []
    edges = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    own = " ".join(edges[bill["metadata"]["component"]["bom-ref"]])
    assert all(name in own for name in ("playwright", *card))
    assert set(edges) == {part["bom-ref"] for part in [*bill["components"], bill["metadata"]["component"]]}


def test_the_bill_of_materials_keeps_to_the_schema(bundle: Path) -> None:
    schema = pytest.importorskip("cyclonedx.schema", reason="cyclonedx-python-lib is not in this environment")
    from cyclonedx.validation.json import JsonStrictValidator

    text = (bundle / "sbom.cdx.json").read_text()
    assert json.loads(text)["specVersion"] == "1.6"  # which the schema itself leaves open
    validator = JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"alg"', '"algorithm"', 1)) is not None


def test_each_package_comes_with_its_licence(bundle: Path) -> None:
    folders = {path.name: list(path.iterdir()) for path in (bundle / "licences").iterdir()}
    wheels = {"-".join(path.name.split("-")[:2]) for path in (bundle / "wheels").glob("*.whl")}
    assert set(folders) == wheels
    without = {
        name.split("-")[0]
        for name, files in folders.items()
        if all(one.name == "METADATA" for one in files)
        and not (bundle / "licences" / name / "METADATA").read_text().strip()
    }
    assert without <= {"kiosk_agent"}


def test_what_the_container_file_copies_is_in_the_bundle(bundle: Path) -> None:
    text = (bundle / "central" / "Containerfile").read_text()
    sources = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert sources
    assert [source for source in sources if not (bundle / source).exists()] == []


def test_an_artefact_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rpm"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ARTEFACTS)


def test_the_same_wheels_give_the_same_bill(bundle: Path) -> None:
    wheels = sorted((bundle / "wheels").glob("c*.whl"))
    assert sbom.bill(wheels[0], wheels[1:]) == sbom.bill(wheels[0], wheels[1:])
