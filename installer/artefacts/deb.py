"""The Debian package of the agent: its own Python packages in a folder of their own, Python is the distribution's.

The folder is laid out as a virtual environment, so that ``sys.executable`` finds its packages without any variable.
Packages for another release of Python are built on that release: wheels hold machine code.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

from installer.artefacts.wheels import (
    DIST,
    ROOT,
    card_wheel,
    epoch,
    metadata_of,
    own_wheel,
    pinned_wheels,
    run,
    unpack,
)
from installer.messages import SetupError, text
from kiosk_agent import __version__

NAME = "kiosk-agent"
HOME = Path("usr/lib/kiosk-agent")
PARTS = ROOT / "installer" / "deb"
MAINTAINER = "kiosk-agent <kiosk-agent@desk.invalid>"
RELEASE = f"{sys.version_info[0]}.{sys.version_info[1]}"
NEXT = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"
DEPENDS = (
    f"python3 (>= {RELEASE})",
    f"python3 (<< {NEXT})",
    "python3-tk",
    "chromium | google-chrome-stable | microsoft-edge-stable",
    "fonts-dejavu-core",
    "fonts-noto-cjk",
    "libatomic1",  # of Playwright's driver
    "libc6 (>= 2.34)",
    "libpam-systemd",  # without it there is no systemd for the desk's user
    "libstdc++6",
)
RECOMMENDS = "dbus-user-session, gnome-keyring, pcscd, python3-gi, gir1.2-ayatanaappindicator3-0.1, xclip"


def build(arguments: list[str]) -> list[Path]:
    """Build ``kiosk-agent_VERSION_ARCHITECTURE.deb``. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="build.py deb", description=__doc__)
    parser.add_argument("--out", type=Path, default=DIST, help="folder of the package (%(default)s)")
    parser.add_argument("--version", default=__version__, help="of the package (%(default)s)")
    parser.add_argument("--without-card", action="store_true", help="without pyscard, which is compiled here")
    parser.add_argument("--quick", action="store_true", help="hardly packed: larger, done in seconds")
    chosen = parser.parse_args(arguments)
    for program in ("dpkg-deb", "dpkg"):
        if shutil.which(program) is None:
            raise SetupError(text("deb tool", tool=program))
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kiosk-agent-deb-") as folder:
        made = Path(folder)
        wheels = [own_wheel(made / "own"), *pinned_wheels("agent")]
        if not chosen.without_card:
            wheels.append(card_wheel(DIST / "wheels"))
        tree = made / "tree"
        _lay_out(tree, wheels, chosen.version, card=not chosen.without_card)
        architecture = run(["dpkg", "--print-architecture"]).strip()
        _write_control(tree, chosen.version, architecture, card=not chosen.without_card)
        _set_modes_and_times(tree)
        package = chosen.out.absolute() / f"{NAME}_{chosen.version}_{architecture}.deb"
        packing = ["-Zgzip", "-z1"] if chosen.quick else ["-Zxz"]
        run(["dpkg-deb", "--root-owner-group", *packing, "--build", tree, package], SOURCE_DATE_EPOCH=str(epoch()))
    return [package]


def _lay_out(tree: Path, wheels: list[Path], version: str, *, card: bool) -> None:
    home = tree / HOME
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").symlink_to("../../../bin/python3")
    # The tray's menu (python3-gi) is the distribution's; packages of this folder come first.
    _write(home / "pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\nversion = " + RELEASE + "\n")
    site = home / "lib" / f"python{RELEASE}" / "site-packages"
    unpack(wheels, site)
    shutil.rmtree(site / "greenlet" / "tests", ignore_errors=True)
    for program in ("start-desk", "enroll-once", "configure", "each-desk", "remove-everything"):
        _copy(PARTS / program, home / program, 0o755)
    _copy(PARTS / "kiosk-agent", tree / "usr/bin/kiosk-agent", 0o755)
    _copy(PARTS / "kiosk-agent.service", tree / "usr/lib/systemd/user/kiosk-agent.service")
    _copy(PARTS / "kiosk-agent.desktop", tree / "etc/xdg/autostart/kiosk-agent.desktop")
    _copy(PARTS / "lintian-overrides", tree / "usr/share/lintian/overrides/kiosk-agent")
    share, docs = tree / "usr/share/kiosk-agent", tree / "usr/share/doc/kiosk-agent"
    shutil.copytree(ROOT / "config" / "portals", share / "portals")
    example = (ROOT / "config" / "agent.example.toml").read_text(encoding="utf-8")
    practice = '"portals/practice.toml"'
    if practice not in example:
        raise SetupError("config/agent.example.toml no longer names the practice portal: mend deb.py.")
    _write(share / "agent.toml", example.replace(practice, '"/usr/share/kiosk-agent/portals/practice.toml"'))
    for page in sorted((*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "ja").glob("*.md"))):
        _copy(page, docs / page.relative_to(ROOT / "docs"))
    _write(docs / "copyright", _copyright(wheels))
    when = formatdate(epoch())
    log = f"{NAME} ({version}) unstable; urgency=medium\n\n  * Version {version}.\n\n -- {MAINTAINER}  {when}\n"
    _write_gz(docs / "changelog.gz", log)
    _write_gz(tree / "usr/share/man/man1/kiosk-agent.1.gz", (PARTS / "kiosk-agent.1").read_text(encoding="utf-8"))


def _copyright(wheels: list[Path]) -> str:
    lines = [
        "kiosk-agent and, in its own folder, the Python packages that it uses. Their licences lie beside each of them",
        f"in /{HOME}/lib/python{RELEASE}/site-packages/*.dist-info:",
        "",
    ]
    for wheel in wheels:
        text, _ = metadata_of(wheel)
        fields = dict(line.partition(": ")[::2] for line in reversed(text.partition("\n\n")[0].splitlines()))
        licence = fields.get("License-Expression") or fields.get("License") or "see its files"
        lines.append(f"  {fields['Name']} {fields['Version']}: {licence.splitlines()[0][:100] if licence else ''}")
    year = datetime.datetime.fromtimestamp(epoch(), datetime.UTC).year
    lines += ["", "The whole text of Apache-2.0 is in /usr/share/common-licenses/Apache-2.0.", ""]
    return "\n".join([*lines, f"Copyright {year} the authors of each.", ""])


def _write_control(tree: Path, version: str, architecture: str, *, card: bool) -> None:
    kib = sum(path.stat().st_size for path in _files(tree)) // 1024
    depends = ", ".join([*DEPENDS, *(["libpcsclite1"] if card else [])])
    control = tree / "DEBIAN"
    control.mkdir()
    _write(
        control / "control",
        f"""Package: {NAME}
Version: {version}
Architecture: {architecture}
Maintainer: {MAINTAINER}
Installed-Size: {kib}
Depends: {depends}
Recommends: {RECOMMENDS}
Section: admin
Priority: optional
Description: session hygiene for municipal help desks
 Guards a shared help-desk PC: no resident ever acts in another resident's
 portal session. Ends forgotten sessions, proves that they have ended, and
 lets nobody begin before the support worker has confirmed it.
""",
    )
    _write(control / "conffiles", "/etc/xdg/autostart/kiosk-agent.desktop\n")
    sums = []
    for path in _files(tree):
        name = path.relative_to(tree)
        if name.parts[0] not in ("DEBIAN", "etc"):  # a conffile may be changed
            sums.append(f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {name}\n")
    _write(control / "md5sums", "".join(sums))
    for script in ("postinst", "prerm", "postrm"):
        _copy(PARTS / script, control / script, 0o755)


def _files(tree: Path) -> Iterator[Path]:
    return (path for path in sorted(tree.rglob("*")) if path.is_file() and not path.is_symlink())


def _set_modes_and_times(tree: Path) -> None:
    """The same on every machine, whatever its umask and whenever it is built."""
    when = epoch()
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or (path.stat().st_mode & 0o100 and ".so" not in path.suffixes)
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (when, when), follow_symlinks=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_gz(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _copy(source: Path, target: Path, mode: int = 0o644) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
