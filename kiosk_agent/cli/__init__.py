"""The command line: ``kiosk-agent``. Each command lives in a module of its own and is loaded when it is called."""

from __future__ import annotations

import importlib

import click

from kiosk_agent import __version__
from kiosk_agent.cli.language import t
from kiosk_agent.terminal.command import HELP_NAMES, CommandLine

COMMANDS = ("run", "demo", "doctor", "config", "profile", "ledger", "enroll", "replay", "status", "template")


class LazyGroup(CommandLine):
    """Loads only the module of the command that was asked for: ``status`` need not import a browser driver."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"kiosk_agent.cli.{cmd_name}").command
        return command


@click.group(
    cls=LazyGroup,
    context_settings=HELP_NAMES,
    help=t("Guards a shared help-desk PC: one resident, one session, one proven logout."),
)
@click.version_option(__version__)  # a frozen program is no installed package that could be asked
def main() -> None:
    """The whole command line."""
