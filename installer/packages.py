"""What the distribution has to provide: found, installed where that is allowed, otherwise named with its command."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.card import has_compiler, has_python_headers
from installer.messages import say, text
from installer.processes import answer, works_quietly

MANAGERS = ("apt-get", "dnf", "zypper", "pacman")
INSTALL = {
    "apt-get": "sudo apt-get update && sudo apt-get install --no-install-recommends",
    "dnf": "sudo dnf install",
    "zypper": "sudo zypper install",
    "pacman": "sudo pacman -S",
    "winget": "winget install",
}


@dataclass(frozen=True)
class Need:
    """One thing. ``name`` in packages of each manager; ``what`` names its text; ``present`` looks for it."""

    what: str
    present: Callable[[Path], bool]  # is given the environment's Python
    packages: dict[str, str]
    required: bool = False
    linux_only: bool = True


def command_for(needs: Sequence[Need]) -> str:
    """What a person would type to install them on this machine."""
    manager = _manager()
    packages = [need.packages.get(manager, need.packages["apt-get"]) for need in needs]
    return f"{INSTALL[manager]} {' '.join(packages)}"


def _manager() -> str:
    if sys.platform == "win32":
        return "winget"
    return next((manager for manager in MANAGERS if shutil.which(manager)), "apt-get")


def _programs(*names: str) -> Callable[[Path], bool]:
    return lambda python: all(shutil.which(name) is not None for name in names)


def _fonts(python: Path) -> bool:
    """For every language that residents can choose."""
    return all(answer(["fc-list", f":lang={language}"]) for language in ("ja", "zh-cn", "ko", "vi"))


def _system_programs(*names: str) -> Callable[[Path], bool]:
    """Programs that may lie where only administrators look."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    return lambda python: all(shutil.which(name, path=path) is not None for name in names)


def _pcsc(python: Path) -> bool:
    service = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/sbin")
    return service is not None and any(Path("/usr/lib/pcsc/drivers/serial").glob("libifdvpcd.so*"))


def _postgresql(python: Path) -> bool:
    """Debian keeps the server's programs off PATH, in a folder for each version."""
    return shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _imports(module: str) -> Callable[[Path], bool]:
    return lambda python: answer([str(python), "-I", "-c", f"import {module}"]) is not None


def _driver_starts(python: Path) -> bool:
    ask = "import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / 'driver' / 'node')"
    node = answer([str(python), "-I", "-c", ask])
    return node is not None and answer([node, "--version"]) is not None


def _wine(python: Path) -> bool:
    """Debian keeps the 64-bit programs off PATH."""
    return Path("/usr/lib/wine/wine64").exists() or shutil.which("wine") is not None


def _dbusmock(python: Path) -> bool:
    """It is the distribution's: dbus-python and GLib have no wheels."""
    return shutil.which("dbus-daemon") is not None and answer(["/usr/bin/python3", "-c", "import dbusmock"]) is not None


def _debian_desk(python: Path) -> bool:
    """Elsewhere than on Debian there is no such package to install."""
    if shutil.which("dpkg-query") is None:
        return True
    names = ("python3-tk", "libatomic1", "libpam-systemd")
    return all("ok installed" in (answer(["dpkg-query", "-W", "-f", "${Status}", one]) or "") for one in names)


def tkinter_of(base: str, *, covers: bool) -> Need:
    """tkinter belongs to the interpreter: a distribution's has a package, another one was built with or without.

    ``covers``: whether what is to be run covers a screen, so that it cannot do without.
    """
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    debian = "python3-tk" if Path(base).resolve() == Path("/usr/bin/python3").resolve() else f"{version}-tk"
    packages = {
        "apt-get": debian,
        "dnf": "python3-tkinter",
        "zypper": "python3-tk",
        "pacman": "tk",
        "winget": "Python.Python.3.13",
    }
    return Need("what tkinter", _imports("tkinter"), packages, required=covers, linux_only=False)


def driver() -> Need:
    """Playwright's driver is a Node.js of its own; a minimal Debian lacks a library of it."""
    packages = {"apt-get": "libatomic1", "dnf": "libatomic", "zypper": "libatomic1", "pacman": "gcc-libs"}
    return Need("what driver", _driver_starts, packages, required=True)


def fonts() -> Need:
    """Without them, what residents read is a row of boxes; the ones for Japanese, Chinese, Korean lack Vietnamese."""
    packages = {
        "apt-get": "fontconfig fonts-noto-cjk fonts-dejavu-core",
        "dnf": "google-noto-sans-cjk-fonts dejavu-sans-fonts",
        "zypper": "noto-sans-cjk-fonts dejavu-fonts",
        "pacman": "noto-fonts-cjk ttf-dejavu",
    }
    return Need("what fonts", _fonts, packages)


def tests() -> list[Need]:
    """What the tests use besides. A test that misses one of them is skipped and names it."""
    return [
        Need("what xvfb", _programs("Xvfb"), {"apt-get": "xvfb", "dnf": "xorg-x11-server-Xvfb"}),
        Need("what openbox", _programs("openbox"), {"apt-get": "openbox"}),
        Need("what xdotool", _programs("xdotool"), {"apt-get": "xdotool"}),
        Need("what trayer", _programs("trayer"), {"apt-get": "trayer"}),
        Need("what picom", _programs("picom"), {"apt-get": "picom"}),
        Need("what xclip", _programs("xclip"), {"apt-get": "xclip"}),
        Need("what x11-utils", _programs("xprop", "xwininfo"), {"apt-get": "x11-utils", "dnf": "xprop xwininfo"}),
        Need("what cups", _system_programs("cupsd", "lpadmin"), {"apt-get": "cups-daemon cups-client", "dnf": "cups"}),
        Need("what scrot", _programs("scrot"), {"apt-get": "scrot"}),
        Need("what imagemagick", _programs("compare"), {"apt-get": "imagemagick", "dnf": "ImageMagick"}),
        Need("what node", _programs("node", "npm"), {"apt-get": "nodejs npm"}),
        Need("what dbusmock", _dbusmock, {"apt-get": "dbus python3-dbusmock", "dnf": "dbus-daemon python3-dbusmock"}),
        Need("what openssl", _programs("openssl"), {"apt-get": "openssl", "dnf": "openssl"}),
        Need("what keyring", _programs("gnome-keyring-daemon"), {"apt-get": "gnome-keyring", "dnf": "gnome-keyring"}),
        Need("what pcsc", _pcsc, {"apt-get": "pcscd vsmartcard-vpcd", "dnf": "pcsc-lite vsmartcard-vpcd"}),
        Need("what namespaces", _programs("unshare", "nsenter", "ip"), {"apt-get": "util-linux iproute2"}),
        Need(
            "what card-compiler",
            lambda python: has_compiler(),
            {"apt-get": "gcc libc6-dev libpcsclite-dev", "dnf": "gcc glibc-devel pcsc-lite-devel"},
        ),
        Need("what python-headers", lambda python: has_python_headers(), {"apt-get": python_headers()}),
        Need("what postgresql", _postgresql, {"apt-get": "postgresql", "dnf": "postgresql-server"}),
        Need("what debootstrap", _system_programs("debootstrap"), {"apt-get": "debootstrap"}),
        Need("what lintian", _programs("lintian"), {"apt-get": "lintian", "dnf": "lintian"}),
        # what the agent's Debian package depends on, beside a browser
        Need("what desk", _debian_desk, {"apt-get": "python3-tk libatomic1 libpam-systemd"}),
        Need("what nginx", _system_programs("nginx"), {"apt-get": "nginx-light", "dnf": "nginx"}),
        Need("what git", _programs("git"), {"apt-get": "git"}),
    ]


def windows_tests() -> list[Need]:
    """What the tests on Windows take: Wine, what makes the Windows Python, and what packs and signs the installer."""
    return [
        Need("what wine", _wine, {"apt-get": "wine wine64", "dnf": "wine-core", "zypper": "wine", "pacman": "wine"}),
        Need("what mingw", _programs("x86_64-w64-mingw32-gcc"), {"apt-get": "gcc-mingw-w64-x86-64-win32"}),
        Need("what msitools", _programs("wixl", "msibuild", "msiinfo"), {"apt-get": "wixl msitools"}),
        Need("what osslsigncode", _programs("osslsigncode"), {"apt-get": "osslsigncode"}),
        Need("what xvfb", _programs("Xvfb"), {"apt-get": "xvfb", "dnf": "xorg-x11-server-Xvfb"}),
        Need("what xdotool", _programs("xdotool"), {"apt-get": "xdotool"}),
        Need("what imagemagick", _programs("import"), {"apt-get": "imagemagick", "dnf": "ImageMagick"}),
    ]


def python_headers() -> str:
    """The package with this Python's headers, where it is the distribution's; any other Python brings its own."""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-dev"


def provide(needs: Sequence[Need], python: Path) -> list[Need]:
    """Install what is missing in one go; name what could not be; returns that."""
    wanted = [need for need in needs if sys.platform == "linux" or not need.linux_only]
    missing = [need for need in wanted if not need.present(python)]
    if missing and _manager() == "apt-get" and may_install():
        apt_install([package for need in missing for package in need.packages["apt-get"].split()])
        missing = [need for need in missing if not need.present(python)]
    if missing:
        say("missing", what=", ".join(text(need.what) for need in missing), command=command_for(missing))
    return missing


def is_distribution_python(base: str) -> bool:
    """Whether this interpreter is a package of the distribution, so that its other parts are packages too."""
    return sys.platform == "linux" and Path(base).resolve().parent == Path("/usr/bin")


@functools.cache
def may_install() -> bool:
    """Whether apt can be used without asking anybody: as root, or where sudo asks for no password."""
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or (shutil.which("sudo") is not None and answer(["sudo", "-n", "true"]) is not None)


def apt_install(packages: Sequence[str]) -> bool:
    """Install all of them, or at least those that can be; returns whether all are there. Never asks."""
    say("apt", packages=" ".join(packages))
    as_root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    # Another apt at work is waited for. env: sudo does not pass the environment on.
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=600"]
    install = [*apt, "install", "--yes", "--no-install-recommends"]
    quiet = ["-o", "Dpkg::Use-Pty=0"]
    if _candidates(packages) and works_quietly([*install, *quiet, *packages]):
        return True
    # Lists that are missing or too old are the usual reason; a package that one distribution lacks is another.
    works_quietly([*apt, "update"])
    if works_quietly([*install, *quiet, *packages]):
        return True
    # One that this distribution lacks must not keep the others away.
    done = [works_quietly([*install, *quiet, package]) for package in packages]
    return all(done)


def _candidates(packages: Sequence[str]) -> bool:
    """Whether apt knows all of them; asked first, so that missing lists are no error on the screen."""
    return all(candidate(package) is not None for package in packages)


def candidate(package: str) -> str | None:
    """The version that apt would install; None where it knows none."""
    policy = answer(["env", "LC_ALL=C", "apt-cache", "policy", package]) or ""
    for line in policy.splitlines():
        name, _, value = line.strip().partition(": ")
        if name == "Candidate" and value != "(none)":
            return value
    return None
