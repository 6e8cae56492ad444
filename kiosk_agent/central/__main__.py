"""``kiosk-central``, and ``python -m kiosk_agent.central``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; says what to install where its packages are not there."""
    try:
        from kiosk_agent.central.cli import main as command_line
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kiosk_agent"):
            raise
        sys.exit(f"kiosk-central: {error.name} is not installed. Install the extra: pip install 'kiosk-agent[central]'")
    command_line(prog_name="kiosk-central")


if __name__ == "__main__":
    main()
