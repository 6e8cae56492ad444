"""The command line: ``kiosk-central``."""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from kiosk_agent.central.database.engine import Database, read_url, sqlite_url
from kiosk_agent.central.database.migrate import cannot_be_used, check_tables, migrate
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError, InputError

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_CODES = 1000  # a sheet for each desk of a large city


def default_data_dir() -> Path:
    """The user's own data folder: ``%LOCALAPPDATA%/kiosk-central``, or ``$XDG_DATA_HOME/kiosk-central``."""
    variable, otherwise = (
        ("LOCALAPPDATA", Path("AppData") / "Local")
        if sys.platform == "win32"
        else ("XDG_DATA_HOME", Path(".local/share"))
    )
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / otherwise) / "kiosk-central"


def with_database(command: Command) -> Command:
    """The two options that say which database."""
    data = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of the SQLite database; otherwise the user's data folder.",
    )
    url = click.option(
        "--database",
        metavar="URL",
        envvar="KIOSK_CENTRAL_DATABASE",
        help="Another database: postgresql://USER@HOST/NAME or sqlite:///FILE. Also from KIOSK_CENTRAL_DATABASE.",
    )
    return data(url(command))


@contextlib.contextmanager
def opened(data: Path | None, url: str | None) -> Iterator[Database]:
    """The database that the options name; what is wrong becomes one line and exit status 1."""
    from sqlalchemy.exc import DBAPIError

    try:
        database = Database(read_url(url) if url else sqlite_url(data or default_data_dir()))
        try:
            yield database
        finally:
            database.close()
    except (CentralError, InputError) as error:
        raise click.ClickException(str(error)) from error
    except DBAPIError as error:
        raise click.ClickException(str(cannot_be_used(error))) from error


def ready_to_use(database: Database) -> None:
    """SQLite's tables are brought up to date at once; PostgreSQL's only by ``migrate``, which its owner runs."""
    if database.is_sqlite:
        migrate(database)
    else:
        check_tables(database)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kiosk-agent")
def main() -> None:
    """Gathers the counts of many desks."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8480, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option(
    "--trusted-proxy",
    default="",
    metavar="ADDRESS",
    help="Address of the proxy in front, whose X-Forwarded-For is believed.",
)
@with_database
def serve(host: str, port: int, trusted_proxy: str, data: Path | None, database: str | None) -> None:
    """Serve until told to stop. Several processes may share one PostgreSQL database."""
    from kiosk_agent.central.serving import serve as run

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        run(chosen, host, port, trusted_proxy, lambda url: click.echo(f"kiosk-central: {url}"))


@main.command("migrate")
@with_database
def migrate_command(data: Path | None, database: str | None) -> None:
    """Make the tables, or bring them up to this version."""
    with opened(data, database) as chosen:
        migrate(chosen)
    click.echo("The tables are up to date.")


@main.group()
def desk() -> None:
    """Desks and their enrolment."""


@desk.command()
@click.option("--municipality", required=True, metavar="CODE", help="The municipality's six digits.")
@click.option("--office", required=True, metavar="NAME", help="The office that the desk belongs to.")
@click.option("--new-office", is_flag=True, help="Add the office if there is none of this name.")
@click.option("--valid-hours", default=72, show_default=True, type=click.IntRange(1, 24 * 31))
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, MOST_CODES), help="One for each desk.")
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
    """Print codes that enrol one desk each. They are shown only here: central keeps their hashes."""
    from kiosk_agent.central.desks.service import make_code

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        now, valid = SystemClock().wall(), datetime.timedelta(hours=valid_hours)
        for _ in range(count):
            click.echo(make_code(chosen, municipality, office, now, valid, new_office=new_office))


@main.group("import")
def import_group() -> None:
    """Take over lists."""


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@with_database
def municipalities(file: Path, data: Path | None, database: str | None) -> None:
    """Take over municipalities from a CSV FILE: code, prefecture, municipality."""
    from kiosk_agent.central.places.repository import store_municipalities
    from kiosk_agent.central.places.service import read_municipalities

    with opened(data, database) as chosen:
        found = read_municipalities(file)
        ready_to_use(chosen)
        with chosen.writing() as connection:
            store_municipalities(connection, found)
    click.echo(f"{len(found)} municipalities.")
