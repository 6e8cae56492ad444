"""Windows: what the scheduled task starts at log-on of the desk's account.

The installer leaves in ``HKLM\\Software\\KioskAgent`` what ``msiexec`` was told. Whoever is logged on may read it, but
only this account can keep a token that Windows encrypts for it: so the desk enrols here, at its first start, and not in
the installer; and the used code is removed from there. The configuration is ``%ProgramData%\\kiosk-agent\\agent.toml``
where the IT desk has put one; otherwise it is written anew at each start from the registry, so that an upgrade with
other properties holds from then on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk_agent.config import Config
from kiosk_agent.errors import InputError
from kiosk_agent.process_tree import Leash
from kiosk_agent.settings.resolve import resolve

KEY = r"Software\KioskAgent"
NAMES = ("CentralUrl", "Profile", "Folder")
CODE_KEY = rf"{KEY}\Enrolment"  # Users may remove its values; the installer gives them that right
CODE = "Code"
OWN_CONFIGURATION = Path("kiosk-agent") / "agent.toml"  # below %ProgramData%
SOURCE = "kiosk-agent"  # of the event log
INFORMATION, WARNING, ERROR = 4, 2, 1  # EVENTLOG_*_TYPE of winnt.h
STARTED, COMPLAINED, FAILED = 100, 200, 300  # numbers of our own; EventCreate.exe has texts for 1 to 1000
EXIT_INPUT = 2  # as `kiosk-agent run`: the configuration is wrong, starting again would not help

Log = Callable[[int, int, str], None]  # kind, number, text


def configuration(told: Mapping[str, str]) -> str:
    """The configuration that follows from what the installer was told. Raises ValueError where it lacks a profile."""
    profile = told.get("Profile", "")
    if not profile:
        raise ValueError(
            rf"HKLM\{KEY} names no profile. Install again with PROFILE=NAME, "
            rf"or write %ProgramData%\{OWN_CONFIGURATION}."
        )
    path = Path(profile)
    if not path.suffix:  # a name: one of those that the installer brought
        path = Path(told.get("Folder", "")) / "portals" / f"{profile}.toml"
    lines = [f"profile = {json.dumps(str(path))}"]  # JSON's strings are TOML's
    if url := told.get("CentralUrl", ""):
        lines += ["", "[central]", f"url = {json.dumps(url)}"]
    return "\n".join(lines) + "\n"


def told_by_the_installer() -> dict[str, str]:
    """The registry's values by name; empty ones and those that are not there are left out."""
    found = {name: value for name in NAMES if (value := _value(KEY, name))}
    if code := _value(CODE_KEY, CODE):
        found["EnrollCode"] = code
    return found


def _value(key: str, name: str) -> str:
    """A text of this PC's registry; empty where there is none."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
                return str(winreg.QueryValueEx(opened, name)[0]).strip()
        except FileNotFoundError:
            return ""
    return ""


def forget_the_code() -> None:
    """Remove the used code, so that nobody at this PC can read it any more. Raises OSError where Windows refuses."""
    if sys.platform == "win32":
        import winreg

        wanted = winreg.KEY_SET_VALUE | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, CODE_KEY, 0, wanted) as key:
            winreg.DeleteValue(key, CODE)


def to_event_log(kind: int, number: int, text: str) -> None:
    """One entry of Windows' application log, under the source that the installer has registered."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
        advapi32.RegisterEventSourceW.restype = wintypes.HANDLE
        advapi32.DeregisterEventSource.argtypes = [wintypes.HANDLE]
        advapi32.ReportEventW.argtypes = [
            *(wintypes.HANDLE, wintypes.WORD, wintypes.WORD, wintypes.DWORD, wintypes.LPVOID),
            *(wintypes.WORD, wintypes.DWORD, ctypes.POINTER(wintypes.LPCWSTR), wintypes.LPVOID),
        ]
        log = advapi32.RegisterEventSourceW(None, SOURCE)
        if not log:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            texts = (wintypes.LPCWSTR * 1)(text)
            if not advapi32.ReportEventW(log, kind, 0, number, None, 1, 0, texts, None):
                raise ctypes.WinError(ctypes.get_last_error())
        finally:
            advapi32.DeregisterEventSource(log)
    else:
        raise OSError("only Windows has an event log")


def start(told: Mapping[str, str], agent: list[str], data_dir: Path, log: Log, forget: Callable[[], None]) -> int:
    """Enrol where that is due, then guard the desk until the end; returns the exit status of ``agent run``.

    ``forget`` is called once the code is of no more use; an OSError of it is told. What goes wrong in the enrolment is
    told and tried again at the next start: a desk without central is still guarded.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    own = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / OWN_CONFIGURATION
    config = own
    if not own.exists():
        try:
            text = configuration(told)
        except ValueError as error:
            log(ERROR, FAILED, str(error))
            return EXIT_INPUT
        config = data_dir / "installed.toml"
        config.write_text(text, encoding="utf-8")
    holds = _what_holds(config)
    code, url = told.get("EnrollCode"), told.get("CentralUrl")
    if holds is not None:
        url, data_dir = holds.central.url or url, holds.desk.data_dir or data_dir
    enrolled = (data_dir / "enrolment.json").exists()
    if code and url and not enrolled:
        # the code reaches the command alone: neither a file nor the event log shows it
        where = ["--config", str(config), "--data-dir", str(data_dir)]
        enrolled = _run("enroll", [*agent, "enroll", "--central", url, "--code", code, *where], log) == 0
    if code and enrolled:
        try:
            forget()
        except OSError as error:
            text = rf"The used enrolment code could not be removed: {error}. Delete {CODE} in HKLM\{CODE_KEY}."
            log(WARNING, COMPLAINED, text)
    log(INFORMATION, STARTED, f"The desk is guarded. Configuration: {config}")
    return _run("run", [*agent, "run", "--config", str(config)], log)


def _what_holds(config: Path) -> Config | None:
    """Where the agent will report and keep its enrolment: a file or Group Policy may say otherwise than the installer.

    None where the file is wrong: ``kiosk-agent run`` tells every mistake.
    """
    try:
        return resolve(config).config
    except InputError:
        return None


def _run(name: str, command: list[str], log: Log) -> int:
    """Run it to its end; each line that it says on the error stream goes to the event log. No console window."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    leash = Leash()  # whoever ends the task ends the desk, and not only this program
    if sys.platform == "win32" and not leash.put_on(int(getattr(process, "_handle", 0))):
        log(WARNING, COMPLAINED, "Windows refused the job object: the end of the task may leave the desk running.")
    with process:
        assert process.stderr is not None  # noqa: S101  # it was opened as a pipe
        for line in process.stderr:
            if text := line.decode("utf-8", "replace").strip():
                log(WARNING, COMPLAINED, text)
    status = process.returncode
    if status:
        log(ERROR, FAILED, f"`kiosk-agent {name}` ended with status {status}.")
    return status


def main() -> int:
    """For the scheduled task."""
    from kiosk_agent.folders import default_data_dir

    agent = [sys.executable, "-m", "kiosk_agent"]
    return start(told_by_the_installer(), agent, default_data_dir(), to_event_log, forget_the_code)


if __name__ == "__main__":
    sys.exit(main())
