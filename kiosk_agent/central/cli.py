"""The command line: ``kiosk-central``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import click

from kiosk_agent import __version__
from kiosk_agent.central.alerts.cli import alert
from kiosk_agent.central.alerts.options import with_alerting
from kiosk_agent.central.backup.cli import backup, restore
from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.central.commands.cli import command
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.export.cli import export
from kiosk_agent.central.language import say
from kiosk_agent.central.notices.cli import notice
from kiosk_agent.central.oidc.options import with_provider
from kiosk_agent.central.opening.cli import import_hours, office
from kiosk_agent.central.policy.cli import policy
from kiosk_agent.central.simulate.cli import simulate
from kiosk_agent.central.staff.cli import actor, staff
from kiosk_agent.clock import SystemClock
from kiosk_agent.terminal.command import HELP_NAMES, CommandLine

MOST_CODES = 1000  # a sheet for each desk of a large city


@click.group(cls=CommandLine, context_settings=HELP_NAMES, help=say("Gathers the counts of many desks."))
@click.version_option(__version__)
def main() -> None:
    """The whole command line."""


main.add_command(staff)


@main.command(
    help=say("Serve until told to stop.")
    + "\n\n"
    + say("Several processes may share one PostgreSQL database; one of them sends alerts.")
)
@click.option("--host", default="127.0.0.1", show_default=True, help=say("Address to listen on."))
@click.option(
    "--port",
    default=8480,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=say("Port to listen on; 0: any free one."),
)
@click.option(
    "--trusted-proxy",
    default="",
    metavar="ADDRESS",
    help=say("Address of the proxy in front, whose X-Forwarded-For is believed."),
)
@with_alerting
@with_provider
@with_database
def serve(host: str, port: int, trusted_proxy: str, data: Path | None, database: str | None, **options: Any) -> None:
    """Prints its address once it takes requests."""
    from kiosk_agent.central.alerts.options import alerting_of
    from kiosk_agent.central.oidc.options import provider_of
    from kiosk_agent.central.serving import serve as run

    with opened(data, database) as chosen:
        alerting, provider = alerting_of(options), provider_of(options)
        ready_to_use(chosen)
        run(chosen, host, port, trusted_proxy, lambda url: click.echo(f"kiosk-central: {url}"), alerting, provider)


@main.command("migrate", help=say("Make the tables, or bring them up to this version."))
@with_database
def migrate_command(data: Path | None, database: str | None) -> None:
    """Changes nothing where they are."""
    with opened(data, database) as chosen:
        migrate(chosen)
    click.echo(say("The tables are up to date."))


@main.group(help=say("Desks and their enrolment."))
def desk() -> None:
    """Commands on desks."""


@desk.command(help=say("Print codes that enrol one desk each. They are shown only here: central keeps their hashes."))
@click.option("--municipality", required=True, metavar="CODE", help=say("The municipality's six digits."))
@click.option("--office", required=True, metavar="NAME", help=say("The office that the desk belongs to."))
@click.option("--new-office", is_flag=True, help=say("Add the office if there is none of this name."))
@click.option(
    "--valid-hours",
    default=72,
    show_default=True,
    type=click.IntRange(1, 24 * 31),
    help=say("How many hours the codes can be used."),
)
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(1, MOST_CODES),
    help=say("How many codes; one for each desk."),
)
@with_database
def code(
    municipality: str,
    office: str,
    new_office: bool,
    valid_hours: int,
    count: int,
    data: Path | None,
    database: str | None,
) -> None:
    """One line for each code."""
    from kiosk_agent.central.desks.service import make_codes

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        now, valid = SystemClock().wall(), datetime.timedelta(hours=valid_hours)
        codes = make_codes(chosen, municipality, office, now, valid, count, actor=actor(), new_office=new_office)
    for one in codes:
        click.echo(one)


@main.group("import", help=say("Take over lists."))
def import_group() -> None:
    """Commands that read lists."""


@import_group.command(help=say("Take over municipalities from a CSV FILE: code, prefecture, municipality."))
@click.argument("file", type=click.Path(path_type=Path))
@with_database
def municipalities(file: Path, data: Path | None, database: str | None) -> None:
    """In the ministry's form, too."""
    from kiosk_agent.central.places.repository import store_municipalities
    from kiosk_agent.central.places.service import read_municipalities
    from kiosk_agent.central.staff import audit
    from kiosk_agent.central.staff.schemas import Action

    with opened(data, database) as chosen:
        found = read_municipalities(file)
        ready_to_use(chosen)
        with chosen.writing() as connection:
            store_municipalities(connection, found)
            told = f"{len(found)} municipalities of a list"
            audit.add(connection, SystemClock().wall(), Action.PLACES_IMPORTED, actor=actor(), detail=told)
    click.echo(say("{count} municipalities.", count=len(found)))


import_group.add_command(import_hours)
main.add_command(office)
main.add_command(policy)
main.add_command(command)
main.add_command(notice)
main.add_command(export)
main.add_command(backup)
main.add_command(restore)
main.add_command(simulate)
main.add_command(alert)
main.add_command(staff)
