"""``kiosk-central``, and ``python -m kiosk_agent.central``."""

from __future__ import annotations

import sys

NOT_INSTALLED = 69  # EX_UNAVAILABLE of sysexits.h: whoever starts central tells it apart from a command that failed


def main() -> None:
    """Run the command line; says what to install where its packages are not there."""
    try:
        from kiosk_agent.central.cli import main as command_line
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kiosk_agent"):
            raise
        import click

        from kiosk_agent.central.language import say

        told = say(
            "{package} is not installed. Install the extra: pip install 'kiosk-agent[central]'", package=error.name
        )
        click.echo(f"kiosk-central: {told}", err=True)
        sys.exit(NOT_INSTALLED)
    command_line(prog_name="kiosk-central")


if __name__ == "__main__":
    main()
