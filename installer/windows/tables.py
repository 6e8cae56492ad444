"""What wixl drops or puts into the wrong order, written into the finished database with msibuild.

Types of custom actions: https://learn.microsoft.com/windows/win32/msi/summary-list-of-all-custom-action-types
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.processes import answer, run
from installer.windows.wix import KEPT, OWN_KEY, QUESTION, SETTINGS, identifier

LIBRARY = 1  # a function of a DLL in the table Binary
SET_PROPERTY = 51
COMMAND = 34  # a directory, and a whole command line
DEFERRED, AS_SYSTEM, MAY_FAIL, ROLLBACK, NOT_LOGGED = 0x400, 0x800, 0x40, 0x100, 0x2000
TASK = "kiosk-agent"
REMOVED = 'REMOVE~="ALL"'
FOR_GOOD = f"{REMOVED} AND NOT UPGRADINGPRODUCTCODE"  # an upgrade removes the old version, too
STAYS = f"NOT {REMOVED}"
WANTED = f'{STAYS} AND NOTASK<>"1"'  # NOTASK=1: the desk is started by other means, such as Group Policy's tasks
# UILevel 2 shows nothing at all (/qn): there nobody can be asked
BY_HAND = f"{FOR_GOOD} AND UILevel>2 AND NOT REMOVELEDGER"
UPGRADED = f"{WANTED} AND WIX_UPGRADE_DETECTED"  # the property in which wixl's MajorUpgrade notes the older version
SCHTASKS = '"[System64Folder]schtasks.exe"'
# A property that is set on the command line is public and must reach the part of Windows that has the rights.
SECURE = ";".join([*KEPT, "ENROLLCODE", "REMOVELEDGER"])
# The one-time code is no row of the table Registry: Windows Installer's log shows what it writes from there.
# https://learn.microsoft.com/windows/win32/msi/preventing-confidential-information-from-being-written-into-the-log-file
CODE_KEY = rf"{OWN_KEY}\Enrolment"
HIDDEN = "ENROLLCODE;KeepCode"
# Whose log-on starts the desk reads the code and removes it once it is used, without being an administrator:
# KEY_READ and KEY_SET_VALUE of winnt.h, on this key alone, for Users (BU).
CODE_RIGHTS = "D:P(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;0x2001b;;;BU)"
LOCKS = (
    "CREATE TABLE `MsiLockPermissionsEx` (`MsiLockPermissionsEx` CHAR(72) NOT NULL, `LockObject` CHAR(72) NOT NULL, "
    "`Table` CHAR(32) NOT NULL, `SDDLText` LONGCHAR NOT NULL, `Condition` CHAR(255) "
    "PRIMARY KEY `MsiLockPermissionsEx`)"
)


@dataclass(frozen=True)
class Action:
    """A row of CustomAction, and where it comes in InstallExecuteSequence."""

    name: str
    kind: int
    source: str
    target: str
    condition: str
    sequence: int


def actions() -> list[Action]:
    """All of them.

    4000 is InstallFiles, 3500 RemoveFiles, 1500 InstallInitialize, 1400 InstallValidate, 50 AppSearch.
    """
    command = COMMAND | DEFERRED | AS_SYSTEM
    reg, key = '"[System64Folder]reg.exe"', rf"HKLM\{CODE_KEY}"
    keep, given = f'{reg} add {key} /v Code /t REG_SZ /d "[ENROLLCODE]" /f', f"{STAYS} AND ENROLLCODE"
    make = f'{SCHTASKS} /Create /TN {TASK} /XML "[INSTALLDIR]task.xml" /F'
    # schtasks asks for a password where an account is named beside a file; the agent writes it into the file instead
    make_of = '"[INSTALLDIR]kiosk-agent.exe" -m kiosk_agent.desk_task "[INSTALLDIR]task.xml" "[KIOSKUSER]"'
    # no quotation marks around what is looked for: Wine's cmd takes them for a part of the name
    ledgers = r'for /d %u in ([WindowsVolume]Users\*) do @rd /s /q "%u\AppData\Local\kiosk-agent"'
    kept = [
        Action(f"Keep{name}", SET_PROPERTY, name, f"[KEPT{name}]", f"NOT {name} AND KEPT{name}", 60 + number)
        for number, name in enumerate(KEPT)
    ]
    return [
        *kept,
        Action("TakeOnlyProfile", SET_PROPERTY, "PROFILE", "[ONLYPROFILE]", "NOT PROFILE AND ONLYPROFILE", 70),
        Action("AskForLedger", LIBRARY, QUESTION, "AskForLedger", BY_HAND, 1410),
        Action("EndTask", command | MAY_FAIL, "TARGETDIR", f"{SCHTASKS} /End /TN {TASK}", REMOVED, 1910),
        Action("RemoveTask", command | MAY_FAIL, "TARGETDIR", f"{SCHTASKS} /Delete /TN {TASK} /F", FOR_GOOD, 1920),
        Action("ForgetCode", command | ROLLBACK | MAY_FAIL, "TARGETDIR", f"{reg} delete {key} /f", given, 6400),
        Action("KeepCode", command | NOT_LOGGED, "TARGETDIR", keep, given, 6410),
        Action("MakeTask", command, "INSTALLDIR", make, f"{WANTED} AND NOT KIOSKUSER", 6500),
        Action("MakeTaskOf", command, "INSTALLDIR", make_of, f"{WANTED} AND KIOSKUSER", 6510),
        # an upgrade has ended the desk, perhaps while somebody is logged on; where nobody is, there is nothing to start
        Action("StartTask", command | MAY_FAIL, "TARGETDIR", f"{SCHTASKS} /Run /TN {TASK}", UPGRADED, 6520),
        Action(
            "RemoveLedger",
            command | MAY_FAIL,
            "TARGETDIR",
            f'"[System64Folder]cmd.exe" /d /c {ledgers}',
            f'{FOR_GOOD} AND REMOVELEDGER="1"',
            3600,
        ),
    ]


def complete(msi: Path, conditions: Mapping[str, str]) -> None:
    """Write them, and the ``conditions`` of components, into the database. Raises SetupError."""
    statements = [
        "DELETE FROM `Property` WHERE `Property` = 'SecureCustomProperties'",
        _insert("Property", Property="SecureCustomProperties", Value=_secure(msi)),
        _insert("Property", Property="MsiHiddenProperties", Value=HIDDEN),
        # "*": the key is made, and removed with all that is in it
        _insert("Registry", Registry="code", Root=2, Key=CODE_KEY, Name="*", Component_=identifier("c", SETTINGS)),
        LOCKS,
        _insert(
            "MsiLockPermissionsEx",
            MsiLockPermissionsEx="code",
            LockObject="code",
            Table="Registry",
            SDDLText=CODE_RIGHTS,
        ),
    ]
    for name, condition in conditions.items():
        statements.append(f"UPDATE `Component` SET `Condition` = '{condition}' WHERE `Component` = '{name}'")  # noqa: S608
    for one in actions():
        name, what = one.name, {"Source": one.source, "Target": one.target}
        statements.append(_insert("CustomAction", Action=name, Type=one.kind, **what))
        sequence = "InstallExecuteSequence"
        statements.append(_insert(sequence, Action=name, Condition=one.condition, Sequence=one.sequence))
    for statement in statements:
        run(["msibuild", str(msi), "-q", statement])


def _insert(table: str, **values: str | int) -> str:
    """Windows Installer's SQL, whose texts are ours alone; it knows no way to write a quotation mark into one."""
    columns = ", ".join(f"`{name}`" for name in values)
    given = ", ".join(str(value) if isinstance(value, int) else f"'{value}'" for value in values.values())
    return f"INSERT INTO `{table}` ({columns}) VALUES ({given})"  # noqa: S608


def _secure(msi: Path) -> str:
    """Ours, and those that the upgrade itself needs."""
    for line in (answer(["msiinfo", "export", str(msi), "Property"]) or "").splitlines():
        name, _, value = line.partition("\t")
        if name == "SecureCustomProperties":
            return f"{value};{SECURE}"
    return SECURE
