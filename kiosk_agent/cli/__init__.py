"""The command line: ``kiosk-agent``. Each command lives in a module of its own and is loaded when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from kiosk_agent import __version__
from kiosk_agent.cli.language import t
from kiosk_agent.cli.output import replace_what_cannot_be_printed

COMMANDS = ("run", "demo", "doctor", "config", "profile", "ledger", "enroll", "replay", "status", "template")


class LazyGroup(click.Group):
    """Loads only the module of the command that was asked for: ``status`` need not import a browser driver."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        replace_what_cannot_be_printed()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"kiosk_agent.cli.{cmd_name}").command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=t("Guards a shared help-desk PC: one resident, one session, one proven logout."),
)
@click.version_option(__version__)  # a frozen program is no installed package that could be asked
def main() -> None:
    """The whole command line."""
