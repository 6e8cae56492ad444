"""The browser of this machine: found, or installed where that is allowed, or named with the command that would."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from installer.messages import say, text
from installer.packages import INSTALL, apt_install, candidate, may_install
from installer.processes import answer, works

# Edge, Chrome, Chromium: the order in which the agent itself looks.
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
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_browser() -> Path | None:
    """An installed browser that can be used; None where there is none."""
    named = os.environ.get("KIOSK_AGENT_BROWSER")
    if named:
        return Path(named)
    if sys.platform == "win32":
        places = [Path(os.environ.get(folder, ""), rest) for folder, rest in WINDOWS_PLACES]
        return next((place for place in places if place.is_absolute() and place.is_file()), None)
    for name in LINUX_NAMES:
        path = shutil.which(name)
        if path is not None and _is_real(path):
            return Path(path)
    return None


def _is_real(path: str) -> bool:
    """Ubuntu's ``chromium-browser`` only points to a snap, and a snap cannot see the folders of a visit."""
    version = answer([path, "--version"])
    return version is not None and version != "" and not version.rstrip().endswith("snap")


def provide_browser(python: Path) -> Path | None:
    """The browser, installed if need be; where that is not possible the command is said and None returned."""
    browser = find_browser() or _install(python)
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
            found = find_browser()
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
