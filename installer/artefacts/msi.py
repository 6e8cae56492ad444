"""The Windows installer of the agent.

    python3 installer/build.py msi --python C:\\...\\python.exe --python-sha256 HASH --profile portal.toml
    python3 installer/build.py msi --payload FOLDER --profile portal.toml [--certificate P12 --password-file FILE]
    python3 installer/build.py msi --verify kiosk-agent-1.2.3-x64.msi [--authority PEM]

The first form freezes the agent with PyInstaller (one folder) and that Python, which must be python.org's CPython with
the packages of ``installer/requirements/windows-build.txt``: what ships is what its hash says. It runs on Windows;
under Wine it takes the Python of the tests as well, and what comes out is for tests. The second form packs what was
frozen elsewhere. Packing (msitools, mingw-w64) and signing (osslsigncode) run on Linux. The third form tells whether
the signature fits the file, and with ``--authority`` also whose it is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from installer.artefacts import sbom
from installer.artefacts.wheels import run as of_build
from installer.messages import SetupError, text
from installer.processes import run, works_quietly
from installer.windows.compiler import COMPILER

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = ROOT / "installer" / "windows"
PROGRAMS = ("kiosk-agent.exe", "kiosk-agentw.exe")
TOOLS = ("wixl", "msibuild", "msiinfo", COMPILER)
NAMEABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # what has a dot is taken for a path at the desk


def build(arguments: Sequence[str]) -> list[Path]:
    """Make the installer and its bill of materials, or verify one; returns their paths. Raises SetupError."""
    options = _options(arguments)
    if options.verify is not None:
        _need("osslsigncode")
        _need_files(options.verify, options.authority)
        verify(options.verify, options.authority)
        return [options.verify]
    _need(*TOOLS, *(["osslsigncode"] if options.certificate else []))
    _need_files(options.python, options.certificate, options.password_file)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        payload = options.payload or freeze(options.python, options.python_sha256, Path(folder))
        return pack(payload, options.profile, options.out, options.version, Path(folder), signing_of(options))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    from kiosk_agent import __version__

    parser = argparse.ArgumentParser(prog="build.py msi", description="The Windows installer of the agent.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--payload", type=Path, help="the folder that PyInstaller has made")
    what.add_argument("--python", type=Path, help="python.org's CPython for Windows, to make it with")
    what.add_argument("--verify", type=Path, metavar="MSI", help="make nothing: does the signature of MSI fit it?")
    parser.add_argument("--authority", type=Path, help="with that: certificates to be trusted (PEM)")
    parser.add_argument("--python-sha256", help="of that python.exe")
    parser.add_argument("--profile", type=Path, action="append", help="a portal's profile (may repeat)")
    parser.add_argument("--certificate", type=Path, help="PKCS #12 file to sign with; without: not signed")
    parser.add_argument("--password-file", type=Path, help="with that file's password")
    parser.add_argument("--timestamp", help="address of a time-stamping authority (RFC 3161)")
    parser.add_argument("--version", default=__version__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args(list(arguments))
    if not options.verify and not options.profile:
        parser.error("--profile is needed: the portal that the desks are for")
    if options.python and not options.python_sha256:
        parser.error("--python needs --python-sha256: what ships must be what you meant")
    return options


def _need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            raise SetupError(text("msi tool", tool=tool))


def _need_files(*files: Path | None) -> None:
    for file in files:
        if file is not None and not file.is_file():
            raise SetupError(text("msi file", file=file))


def freeze(python: Path, expected: str, folder: Path) -> Path:
    """The agent as a folder of programs. Raises SetupError; also where ``python`` is another file than expected."""
    found = hashlib.sha256(python.read_bytes()).hexdigest()
    if found != expected.lower():
        raise SetupError(text("windows tampered", file=python.name, expected=expected, found=found))
    made = folder / "frozen"
    places = [f"--distpath={made}", f"--workpath={folder / 'work'}", str(WINDOWS / "kiosk-agent.spec")]
    command = [str(python), "-m", "PyInstaller", "--noconfirm", "--log-level=WARN", *places]
    if sys.platform == "win32":
        of_build(command)
    else:
        from installer.windows.wine import running, wine

        with running(folder / "wine", os.environ.get("DISPLAY", "")) as variables:  # nobody's own one is touched
            of_build([wine(), *command], **variables)
    return made / "kiosk-agent"


def pack(
    payload: Path, profiles: Sequence[Path], out: Path, version: str, folder: Path, signing: Sequence[str] | None
) -> list[Path]:
    """The ``.msi`` from a frozen folder, signed where there is a certificate, and its bill of materials.

    Raises SetupError, InputError.
    """
    from installer.windows.tables import complete
    from installer.windows.wix import conditions, source
    from kiosk_agent.portal.load import load_profile

    missing = [name for name in PROGRAMS if not (payload / name).is_file()]
    if missing:
        raise SetupError(text("msi payload", folder=payload, missing=", ".join(missing)))
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,5}", version):
        raise SetupError(text("msi version", version=version))
    names = [file.stem for file in profiles]
    for name in names:
        # it becomes a part of the tables, which msitools writes in Latin letters alone, and is typed on a command line
        if not NAMEABLE.fullmatch(name) or [one.lower() for one in names].count(name.lower()) > 1:
            raise SetupError(text("msi profile", name=name))
    read = {file.stem: load_profile(file) for file in profiles}
    task = task_file(folder)
    document = folder / "kiosk-agent.wxs"
    # wixl takes no absolute paths: everything is beside the document
    packed = laid_out(payload, folder / "payload", signing)
    bill = sbom.bill_of_payload(payload, packed, version)
    (folder / "portals").mkdir()
    copies = [Path(shutil.copyfile(file, folder / "portals" / file.name)) for file in profiles]
    question = compiled_question(folder, signing)
    document.write_text(source(folder, packed, read, copies, task, question, version), encoding="utf-8")
    unsigned = folder / "unsigned.msi"
    run(["wixl", "--arch", "x64", "--output", str(unsigned), document.name], cwd=folder)
    complete(unsigned, conditions(read))
    made = out / f"kiosk-agent-{version}-x64.msi"
    made.unlink(missing_ok=True)
    if signing is None:
        shutil.copyfile(unsigned, made)
    else:
        sign(unsigned, made, signing)
    return [made, sbom.write(made.with_suffix(".cdx.json"), bill)]


def task_file(folder: Path) -> Path:
    """The scheduled task in UTF-16, as the task scheduler expects it."""
    task = folder / "task.xml"
    task.write_text((WINDOWS / "task.xml").read_text(encoding="utf-8"), encoding="utf-16")
    return task


def laid_out(payload: Path, place: Path, signing: Sequence[str] | None) -> Path:
    """The frozen folder where it is packed from, its own programs signed where there is a certificate."""
    place.mkdir()
    for entry in payload.iterdir():
        if signing is not None and entry.name in PROGRAMS:
            sign(entry, place / entry.name, signing)
        else:
            (place / entry.name).symlink_to(entry.absolute())
    return place


def compiled_question(folder: Path, signing: Sequence[str] | None) -> Path:
    """The library that asks, at a removal by hand, whether the ledger stays. The same source gives the same bytes."""
    made = folder / "unsigned.dll"
    flags = ["-O2", "-shared", "-s", "-static-libgcc", "-Wall", "-Wextra", "-Werror", "-Wl,--no-insert-timestamp"]
    run([COMPILER, *flags, "-o", str(made), str(WINDOWS / "question.c"), "-lmsi"])
    if signing is None:
        return made
    sign(made, folder / "question.dll", signing)
    return folder / "question.dll"


def signing_of(options: argparse.Namespace) -> list[str] | None:
    """osslsigncode's options; None where nothing is to be signed."""
    if options.certificate is None:
        return None
    words = ["-pkcs12", str(options.certificate), "-n", "kiosk-agent", "-h", "sha256"]
    if options.password_file is not None:
        words += ["-readpass", str(options.password_file)]
    if options.timestamp:
        words += ["-ts", options.timestamp]
    return words


def sign(unsigned: Path, signed: Path, signing: Sequence[str]) -> None:
    """Sign, and verify what came out; nothing is left where either fails. Raises SetupError."""
    if not works_quietly(["osslsigncode", "sign", *signing, "-in", str(unsigned), "-out", str(signed)]):
        signed.unlink(missing_ok=True)
        raise SetupError(text("msi signing", file=signed.name))
    try:
        verify(signed)
    except SetupError:
        signed.unlink()
        raise


def verify(signed: Path, authority: Path | None = None) -> None:
    """Whether the signature fits the file. ``authority``: certificates to be trusted. Raises SetupError."""
    trusted = ["-CAfile", str(authority)] if authority is not None else []
    command = ["osslsigncode", "verify", *trusted, "-in", str(signed)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    # without an authority at hand the chain cannot be judged, but the digest can
    same = re.search(r"Current (?:message digest|DigitalSignature)\s*:\s*([0-9A-F]+)", said)
    meant = re.search(r"Calculated (?:message digest|DigitalSignature)\s*:\s*([0-9A-F]+)", said)
    if same is None and "no signature" in said.lower():  # a damaged one is another thing
        raise SetupError(text("msi unsigned", file=signed.name, said=said.strip()))
    fits = same is not None and meant is not None and same.group(1) == meant.group(1)
    if not fits or (authority is not None and done.returncode != 0):
        raise SetupError(text("msi tampered", file=signed.name, said=said.strip()))
