"""What the Windows installer is made of, and what the desk's start does with what it was told; without Windows."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from installer.artefacts.msi import PROGRAMS, TOOLS, build, freeze, pack, verify
from installer.messages import SetupError
from installer.windows.compiler import COMPILER
from installer.windows.tables import HIDDEN, NOT_LOGGED, SECURE, actions
from installer.windows.wix import KEPT, conditions, identifier, known_profile, policy_values
from kiosk_agent import desk_start
from kiosk_agent.desk_start import COMPLAINED, EXIT_INPUT, FAILED, STARTED, configuration, start
from kiosk_agent.portal.load import load_profile

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = ROOT / "config" / "portals" / "practice.toml"
TOLD = {"CentralUrl": "https://central.example", "EnrollCode": "ABCD-EFGH-JKMN", "Profile": "practice", "Folder": "/x"}
# Says what it was given, and ends as it was told to.
AGENT = """
import pathlib, sys
with pathlib.Path(sys.argv[1]).open("a") as file:
    print(*sys.argv[3:], file=file)
print("supervisor: a complaint", file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""


class Desk:
    def __init__(self, folder: Path, status: int = 0) -> None:
        self.folder, self.calls, self.log = folder, folder / "calls", [(0, 0, "")][:0]
        self.forgotten = 0
        self.refuses: OSError | None = None
        self.agent = [sys.executable, "-c", AGENT, str(self.calls), str(status)]

    def start(self, told: dict[str, str]) -> int:
        return start(told, self.agent, self.folder / "data", lambda *entry: self.log.append(entry), self.forget)

    def forget(self) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.forgotten += 1

    @property
    def commands(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path / "ProgramData"))
    return Desk(tmp_path)


def test_the_first_start_enrols_and_guards(desk: Desk) -> None:
    assert desk.start(TOLD) == 0
    config = desk.folder / "data" / "installed.toml"
    enrol, run = desk.commands
    assert enrol.startswith("enroll --central https://central.example --code ABCD-EFGH-JKMN")
    assert run == f"run --config {config}"
    written = tomllib.loads(config.read_text())
    assert written == {"profile": "/x/portals/practice.toml", "central": {"url": "https://central.example"}}
    assert [number for _, number, _ in desk.log] == [COMPLAINED, STARTED, COMPLAINED]
    assert not any("ABCD" in text for *_, text in desk.log)
    assert desk.forgotten == 1


def test_a_desk_that_is_enrolled_is_not_enrolled_again(desk: Desk) -> None:
    (desk.folder / "data").mkdir()
    (desk.folder / "data" / "enrolment.json").write_text("{}")
    desk.start(TOLD)
    assert [line.split()[0] for line in desk.commands] == ["run"]
    assert desk.forgotten == 1, "a code that is of no use any more"


def test_a_code_that_cannot_be_removed_is_told_and_the_desk_is_guarded(desk: Desk) -> None:
    desk.refuses = PermissionError("access is denied")
    assert desk.start(TOLD) == 0
    assert [line.split()[0] for line in desk.commands] == ["enroll", "run"]
    (told,) = [text for *_, text in desk.log if "access is denied" in text]
    assert r"Delete Code in HKLM\Software\KioskAgent\Enrolment" in told
    assert "ABCD" not in told


def test_a_desk_whose_enrolment_fails_is_guarded_all_the_same(tmp_path: Path, desk: Desk) -> None:
    failing = Desk(desk.folder, status=1)
    assert failing.start(TOLD) == 1
    assert [line.split()[0] for line in failing.commands] == ["enroll", "run"]
    assert failing.forgotten == 0, "the next start tries again"
    assert [text for _, number, text in failing.log if number == FAILED] == [
        "`kiosk-agent enroll` ended with status 1.",
        "`kiosk-agent run` ended with status 1.",
    ]


def test_the_it_desks_own_configuration_comes_first(desk: Desk) -> None:
    own = desk.folder / "ProgramData" / "kiosk-agent" / "agent.toml"
    own.parent.mkdir(parents=True)
    own.write_text("")
    desk.start({"Folder": "/x"})
    assert desk.commands == [f"run --config {own}"]
    assert not (desk.folder / "data" / "installed.toml").exists()


def test_a_desk_is_enrolled_where_its_own_configuration_reports(desk: Desk) -> None:
    own = desk.folder / "ProgramData" / "kiosk-agent" / "agent.toml"
    own.parent.mkdir(parents=True)
    own.write_text('profile = "p"\n[central]\nurl = "https://own.example"\n')
    for told in (TOLD, {name: value for name, value in TOLD.items() if name != "CentralUrl"}):
        desk.start(told)
        assert desk.commands[-2].startswith("enroll --central https://own.example --code ABCD-EFGH-JKMN")


def test_a_desk_whose_data_lie_elsewhere_is_enrolled_there(desk: Desk) -> None:
    own, elsewhere = desk.folder / "ProgramData" / "kiosk-agent" / "agent.toml", desk.folder / "elsewhere"
    own.parent.mkdir(parents=True)
    own.write_text(f'profile = "p"\n[desk]\ndata_dir = "{elsewhere.as_posix()}"\n')
    desk.start(TOLD)
    assert desk.commands[0].endswith(f"--data-dir {elsewhere}")
    elsewhere.mkdir()
    (elsewhere / "enrolment.json").write_text("{}")
    desk.start(TOLD)
    assert [line.split()[0] for line in desk.commands] == ["enroll", "run", "run"]


def test_without_a_profile_nothing_is_started_and_the_log_says_what_to_do(desk: Desk) -> None:
    assert desk.start({"Folder": "/x"}) == EXIT_INPUT
    assert not desk.calls.exists()
    ((_, number, text),) = desk.log
    assert number == FAILED
    assert "PROFILE=NAME" in text


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows' registry is asked in tests/windows")
def test_elsewhere_no_installer_has_told_anything() -> None:
    assert desk_start.told_by_the_installer() == {}
    with pytest.raises(OSError, match="event log"):
        desk_start.to_event_log(1, 1, "")


def test_a_path_as_profile_is_taken_as_it_is() -> None:
    assert tomllib.loads(configuration({"Profile": r"C:\desk\our.toml", "Folder": "/x"})) == {
        "profile": r"C:\desk\our.toml"
    }


def test_every_property_is_documented() -> None:
    text = (ROOT / "docs" / "windows.md").read_text(encoding="utf-8")
    assert [name for name in SECURE.split(";") if f"`{name}" not in text] == []


def test_nothing_but_the_hidden_action_writes_the_code() -> None:
    """What the log of an installation would show of it."""
    assert HIDDEN.split(";") == ["ENROLLCODE", "KeepCode"]
    uses = [action for action in actions() if "[ENROLLCODE]" in action.target + action.source]
    assert [action.name for action in uses] == ["KeepCode"]
    assert uses[0].kind & NOT_LOGGED
    assert "ENROLLCODE" not in KEPT


def test_both_browsers_get_each_policy_and_the_driver_keeps_its_tools() -> None:
    values = list(policy_values(load_profile(PRACTICE)))
    for browser, private in (("Chrome", "IncognitoModeAvailability"), ("Edge", "InPrivateModeAvailability")):
        own = {name: value for key, name, _, value in values if key.endswith(browser)}
        assert (own[private], own["DeveloperToolsAvailability"], own["PasswordManagerEnabled"]) == ("1", "1", "0")
        lists = [value for key, _, _, value in values if key.endswith(rf"{browser}\URLAllowlist")]
        assert "https://.desk.invalid" in lists
        assert len(lists) > 1


def test_names_in_the_tables_are_short_stable_and_apart() -> None:
    one, other = identifier("f", "a/" + "é" * 100), identifier("f", "b/" + "é" * 100)
    assert one == identifier("f", "a/" + "é" * 100)
    assert one != other
    assert len(one) <= 72
    assert one.isascii()


def test_another_python_than_was_meant_is_refused(tmp_path: Path) -> None:
    python = tmp_path / "python.exe"
    python.write_bytes(b"another one")
    with pytest.raises(SetupError, match="0" * 64):
        freeze(python, "0" * 64, tmp_path)
    with pytest.raises(SystemExit):
        build(["--python", str(python), "--profile", str(PRACTICE)])


def test_a_folder_that_was_not_frozen_by_the_specification_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kiosk-agent.exe").write_bytes(b"")
    with pytest.raises(SetupError, match=r"kiosk-agentw\.exe"):
        pack(tmp_path, [PRACTICE], tmp_path, "1.0.0", tmp_path, None)


@pytest.mark.parametrize("version", ["1.0", "1.0.0.dev1", "1.0.0rc1"])
def test_a_version_that_windows_cannot_compare_is_refused(tmp_path: Path, version: str) -> None:
    for name in ("kiosk-agent.exe", "kiosk-agentw.exe"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(SetupError, match=version):
        pack(tmp_path, [PRACTICE], tmp_path, version, tmp_path, None)


def test_what_was_signed_is_verified_and_one_changed_byte_is_refused(tmp_path: Path) -> None:
    for tool in (*TOOLS, "osslsigncode", "openssl"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")
    payload = tmp_path / "payload"
    payload.mkdir()
    for name in PROGRAMS:
        launcher = ROOT / "installer" / "windows" / "launcher.c"
        subprocess.run([COMPILER, "-municode", "-o", str(payload / name), str(launcher)], check=True)
    (payload / "stand_in-1.dist-info").mkdir()
    (payload / "stand_in-1.dist-info" / "METADATA").write_text("Name: stand-in\nVersion: 1\n")
    key, certificate, both, secret = (tmp_path / name for name in ("key", "certificate", "both.p12", "secret"))
    secret.write_text("test")
    subject = ["-subj", "/CN=Tests of kiosk-agent", "-addext", "extendedKeyUsage=codeSigning"]
    asked = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *subject,
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    export = ["pkcs12", "-export", "-inkey", key, "-in", certificate, "-passout", "pass:test", "-out", both]
    for words in (asked, export):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    told = ["--payload", str(payload), "--profile", str(PRACTICE), "--out", str(tmp_path)]
    signed, bill = build([*told, "--certificate", str(both), "--password-file", str(secret)])
    assert build(["--verify", str(signed)]) == [signed]
    assert build(["--verify", str(signed), "--authority", str(certificate)]) == [signed]
    inside = tmp_path / "inside"
    subprocess.run(["msiextract", "--directory", str(inside), str(signed)], check=True, capture_output=True)
    programs = [file for file in inside.rglob("*") if file.name in PROGRAMS]
    assert len(programs) == len(PROGRAMS)
    for program in programs:
        verify(program, certificate)
    told_of = {one["name"]: one["hashes"][0]["content"] for one in json.loads(bill.read_text())["components"][1:]}
    assert told_of == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in programs}  # as signed
    library = subprocess.run(["msiinfo", "extract", str(signed), "Binary.question"], check=True, capture_output=True)
    (tmp_path / "question.dll").write_bytes(library.stdout)
    verify(tmp_path / "question.dll", certificate)
    unsigned = tmp_path / "unsigned.msi"
    subprocess.run(["osslsigncode", "remove-signature", "-in", signed, "-out", unsigned], check=True)
    with pytest.raises(SetupError, match="Do not roll it out as signed"):
        build(["--verify", str(unsigned)])
    content = bytearray(signed.read_bytes())
    content[content.index(b"KeepCode")] ^= 1
    signed.write_bytes(content)
    for more in ([], ["--authority", str(certificate)]):
        with pytest.raises(SetupError, match="does not fit"):
            build(["--verify", str(signed), *more])


def test_policies_and_installation_hang_on_the_name_of_the_profile_in_any_capitals() -> None:
    assert set(conditions(["one", "other"]).values()) == {'PROFILE~="one"', 'PROFILE~="other"'}
    known = r'REMOVE~="ALL" OR NOT PROFILE OR PROFILE><"\" OR PROFILE~="one" OR PROFILE~="other"'
    assert known_profile(["one", "other"]) == known
