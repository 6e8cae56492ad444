"""``kiosk-central export``."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from kiosk_agent.central.command import opened, ready_to_read, with_database
from kiosk_agent.central.language import say

DAY = click.DateTime(["%Y-%m-%d"])


@click.command(help=say("Write compliance to FILE: .csv or .xlsx."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--by",
    type=click.Choice(["municipality", "office", "desk"]),
    default="municipality",
    show_default=True,
    help=say("What a row is about."),
)
@click.option("--from", "first", required=True, type=DAY, metavar="DAY", help=say("The first day: 2026-04-01."))
@click.option("--to", "last", required=True, type=DAY, metavar="DAY", help=say("The last day, included."))
@click.option("--within", default="", metavar="CODE", help=say("A prefecture's two digits or a municipality's six."))
@click.option("--each-day", is_flag=True, help=say("A row for each day instead of the whole range."))
@click.option(
    "--language",
    type=click.Choice(["ja", "en"]),
    default="ja",
    show_default=True,
    help=say("Of the columns' heads."),
)
@with_database
def export(
    file: Path,
    by: str,
    first: datetime.datetime,
    last: datetime.datetime,
    within: str,
    each_day: bool,
    language: str,
    data: Path | None,
    database: str | None,
) -> None:
    """Whole or not at all."""
    from kiosk_agent.central.dashboard.schemas import Days
    from kiosk_agent.central.export.files import write
    from kiosk_agent.central.export.service import compliance_table
    from kiosk_agent.central.places.schemas import NATION, Level, Place

    if last < first:
        raise click.BadParameter(say("the last day is before the first one"), param_hint="--to")
    levels = {0: Level.NATION, 2: Level.PREFECTURE, 6: Level.MUNICIPALITY}
    if len(within) not in levels:
        raise click.BadParameter(say("two digits of a prefecture or six of a municipality"), param_hint="--within")
    days = Days(first.date(), last.date())
    with opened(data, database) as chosen:
        ready_to_read(chosen)
        place = Place(levels[len(within)], within)
        with compliance_table(
            chosen, NATION, place, Level(by), days, each_day=each_day, language="en" if language == "en" else "ja"
        ) as (heads, rows):
            count = write(file, heads, rows)
    click.echo(say("{count} rows.", count=count))
