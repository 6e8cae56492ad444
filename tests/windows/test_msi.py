"""The installer, installed for real: silently, upgraded over a ledger, removed; with and without the ledger."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import winreg
from collections.abc import Callable, Iterator
from ctypes import wintypes
from pathlib import Path

import pytest

from kiosk_agent.desk_start import CODE_KEY, KEY, configuration, told_by_the_installer
from kiosk_agent.portal.load import load_profile
from tests.windows.conftest import PATIENCE_S, Outside, Tasks, wait_until

FOLDER = Path(os.environ["PROGRAMFILES"]) / "kiosk-agent"
EVENTS = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\kiosk-agent"
CHROME, EDGE = r"SOFTWARE\Policies\Google\Chrome", r"SOFTWARE\Policies\Microsoft\Edge"
DATA = Path(os.environ["LOCALAPPDATA"]) / "kiosk-agent"


def values(key: str) -> dict[str, object]:
    """All of a key of this PC; empty where it is not there."""
    found: dict[str, object] = {}
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            for index in range(winreg.QueryInfoKey(opened)[1]):
                name, value, _kind = winreg.EnumValue(opened, index)
                found[name] = value
    except FileNotFoundError:
        return {}
    return found


UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"


def msiexec(*words: str, more: tuple[str, ...] = ("NOTASK=1",)) -> int:
    """Without a word of ``more`` there is a task: with the stand-in for ``schtasks`` alone (fixture ``tasks``)."""
    here = Path(sys.base_prefix)  # what stands for the programs is a launcher, and finds its Python by these
    python = {"PYTHONHOME": str(here), "PYTHONPATH": str(Path.cwd()), "PATH": f"{here};{os.environ['PATH']}"}
    command = ["msiexec", *words, *more, "/qn"]
    return subprocess.run(command, check=False, timeout=2 * PATIENCE_S, env={**os.environ, **python}).returncode


@pytest.fixture
def installer(outside: Outside) -> Iterator[Callable[[str], str]]:
    """Makes one of a version; what is still installed at the end is removed."""
    made: list[str] = []

    def make(version: str) -> str:
        made.append(outside.ask("msi", version))
        return made[-1]

    yield make
    for one in made:
        msiexec("/x", one)


def test_it_is_installed_silently_with_what_it_was_told(installer: Callable[[str], str]) -> None:
    told = ["CENTRALURL=https://central.example:8443", "ENROLLCODE=ABCD-EFGH-JKMN", "PROFILE=practice"]
    assert msiexec("/i", installer("1.0.0"), *told) == 0
    assert {path.name for path in FOLDER.iterdir()} >= {"kiosk-agent.exe", "kiosk-agentw.exe", "portals", "task.xml"}
    assert (FOLDER / "inner" / "data.txt").read_text() == "1.0.0"
    assert told_by_the_installer() == {
        "CentralUrl": "https://central.example:8443",
        "EnrollCode": "ABCD-EFGH-JKMN",
        "Profile": "practice",
        "Folder": f"{FOLDER}\\",
    }
    assert values(EVENTS)["TypesSupported"] == 7
    assert values(CODE_KEY) == {"Code": "ABCD-EFGH-JKMN"}
    assert "ABCD-EFGH-JKMN" not in values(KEY).values()
    assert "kiosk-agentw.exe" in (FOLDER / "task.xml").read_text(encoding="utf-16")


@pytest.mark.parametrize(("profile", "port", "of_another"), [("nodered", "1880", "8765"), ("practice", "8765", "1880")])
def test_the_browsers_may_open_the_chosen_portal_alone_and_the_driver_works_on(
    installer: Callable[[str], str], profile: str, port: str, of_another: str
) -> None:
    assert msiexec("/i", installer("1.0.0"), f"PROFILE={profile}") == 0
    for key, private in ((CHROME, "IncognitoModeAvailability"), (EDGE, "InPrivateModeAvailability")):
        policies = values(key)
        assert policies[private] == 1
        assert [policies[name] for name in ("PasswordManagerEnabled", "AutofillAddressEnabled")] == [0, 0]
        assert policies["DeveloperToolsAvailability"] == 1
        assert values(rf"{key}\URLBlocklist") == {"1": "*"}
        allowed = set(values(rf"{key}\URLAllowlist").values())
        assert "https://.desk.invalid" in allowed
        assert any(port in str(one) for one in allowed), allowed
        assert not any(of_another in str(one) for one in allowed), "another profile's"


def test_a_profile_that_it_does_not_bring_is_refused_and_capitals_do_not_matter(
    installer: Callable[[str], str], tmp_path: Path
) -> None:
    made = installer("1.0.0")
    assert msiexec("/i", made, "PROFILE=practise") != 0
    assert (FOLDER.exists(), values(KEY)) == (False, {})
    assert msiexec("/i", made, "PROFILE=Practice") == 0
    assert values(CHROME)["IncognitoModeAvailability"] == 1
    assert msiexec("/x", made) == 0
    assert msiexec("/i", made, rf"PROFILE={tmp_path}\our.toml") == 0
    assert values(CHROME) == {}, "of a file elsewhere it knows no addresses"


def test_what_it_was_told_becomes_a_configuration_that_is_right(
    installer: Callable[[str], str], tmp_path: Path
) -> None:
    from kiosk_agent.config_load import load_config

    assert msiexec("/i", installer("1.0.0"), "CENTRALURL=https://central.example", "PROFILE=practice") == 0
    file = tmp_path / "agent.toml"
    file.write_text(configuration(told_by_the_installer()), encoding="utf-8")
    config = load_config(file)
    assert config.central.url == "https://central.example"
    assert load_profile(config.profile).portal.name == "practice"


def test_an_upgrade_keeps_the_ledger_and_what_it_was_told(installer: Callable[[str], str]) -> None:
    assert msiexec("/i", installer("1.0.0"), "CENTRALURL=https://central.example", "PROFILE=practice") == 0
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "ledger.sqlite3").write_text("the ledger")
    assert msiexec("/i", installer("1.0.1"), more=()) == 0
    assert (FOLDER / "inner" / "data.txt").read_text() == "1.0.1"
    assert not (FOLDER / "inner" / "only-in-1.0.0.txt").exists()
    assert (DATA / "ledger.sqlite3").read_text() == "the ledger"
    assert values(KEY)["NoTask"] == "1", "the desk is still started by other means"
    kept = told_by_the_installer()
    assert (kept["CentralUrl"], kept["Profile"]) == ("https://central.example", "practice")
    assert values(CHROME)["IncognitoModeAvailability"] == 1
    assert msiexec("/i", installer("1.0.0")) != 0, "an older version over a newer one"
    assert (FOLDER / "inner" / "data.txt").read_text() == "1.0.1"


@pytest.mark.parametrize("ledger", ["stays", "goes"])
def test_it_is_removed_whole_and_the_ledger_only_where_that_is_said(
    installer: Callable[[str], str], ledger: str
) -> None:
    made = installer("1.0.0")
    assert msiexec("/i", made, "PROFILE=practice", "ENROLLCODE=ABCD-EFGH-JKMN") == 0
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "ledger.sqlite3").write_text("the ledger")
    assert msiexec("/x", made, *(["REMOVELEDGER=1"] if ledger == "goes" else [])) == 0
    assert not FOLDER.exists()
    assert [values(key) for key in (KEY, CODE_KEY, EVENTS, CHROME, EDGE, rf"{EDGE}\URLAllowlist")] == [{}] * 6
    assert (DATA / "ledger.sqlite3").exists() == (ledger == "stays")


YES, NO, CANCEL = 6, 7, 2  # winuser.h: IDYES, IDNO, IDCANCEL
STOPPED = 1602  # ERROR_INSTALL_USEREXIT
WM_COMMAND = 0x0111


def question() -> int | None:
    """The window that asks; None while there is none."""
    user32 = ctypes.WinDLL("user32")
    user32.FindWindowExW.restype, user32.FindWindowW.restype = wintypes.HWND, wintypes.HWND
    user32.FindWindowExW.argtypes = (wintypes.HWND, wintypes.HWND, wintypes.LPCWSTR, wintypes.LPCWSTR)
    user32.GetDlgItem.argtypes, user32.GetDlgItem.restype = (wintypes.HWND, ctypes.c_int), wintypes.HWND
    window: int | None = None
    while (window := user32.FindWindowExW(None, window, "#32770", None)) is not None:
        if all(user32.GetDlgItem(window, button) for button in (YES, NO, CANCEL)):
            return window
    return None


@pytest.mark.parametrize(
    ("answer", "status", "is_installed", "has_ledger"),
    [(YES, 0, False, True), (NO, 0, False, False), (CANCEL, STOPPED, True, True)],
    ids=["stays", "goes", "stop"],
)
def test_whoever_removes_it_by_hand_is_asked_whether_the_ledger_stays(
    installer: Callable[[str], str], outside: Outside, answer: int, status: int, is_installed: bool, has_ledger: bool
) -> None:
    made = installer("1.0.0")
    assert msiexec("/i", made, "PROFILE=practice") == 0
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "ledger.sqlite3").write_text("the ledger")
    removing = subprocess.Popen(["msiexec", "/x", made, "/qb"])
    try:
        wait_until(lambda: question() is not None, "the question")
        outside.ask("picture", "removal")
        window = question()
        assert window is not None
        post = ctypes.WinDLL("user32").PostMessageW
        post.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
        assert post(window, WM_COMMAND, answer, 0)
        assert removing.wait(timeout=2 * PATIENCE_S) == status
    finally:
        removing.kill()
        removing.wait()
    assert FOLDER.exists() == is_installed
    assert (DATA / "ledger.sqlite3").exists() == has_ledger


@pytest.mark.parametrize("more", ["REMOVELEDGER=0", "REMOVELEDGER=1"])
def test_who_has_said_it_already_is_not_asked(installer: Callable[[str], str], more: str) -> None:
    made = installer("1.0.0")
    assert msiexec("/i", made, "PROFILE=practice") == 0
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "ledger.sqlite3").write_text("the ledger")
    assert subprocess.run(["msiexec", "/x", made, "/qb", more], check=False, timeout=2 * PATIENCE_S).returncode == 0
    assert (DATA / "ledger.sqlite3").exists() == (more == "REMOVELEDGER=0")


CREATE = rf"/Create /TN kiosk-agent /XML {FOLDER}\task.xml /F"
END, DELETE, RUN = "/End /TN kiosk-agent", "/Delete /TN kiosk-agent /F", "/Run /TN kiosk-agent"


def test_the_task_is_made_of_what_was_installed_and_goes_with_it(installer: Callable[[str], str], tasks: Tasks) -> None:
    made = installer("1.0.0")
    assert msiexec("/i", made, "PROFILE=practice", more=()) == 0
    assert tasks.of() == (FOLDER / "task.xml").read_text(encoding="utf-16")
    assert tasks.asked() == [CREATE]
    assert msiexec("/x", made, more=()) == 0
    assert tasks.of() is None
    assert tasks.asked() == [END, DELETE]


def test_an_upgrade_ends_the_desk_and_starts_it_again(installer: Callable[[str], str], tasks: Tasks) -> None:
    assert msiexec("/i", installer("1.0.0"), "PROFILE=practice", more=()) == 0
    tasks.asked()
    assert msiexec("/i", installer("1.0.1"), more=()) == 0
    assert tasks.of() == (FOLDER / "task.xml").read_text(encoding="utf-16")
    # Wine does not tell the older version that it is being upgraded, which keeps Windows from this line
    assert [line for line in tasks.asked() if line != DELETE] == [END, CREATE, RUN]


def test_the_task_of_one_account_stays_so_when_it_is_installed_again_and_upgraded(
    installer: Callable[[str], str], tasks: Tasks
) -> None:
    told = ("PROFILE=practice", r"KIOSKUSER=EXAMPLE\desk01")
    for version, words in (("1.0.0", told), ("1.0.0", told), ("1.0.1", ())):
        assert msiexec("/i", installer(version), *words, more=()) == 0, version
        task = tasks.of()
        assert task is not None
        assert task.count(r"<UserId>EXAMPLE\desk01</UserId>") == 2
        assert "GroupId" not in task
    assert msiexec("/x", installer("1.0.1"), more=()) == 0
    assert tasks.of() is None


def test_without_its_task_the_installation_fails_keeps_no_code_and_succeeds_once_it_can_be_made(
    installer: Callable[[str], str], tasks: Tasks
) -> None:
    """Wine takes back what the installer's own actions undo, as Windows does; files and registry it leaves."""
    told = ("/i", installer("1.0.0"), "PROFILE=practice", "ENROLLCODE=ABCD-EFGH-JKMN")
    (tasks.folder / "kiosk-agent.xml").mkdir(parents=True)  # no task can be put there
    assert msiexec(*told, more=()) != 0
    assert tasks.asked() == [CREATE]
    assert values(CODE_KEY) == {}
    (tasks.folder / "kiosk-agent.xml").rmdir()
    assert msiexec(*told, more=()) == 0
    assert tasks.of() is not None
    assert values(CODE_KEY) == {"Code": "ABCD-EFGH-JKMN"}


def test_the_task_is_windows_own_affair_and_made_with_its_rights(outside: Outside) -> None:
    """What Wine does not tell apart, as it stands in the tables."""
    made = outside.ask("msi", "1.0.0")
    when = {row[0]: row[1] for row in outside.ask("table", made, "InstallExecuteSequence")}
    assert when["RemoveTask"] == 'REMOVE~="ALL" AND NOT UPGRADINGPRODUCTCODE'
    told = {row[0]: row[1] for row in outside.ask("table", made, "CustomAction")}
    as_system_and_in_order = 0x400 | 0x800 | 34
    assert {int(told[name]) for name in ("MakeTask", "MakeTaskOf")} == {as_system_and_in_order}
    may_fail = 0x40
    assert {int(told[name]) for name in ("EndTask", "RemoveTask", "StartTask")} == {as_system_and_in_order | may_fail}


def test_users_may_remove_the_code_and_the_log_does_not_show_it(outside: Outside) -> None:
    """What Wine does not carry out, as it stands in the tables."""
    made = outside.ask("msi", "1.0.0")
    properties = dict(row for row in outside.ask("table", made, "Property") if len(row) == 2)
    assert properties["MsiHiddenProperties"] == "ENROLLCODE;KeepCode"
    assert "ENROLLCODE" in properties["SecureCustomProperties"].split(";")
    assert not [row for row in outside.ask("table", made, "Registry") if "[ENROLLCODE]" in row]
    (lock,) = outside.ask("table", made, "MsiLockPermissionsEx")
    assert lock[1:4] == ["code", "Registry", "D:P(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;0x2001b;;;BU)"]
    (row,) = [row for row in outside.ask("table", made, "Registry") if row[0] == "code"]
    assert row[1:5] == ["2", CODE_KEY, "*", ""]


def rules() -> list[tuple[str, str, str]]:
    """Those of docs/windows.md: kind, where, rule."""
    page = (Path("docs") / "windows.md").read_text(encoding="utf-8")
    section = page.partition("## Detection rules")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    return [(kind, where.replace("`", ""), rule) for kind, where, rule in rows]


def numbers(version: object) -> tuple[int, ...]:
    return tuple(map(int, str(version).split(".")))


def holds(kind: str, where: str, rule: str, product: str, version: str) -> bool:
    """As Intune and SCCM judge such a rule for the installer of ``version``."""
    if kind == "file":
        assert rule == "exists"
        return Path(os.path.expandvars(where)).exists()
    if kind == "registry":
        key, _, name = where.partition(", value ")
        found = values(key.removeprefix("HKLM\\")).get(name)
        if rule == "exists":
            return found is not None
        assert rule == "version greater than or equal to the one that is rolled out"
        return found is not None and numbers(found) >= numbers(version)
    assert (kind, rule) == ("MSI", "version greater than or equal to the one that is rolled out")
    shown = values(rf"{UNINSTALL}\{product}").get("DisplayVersion")
    return shown is not None and numbers(shown) >= numbers(version)


def test_the_detection_rules_tell_what_is_installed(installer: Callable[[str], str], outside: Outside) -> None:
    older, newer = installer("1.0.0"), installer("1.0.1")
    product = {made: dict(outside.ask("table", made, "Property"))["ProductCode"] for made in (older, newer)}
    assert {kind for kind, *_ in rules()} == {"MSI", "registry", "file"}

    def detected(made: str, version: str) -> list[bool]:
        return [holds(*rule, product[made], version) for rule in rules()]

    assert not any(detected(older, "1.0.0"))
    assert msiexec("/i", older, "PROFILE=practice") == 0
    assert all(detected(older, "1.0.0")), list(zip(rules(), detected(older, "1.0.0"), strict=True))
    assert not all(detected(newer, "1.0.1")), "an older version is not the one that is rolled out"
    (FOLDER / "kiosk-agent.exe").unlink()
    assert not all(detected(older, "1.0.0")), "half a desk"
    assert msiexec("/i", newer) == 0
    assert all(detected(newer, "1.0.1"))
    assert msiexec("/x", newer) == 0
    assert not any(detected(newer, "1.0.1"))


def test_a_signed_installer_is_verified_and_one_that_was_changed_is_refused(outside: Outside) -> None:
    """The signature is checked where it is made, on Linux; a changed file is told from one that nobody has signed."""
    made = outside.ask("msi", "1.0.0")
    signed = outside.ask("signed", made)
    with pytest.raises(AssertionError, match="Do not roll it out as signed"):
        outside.ask("verify", made)
    outside.ask("verify", signed)
    content = bytearray(Path(signed).read_bytes())
    where = content.index(b"1.0.0")
    content[where] ^= 1
    Path(signed).write_bytes(content)
    with pytest.raises(AssertionError, match="does not fit"):
        outside.ask("verify", signed)
