"""What all commands of ``kiosk-central`` have in common: the database that they work on."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from kiosk_agent import reasons
from kiosk_agent.central.database.engine import Database, read_url, sqlite_url
from kiosk_agent.central.database.migrate import cannot_be_used, check_tables, migrate
from kiosk_agent.central.language import say
from kiosk_agent.errors import CentralError, DatabaseError, KioskError
from kiosk_agent.text import Text
from kiosk_agent.wire.v1 import LARGEST_NUMBER

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)
NUMBER = click.IntRange(1, LARGEST_NUMBER)  # of a desk, an alert and so on: what every database can look for


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
        help=say("Folder of the SQLite database; otherwise the user's data folder."),
    )
    url = click.option(
        "--database",
        metavar="URL",
        envvar="KIOSK_CENTRAL_DATABASE",
        help=say("Another database: postgresql://USER@HOST/NAME or sqlite:///FILE. Also from KIOSK_CENTRAL_DATABASE."),
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
    except KioskError as error:
        raise click.ClickException(error.shown(say)) from error
    except DBAPIError as error:
        raise click.ClickException(cannot_be_used(error).shown(say)) from error


def ready_to_read(database: Database) -> None:
    """As :func:`ready_to_use`, for commands that only tell what there is.

    An SQLite database that is not there is no empty one: in the wrong folder, nothing would look like good news.
    """
    if database.is_sqlite and not Path(database.url.database or "").exists():
        raise DatabaseError(
            Text("There is no database {file}.", file=database.url.database),
            Text("Say which: --data DIR, or --database URL."),
        )
    ready_to_use(database)


def ready_to_use(database: Database) -> None:
    """SQLite's tables are brought up to date at once; PostgreSQL's only by ``migrate``, which its owner runs."""
    if database.is_sqlite:
        migrate(database)
    else:
        check_tables(database)


def option(name: str, **more: Any) -> Callable[[Command], Command]:
    """An option that may also be a variable: ``--smtp-host`` is ``KIOSK_CENTRAL_SMTP_HOST``."""
    return click.option(name, envvar=f"KIOSK_CENTRAL_{name[2:].replace('-', '_').upper()}", **more)


def hidden(file: Path | None, variable: str, name: str) -> str:
    """What is in no option, where every user of the machine could read it."""
    if file is None:
        return os.environ.get(variable, "")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CentralError(
            Text("{file}: {reason}.", file=file, reason=reasons.of_unreadable(error)),
            Text("Give a file that can be read: {option} FILE.", option=name),
        ) from None
    if not lines or not lines[0].strip():
        raise CentralError(
            Text("{file}: its first line is empty.", file=file),
            Text("Give a file that holds it: {option} FILE.", option=name),
        )
    return lines[0].strip()
