"""Set everything up, then run the demo or the tests.

    python3 installer/bootstrap.py demo [what follows goes to `kiosk-agent demo`]
    python3 installer/bootstrap.py test [what follows goes to pytest]

Needs Python 3.11 and nothing else; may be run again and again. The exit status is that of the demo or the tests;
70 where the set-up itself failed.

This file must be readable for Python 3.6, so that an old Python says what is missing instead of a syntax error.
What it says goes to the error stream: the output belongs to the demo (``--json``) and the tests.
"""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
OLDEST = (3, 11)
SETUP_FAILED = 70  # EX_SOFTWARE of sysexits.h: told from the demo's 1 and pytest's 1 to 5


def refuse_old_python() -> None:
    """End with a clear line where this Python is too old or not whole."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST:
        sys.stderr.write(
            "kiosk-agent needs Python 3.11 or newer; this is Python {} ({}).\n"
            "Debian 12, Ubuntu 24.04: sudo apt-get install python3\n"
            "Windows: winget install Python.Python.3.13, then: py -3 installer\\bootstrap.py demo\n".format(
                found, sys.executable
            )
        )
        sys.exit(SETUP_FAILED)


def main() -> None:
    """Set up and run; never returns."""
    refuse_old_python()
    sys.path.insert(0, ROOT)
    try:
        from installer import commands
    except ImportError as error:
        sys.stderr.write(
            "This Python is not whole: {}. On Debian and Ubuntu: sudo apt-get install python3\n".format(error)
        )
        sys.exit(SETUP_FAILED)
    sys.exit(commands.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
