"""``kiosk-central office hours`` and ``kiosk-central import opening-hours``."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.staff.cli import actor
from kiosk_agent.clock import SystemClock


@click.group(help=say("Offices."))
def office() -> None:
    """Commands on offices."""


@office.command(help=say("Set when an office is open: only then does a silent desk count as unprotected."))
@click.option("--municipality", required=True, metavar="CODE", help=say("The municipality's six digits."))
@click.option("--office", "name", required=True, metavar="NAME", help=say("The office's name."))
@click.option(
    "--set", "text", metavar="HOURS", help=say('Such as "mon-fri 08:30-17:15; sat 09:00-12:00", or "closed".')
)
@click.option("--usual", is_flag=True, help=say("Weekdays 8:30 to 17:15, as if nothing had been set."))
@with_database
def hours(municipality: str, name: str, text: str | None, usual: bool, data: Path | None, database: str | None) -> None:
    """Prints what is kept."""
    from kiosk_agent.central.opening.service import set_hours

    if (text is None) is not usual:
        raise click.UsageError(say("Give either --set HOURS or --usual."))
    with opened(data, database) as chosen:
        ready_to_use(chosen)
        kept = set_hours(chosen, municipality, name, text or "", SystemClock().wall(), actor=actor())
    click.echo(kept or say("usual"))


@click.command(
    "opening-hours",
    help=say("Take over opening hours from a CSV FILE: code, office, hours. All of its lines, or none."),
)
@click.argument("file", type=click.Path(path_type=Path))
@with_database
def import_hours(file: Path, data: Path | None, database: str | None) -> None:
    """Every mistake is told."""
    from kiosk_agent.central.opening import service

    with opened(data, database) as chosen:
        rows = service.read_list(file)
        ready_to_use(chosen)
        service.import_hours(chosen, rows, file, SystemClock().wall(), actor())
    click.echo(say("{count} offices.", count=len(rows)))
