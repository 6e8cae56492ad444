"""The artefacts, a module each: ``build(arguments)`` takes what stands behind the name, and returns the files made."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.messages import SetupError
from kiosk_agent.errors import InputError

ARTEFACTS = ("deb", "bundle", "sbom", "msi", "site")
FAILED = 70  # EX_SOFTWARE of sysexits.h, as in bootstrap.py


def with_build_tools(arguments: Sequence[str]) -> None:
    """Go on in a Python that has what builds the project, if this one has not."""
    from installer.artefacts.wheels import build_python

    try:
        python = build_python()
    except SetupError as error:
        print(f"What builds the project could not be installed: {error}", file=sys.stderr)
        sys.exit(FAILED)
    if python != Path(sys.executable):
        sys.exit(subprocess.call([str(python), *arguments]))


def main(arguments: Sequence[str]) -> int:
    """Build one artefact; prints the paths of what was made."""
    usage = f"Usage: python3 installer/build.py {'|'.join(ARTEFACTS)} [--help]"
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(usage)
        return 0
    if not arguments or arguments[0] not in ARTEFACTS:
        print(usage, file=sys.stderr)
        return 2
    name = f"installer.artefacts.{arguments[0]}"
    if importlib.util.find_spec(name) is None:
        print(f"{arguments[0]} cannot be built by this version.", file=sys.stderr)
        return FAILED
    try:
        made = importlib.import_module(name).build(list(arguments[1:]))
    except (SetupError, InputError, OSError) as error:
        print(f"{arguments[0]} was not built: {error}", file=sys.stderr)
        return FAILED
    for path in made:
        print(path)
    return 0
