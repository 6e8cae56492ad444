"""The browser of this machine: found, or installed where that is allowed, or named with the command that would."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from installer.messages import say, text
from installer.packages import INSTALL, apt_install, candidate, driver, may_install
from installer.processes import answer, works, works_quietly
from kiosk_agent.errors import BrowserMissingError
from kiosk_agent.hands.find_browser import find_browser, is_usable, needs_profile

OS_RELEASE = Path("/etc/os-release")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def installed_browser() -> Path | None:
    """What the agent itself would use; None where there is nothing."""
    try:
        return find_browser()
    except BrowserMissingError:
        return None


def provide_browser(python: Path) -> Path | None:
    """The browser, installed if need be; where that is not possible the command is said and None returned."""
    browser = installed_browser() or _install(python)
    if browser is None:
        say("missing", what=text("what browser"), command=remedy(python))
        return None
    say("browser", path=browser)
    return browser


def _install(python: Path) -> Path | None:
    if sys.platform != "linux":
        return None
    if package_is_good():
        if not may_install():
            return None
        if apt_install(["chromium"]):
            found = installed_browser()
            if found is not None:
                return found
    return _fetch(python)


def package_is_good() -> bool:
    """Whether apt's ``chromium`` is a browser: on Debian it is, on Ubuntu there is only a pointer to a snap."""
    if shutil.which("apt-get") is None:
        return False
    version = candidate("chromium")
    if version is not None:
        return "snap" not in version
    # apt without lists knows no package at all; apt_install fetches them
    return candidate("chromium-browser") is None and distribution() != "ubuntu"


def distribution() -> str:
    """Its ``ID`` (https://www.freedesktop.org/software/systemd/man/os-release.html); empty where it has none."""
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:].strip("\"'") for line in lines if line.startswith("ID=")), "")


def _fetch(python: Path) -> Path | None:
    """What Playwright can get: its own Chromium, or the vendor's package where a download could not be used."""
    downloaded = None if needs_profile() else _downloaded(python)
    if downloaded is not None or not driver().present(python):  # a driver that does not start was named before
        return downloaded
    playwright = [str(python), "-I", "-m", "playwright"]
    if needs_profile():
        if may_install():
            say("browser vendor")
            works_quietly([*playwright, "install", "chrome"])
        return installed_browser()
    say("browser download")
    if may_install():
        works_quietly([*playwright, "install-deps", "chromium"])
    works([*playwright, "install", "--no-shell", "chromium"])
    return _downloaded(python)


def _downloaded(python: Path) -> Path | None:
    """Playwright's own download, if it starts: it does not where libraries are missing."""
    path = answer([str(python), "-I", "-c", ASK_PLAYWRIGHT])
    return Path(path) if path and Path(path).is_file() and is_usable(path) else None


def remedy(python: Path) -> str:
    """The command with which a person gets a browser here."""
    if sys.platform == "win32":
        return f"{INSTALL['winget']} Microsoft.Edge"
    if package_is_good():
        return f"{INSTALL['apt-get']} chromium"
    if shutil.which("apt-get") is None:
        for manager in ("dnf", "zypper", "pacman"):
            if shutil.which(manager) is not None:
                return f"{INSTALL[manager]} chromium"
    if needs_profile():
        return f"{python} -m playwright install chrome"
    # Without sudo: it asks for the password itself, and a download belongs into the folder of whoever runs it.
    return f"{python} -m playwright install --with-deps --no-shell chromium"
