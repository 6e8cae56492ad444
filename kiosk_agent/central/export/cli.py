"""``kiosk-central export``."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from kiosk_agent.central.command import opened, ready_to_use, with_database

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--by",
    type=click.Choice(["municipality", "office", "desk"]),
    default="municipality",
    show_default=True,
    help="What a row is about.",
)
@click.option("--from", "first", required=True, type=DAY, metavar="DAY", help="The first day: 2026-04-01.")
@click.option("--to", "last", required=True, type=DAY, metavar="DAY", help="The last day, included.")
@click.option("--within", default="", metavar="CODE", help="A prefecture's two digits or a municipality's six.")
@click.option("--each-day", is_flag=True, help="A row for each day instead of the whole range.")
@click.option("--language", type=click.Choice(["ja", "en"]), default="ja", show_default=True, help="Of the heads.")
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
    """Write compliance to FILE: .csv or .xlsx."""
    from kiosk_agent.central.dashboard.schemas import Days
    from kiosk_agent.central.export.files import write
    from kiosk_agent.central.export.service import compliance_table
    from kiosk_agent.central.places.schemas import NATION, Level, Place

    if last < first:
        raise click.BadParameter("the last day is before the first one", param_hint="--to")
    levels = {0: Level.NATION, 2: Level.PREFECTURE, 6: Level.MUNICIPALITY}
    if len(within) not in levels:
        raise click.BadParameter("two digits of a prefecture or six of a municipality", param_hint="--within")
    days = Days(first.date(), last.date())
    with opened(data, database) as chosen:
        ready_to_use(chosen)
        place = Place(levels[len(within)], within)
        with compliance_table(
            chosen, NATION, place, Level(by), days, each_day=each_day, language="en" if language == "en" else "ja"
        ) as (heads, rows):
            count = write(file, heads, rows)
    click.echo(f"{count} rows.")
