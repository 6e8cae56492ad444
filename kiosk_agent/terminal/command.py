"""What every command does alike."""

from __future__ import annotations

from typing import Any

import click

from kiosk_agent.terminal.output import replace_what_cannot_be_printed

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class CommandLine(click.Group):
    """The outermost group: prepares the terminal before anything is printed."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        replace_what_cannot_be_printed()
        return super().main(*args, **kwargs)
