"""The artefacts, a module each: ``build(arguments)`` takes what stands behind the name, and returns the files made."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.messages import SetupError, text
from kiosk_agent.errors import InputError

ARTEFACTS = ("deb", "bundle", "sbom", "msi", "site")
FAILED = 70  # EX_SOFTWARE of sysexits.h, as in bootstrap.py


def with_build_tools(arguments: Sequence[str]) -> None:
    """Go on in a Python that has what builds the project, if this one has not."""
    from installer.artefacts.wheels import build_python

    try:
        python = build_python()
    except SetupError as error:
        print(text("build tools", reason=error), file=sys.stderr)
        sys.exit(FAILED)
    if python != Path(sys.executable):
        sys.exit(subprocess.call([str(python), *arguments]))


def main(arguments: Sequence[str]) -> int:
    """Build one artefact; prints the paths of what was made."""
    usage = text("build usage", names="|".join(ARTEFACTS))
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(usage)
        return 0
    if not arguments or arguments[0] not in ARTEFACTS:
        print(usage, file=sys.stderr)
        return 2
    name = f"installer.artefacts.{arguments[0]}"
    if importlib.util.find_spec(name) is None:
        print(text("build unknown", name=arguments[0]), file=sys.stderr)
        return FAILED
    try:
        made = importlib.import_module(name).build(list(arguments[1:]))
    except (SetupError, InputError, OSError) as error:
        print(f"build.py {arguments[0]}: {error}", file=sys.stderr)
        return FAILED
    for path in made:
        print(path)
    return 0
