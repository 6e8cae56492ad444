"""The browser of this machine: found, or installed where that is allowed, or named with the command that would."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from installer.messages import say, text
from installer.packages import INSTALL, apt_install, candidate, may_install
from installer.processes import answer, works
from kiosk_agent.errors import BrowserMissingError
from kiosk_agent.hands.find_browser import find_browser

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
        say("missing", what=text("what browser"), command=_remedy(python))
        return None
    say("browser", path=browser)
    return browser


def _has_package() -> bool:
    version = candidate("chromium")
    return version is not None and "snap" not in version


def _install(python: Path) -> Path | None:
    if may_install():
        # On Debian the package is good; without lists it has no candidate yet, and apt_install fetches them.
        if (_has_package() or candidate("chromium-browser") is None) and apt_install(["chromium"]):
            found = installed_browser()
            if found is not None:
                return found
    elif sys.platform == "win32" or _has_package():
        return None
    downloaded = _downloaded(python)
    if downloaded is None and sys.platform == "linux":
        say("browser download")
        # --with-deps asks for root; the libraries of a desktop are usually there.
        root = ["--with-deps"] if may_install() and os.geteuid() == 0 else []
        works([str(python), "-I", "-m", "playwright", "install", *root, "chromium"])
        downloaded = _downloaded(python)
    return downloaded


def _downloaded(python: Path) -> Path | None:
    """Playwright's own download, for distributions without a package."""
    path = answer([str(python), "-I", "-c", ASK_PLAYWRIGHT])
    return Path(path) if path and Path(path).is_file() else None


def _remedy(python: Path) -> str:
    if sys.platform == "win32":
        return f"{INSTALL['winget']} Microsoft.Edge"
    if shutil.which("apt-get") is not None and (_has_package() or candidate("chromium-browser") is None):
        return f"{INSTALL['apt-get']} chromium"
    if shutil.which("dnf") is not None:
        return f"{INSTALL['dnf']} chromium"
    if shutil.which("zypper") is not None:
        return f"{INSTALL['zypper']} chromium"
    if shutil.which("pacman") is not None:
        return f"{INSTALL['pacman']} chromium"
    return f"sudo {python} -m playwright install --with-deps chromium"
