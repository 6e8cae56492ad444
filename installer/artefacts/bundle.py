"""The offline bundle: everything that a network without Internet needs, with hashes, as one tar file.

What is in it is named by ``SHA256SUMS``; ``bundle.py`` beside it verifies and installs, with nothing but Python.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from installer.artefacts import deb, sbom, site
from installer.artefacts.wheels import (
    DIST,
    NAMES,
    REQUIREMENTS,
    ROOT,
    epoch,
    metadata_of,
    own_wheel,
    pinned_wheels,
    shipped_wheels,
)
from installer.messages import SetupError, text
from kiosk_agent import __version__

PARTS = ROOT / "installer" / "bundle"
CENTRAL = ROOT / "installer" / "central"


def build(arguments: list[str]) -> list[Path]:
    """Write ``kiosk-agent-VERSION-bundle.tar``. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="build.py bundle", description=__doc__)
    parser.add_argument("--out", type=Path, default=DIST, help="folder of the file (%(default)s)")
    parser.add_argument("--deb", type=Path, action="append", help="a package that is built already; otherwise it is")
    parser.add_argument("--also", type=Path, action="append", default=[], help="another file, such as the MSI")
    chosen = parser.parse_args(arguments)
    for file in (*(chosen.deb or ()), *chosen.also):
        if not file.is_file():  # said before anything is built
            raise SetupError(text("msi file", file=file))
    chosen.out.mkdir(parents=True, exist_ok=True)
    name = f"kiosk-agent-{__version__}-bundle"
    with tempfile.TemporaryDirectory(prefix="kiosk-agent-bundle-") as made:
        folder = Path(made) / name
        packages = chosen.deb or deb.build(["--out", str(Path(made) / "deb")])
        (index,) = site.build(["--out", made])
        fill(folder, packages, index.parent, chosen.also)
        target = chosen.out / f"{name}.tar"
        _pack(folder, target)
    return [target]


def fill(folder: Path, packages: Sequence[Path], guides: Path, also: Sequence[Path] = ()) -> None:
    """Lay the bundle out in ``folder``. ``guides``: the site, for those who read it where nothing can be built."""
    wheels = folder / "wheels"
    own = own_wheel(wheels)
    parts = shipped_wheels()
    pinned = {*parts, *pinned_wheels("build")}
    for wheel in pinned:
        shutil.copyfile(wheel, wheels / wheel.name)
    (folder / "requirements").mkdir()
    for name in (*NAMES, "build"):
        shutil.copyfile(REQUIREMENTS / f"{name}.txt", folder / "requirements" / f"{name}.txt")
    for kind, files in (("debian", packages), ("other", also)):
        for file in files:
            (folder / kind).mkdir(exist_ok=True)
            shutil.copyfile(file, folder / kind / file.name)
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(guides, folder / "site")
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(CENTRAL, folder / "central")
    shutil.copyfile(PARTS / "bundle.py", folder / "bundle.py")
    sbom.write(folder / "sbom.cdx.json", sbom.bill(own, parts))
    for wheel in [own, *sorted(pinned)]:
        _licences(wheel, folder / "licences")
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (folder / "PYTHON").write_text(f"{python}\n", encoding="utf-8")
    _sums(folder)


def _licences(wheel: Path, folder: Path) -> None:
    """The licence files of a wheel; where it has none, what its metadata says."""
    text, names = metadata_of(wheel)
    place = folder / "-".join(wheel.name.split("-")[:2])
    place.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in names:
            (place / name.replace("/", "__")).write_bytes(archive.read(name))
    said = [
        line for line in text.partition("\n\n")[0].splitlines() if line.startswith(("License", "Classifier: License"))
    ]
    (place / "METADATA").write_text("\n".join(said) + "\n", encoding="utf-8")


def _sums(folder: Path) -> None:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _pack(folder: Path, target: Path) -> None:
    """The same bundle gives the same file, whoever builds it."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = epoch()
        info.mode = 0o755 if info.isdir() else 0o644
        return info

    with tarfile.open(target, "w") as archive:
        for path in [folder, *sorted(folder.rglob("*"))]:
            archive.add(path, path.relative_to(folder.parent).as_posix(), recursive=False, filter=plain)
