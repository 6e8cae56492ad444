"""The browser of this PC, and whether it may run. Standard library only: the set-up uses this before all else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kiosk_agent.errors import BrowserMissingError, SandboxError
from kiosk_agent.text import Text

BROWSER_VARIABLE = "KIOSK_AGENT_BROWSER"
SANDBOX_VARIABLE = "KIOSK_AGENT_NO_SANDBOX"
# Edge, Chrome, Chromium, in this order.
LINUX_NAMES = (
    "microsoft-edge",
    "microsoft-edge-stable",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
)
WINDOWS_PLACES = (
    ("ProgramFiles(x86)", r"Microsoft\Edge\Application\msedge.exe"),
    ("ProgramFiles", r"Microsoft\Edge\Application\msedge.exe"),
    ("ProgramFiles", r"Google\Chrome\Application\chrome.exe"),
    ("ProgramFiles(x86)", r"Google\Chrome\Application\chrome.exe"),
    ("LocalAppData", r"Google\Chrome\Application\chrome.exe"),
    ("LocalAppData", r"Chromium\Application\chrome.exe"),
)
APPARMOR_SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
# Where a set-up for the whole PC says where it has put itself. Not the user's own key: anybody at a desk may write it.
REGISTERED = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths"
REGISTERED_NAMES = ("msedge.exe", "chrome.exe")
VERSION_LIMIT_S = 60.0  # it takes 0.1 s; a cold, slow disk takes longer


def find_browser(chosen: Path | None = None) -> Path:
    """The browser to use: ``chosen`` (``browser.executable``), $KIOSK_AGENT_BROWSER, or the first that is installed.

    Raises BrowserMissingError, also where the chosen one is not there: another one is never taken in its place.
    """
    variable = os.environ.get(BROWSER_VARIABLE)
    wanted = chosen or (Path(variable) if variable else None)
    if wanted is not None:
        if os.path.isfile(wanted) and os.access(wanted, os.X_OK):  # noqa: PTH113 - pathlib's own may raise
            return wanted
        where = "browser.executable" if chosen else BROWSER_VARIABLE
        raise BrowserMissingError(
            Text("{file} is not a program.", file=wanted), Text("Mend {key}, or take it away.", key=where)
        )
    found = _on_windows() if sys.platform == "win32" else _on_linux()
    if found is None:
        raise BrowserMissingError(
            Text("No Edge, Chrome or Chromium was found."),
            Text("Install one, or name its path in browser.executable."),
        )
    return found


def install_command(platform: str) -> str:
    """What a person types to install one, where ``platform`` is ``sys.platform``."""
    return "winget install Microsoft.Edge" if platform == "win32" else "sudo apt-get install chromium"


def _on_windows() -> Path | None:
    places = [Path(os.environ.get(folder, ""), rest) for folder, rest in WINDOWS_PLACES]
    places += [Path(place) for place in map(_registered, REGISTERED_NAMES) if place is not None]
    return next((place for place in places if place.is_absolute() and place.is_file()), None)


if sys.platform == "win32":

    def _registered(name: str) -> str | None:
        import winreg

        try:
            return winreg.QueryValue(winreg.HKEY_LOCAL_MACHINE, f"{REGISTERED}\\{name}").strip('"')
        except OSError:  # it is not registered
            return None

else:

    def _registered(name: str) -> str | None:
        return None


def _on_linux() -> Path | None:
    installed = [Path(path) for path in map(shutil.which, LINUX_NAMES) if path is not None]
    return next((path for path in (*installed, *downloads()) if is_usable(path)), None)


def downloads() -> list[Path]:
    """Playwright's own Chromium, the newest first; none where the sandbox would be kept from it.

    For distributions that package no browser, as Ubuntu. https://playwright.dev/python/docs/browsers
    """
    if needs_profile():
        return []
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or cache)
    return sorted(folder.glob("chromium-*/chrome-linux*/chrome"), key=_revision, reverse=True)


def _revision(download: Path) -> int:
    number = download.parents[1].name.removeprefix("chromium-")
    return int(number) if number.isdecimal() else 0


def is_usable(path: str | Path) -> bool:
    """Whether it starts at all and is no snap.

    Ubuntu's ``chromium-browser`` only points to a snap, and a snap cannot see the folders of a visit.
    """
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VERSION_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = done.stdout.strip()
    return done.returncode == 0 and version != "" and not version.endswith("snap")


def apparmor_restricts() -> bool:
    """Whether only programs with an AppArmor profile may use a sandbox: Ubuntu from 23.10 on.

    https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces
    """
    if sys.platform != "linux":
        return False
    try:
        return APPARMOR_SWITCH.read_text().strip() == "1"
    except OSError:  # no AppArmor, or an older one
        return False


def needs_profile() -> bool:
    """Whether a browser can only have its sandbox where an AppArmor profile names it, as it does vendors' packages."""
    if sys.platform == "win32":
        return False
    # root runs without, and is told so
    return apparmor_restricts() and os.environ.get(SANDBOX_VARIABLE) != "1" and os.geteuid() != 0


def sandbox_wanted() -> bool:
    """Whether the browser is to run with its own sandbox: always, but for the development switch.

    Raises SandboxError for root without the switch: Chromium cannot use its sandbox there.
    """
    if os.environ.get(SANDBOX_VARIABLE) == "1":
        return False
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        raise SandboxError(
            Text("The browser cannot use its sandbox as root."),
            Text(
                "Run the agent as the desk's own user. ({switch}=1 switches the sandbox off, for development.)",
                switch=SANDBOX_VARIABLE,
            ),
        )
    return True
