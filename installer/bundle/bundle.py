"""Verify this bundle and install from it, without any network.

    python3 bundle.py verify
    python3 bundle.py install agent              as root, on Debian and Ubuntu: the package in debian/
    python3 bundle.py install central [--to DIR] an environment with central; /opt/kiosk-central if not said

``verify`` prints the digest of SHA256SUMS: compare it with the one that was given to you in another way, or let it be
compared with ``--expect DIGEST``. ``install`` verifies first, and installs nothing from a bundle that was changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUMS = HERE / "SHA256SUMS"


class BundleError(Exception):
    """Something that keeps the bundle from being used; the message says what."""


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def verify(expect: str | None) -> str:
    """Check every file; returns the digest of the list of digests. Raises BundleError."""
    if not SUMS.is_file():
        raise BundleError(f"{SUMS} is missing: this is no whole bundle. Copy it again.")
    told = digest_of(SUMS)
    if expect is not None and expect.strip().lower() != told:
        raise BundleError(f"SHA256SUMS is another one: expected {expect}, got {told}. Do not use this bundle.")
    wrong, named = [], {SUMS.name}
    for line in SUMS.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = HERE / name
        if HERE not in path.resolve().parents:
            raise BundleError(f"SHA256SUMS names a file outside of the bundle: {name}. Do not use this bundle.")
        named.add(name)
        if not path.is_file():
            wrong.append(f"missing: {name}")
        elif digest_of(path) != digest:
            wrong.append(f"changed: {name}")
    here = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if not path.is_dir()}
    wrong += [f"not listed: {name}" for name in sorted(here - named)]
    if wrong:
        raise BundleError("This bundle was changed. Do not use it.\n" + "\n".join(wrong))
    return told


def run(command: list[str]) -> None:
    """Run a program; raises BundleError where it fails."""
    if subprocess.call(command, env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}):
        raise BundleError(f"This failed: {' '.join(command)}")


def install_agent() -> None:
    """Install the Debian package. What it depends on must be installed, or come from your own mirror."""
    packages = sorted(str(path) for path in (HERE / "debian").glob("*.deb"))
    if len(packages) != 1:
        raise BundleError(f"Expected one package in debian/, got {len(packages)}.")
    run(["dpkg", "--install", *packages])


def install_central(folder: Path) -> None:
    """Make an environment with central in ``folder``, from the wheels alone."""
    wanted = (HERE / "PYTHON").read_text(encoding="utf-8").strip()
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here != wanted:
        raise BundleError(f"The wheels are for Python {wanted}; this is {here}. Use python{wanted}.")
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise BundleError(f"{folder} holds something else. Name another folder: --to DIR.")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = str(folder / "bin" / "python")
    (pip,) = (HERE / "wheels").glob("pip-*.whl")
    options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", f"--find-links={HERE / 'wheels'}"]
    requirements = f"--requirement={HERE / 'requirements' / 'central.txt'}"
    run([python, f"{pip}/pip", "install", *options, "--require-hashes", requirements])
    (own,) = (HERE / "wheels").glob("kiosk_agent-*.whl")
    run([python, f"{pip}/pip", "install", *options, "--force-reinstall", str(own)])


def main() -> int:
    """Exit status 1 where the bundle was changed or could not be installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expect", metavar="DIGEST", help="of SHA256SUMS")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify")
    install = commands.add_parser("install")
    install.add_argument("what", choices=["agent", "central"])
    install.add_argument("--to", type=Path, default=Path("/opt/kiosk-central"))
    chosen = parser.parse_args()
    try:
        print(f"Every file is as it was packed. SHA-256 of SHA256SUMS: {verify(chosen.expect)}")
        if chosen.command == "install" and chosen.what == "agent":
            install_agent()
        elif chosen.command == "install":
            install_central(chosen.to.absolute())
    except (BundleError, OSError) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
