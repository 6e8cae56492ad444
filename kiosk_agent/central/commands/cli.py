"""``kiosk-central command``: what desks are to do, from afar."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from kiosk_agent.central.command import NUMBER, opened, ready_to_read, ready_to_use, with_database
from kiosk_agent.central.commands.schemas import WORDS
from kiosk_agent.central.language import say
from kiosk_agent.central.staff.cli import actor
from kiosk_agent.clock import SystemClock
from kiosk_agent.wire.commands import CommandKind

MOST_SHOWN = 100
KINDS = {word: kind for kind, word in WORDS.items()}


@click.group(help=say("Have a desk do something from afar: once, and not too late."))
def command() -> None:
    """Commands on what desks are to do."""


@command.command("desk", help=say("Have DESK do WHAT: end-visit, disable, enable or diagnostics."))
@click.argument("desk", type=NUMBER, metavar="DESK")
@click.argument("what", type=click.Choice(list(KINDS)), metavar="WHAT")
@click.option("--reason", required=True, help=say("Why; kept with the command, not shown at the desk."))
@click.option(
    "--by", default=getpass.getuser, show_default=say("who runs this"), help=say("Who; kept with the command.")
)
@click.option("--note", default="", help=say("What the desk shows its support worker while it is disabled."))
@click.option(
    "--valid-minutes",
    type=click.IntRange(min=1),
    help=say("For so many minutes; not carried out if it reaches the desk later."),
)
@with_database
def desk_command(
    desk: int,
    what: str,
    reason: str,
    by: str,
    note: str,
    valid_minutes: int | None,
    data: Path | None,
    database: str | None,
) -> None:
    """Prints the command's number."""
    from kiosk_agent.central.commands import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        valid_for_s = None if valid_minutes is None else valid_minutes * 60
        now = SystemClock().wall()
        number = service.give(
            chosen, desk, KINDS[what], by, reason, now, note=note, valid_for_s=valid_for_s, actor=actor()
        )
    click.echo(say("Command {number}.", number=number))


@command.command("list", help=say("Print what DESK was to do, and what came of it, the newest first."))
@click.argument("desk", type=NUMBER, metavar="DESK")
@click.option("--diagnostics", is_flag=True, help=say("Also print what the desk said of itself, as JSON."))
@with_database
def list_command(desk: int, diagnostics: bool, data: Path | None, database: str | None) -> None:
    """The last hundred. How one stands is the same word in every language: programs read it."""
    from kiosk_agent.central.commands import service
    from kiosk_agent.central.times import from_ms

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        now = SystemClock().wall()
        for one in service.history(chosen, desk, MOST_SHOWN):
            at = from_ms(one.made_at_ms).isoformat(timespec="seconds")
            state = service.standing(one, now)
            click.echo(f"{one.id}  {at}  {WORDS[CommandKind(one.kind)]}  {state}  {one.made_by}  {one.reason}")
            if diagnostics and one.diagnostics is not None:
                click.echo(f"    {one.diagnostics}")
