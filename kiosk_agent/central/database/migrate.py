"""Bringing the tables of a database up to what this version of the program needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.database.engine import Database
from kiosk_agent.errors import DatabaseError
from kiosk_agent.text import Text

FOLDER = Path(__file__).parent / "migrations"
# How SQLite and PostgreSQL say it in English: neither gives a code for all of these.
REASONS = {
    ("connection refused", "Connection refused", "could not connect", "No such file or directory"): Text(
        "no server answers there"
    ),
    ("timeout expired", "Connection timed out"): Text("no answer in time"),
    ("could not translate host name", "failed to resolve host", "Name or service not known"): Text(
        "the name of its server is not known"
    ),
    ("password authentication failed", "no password supplied"): Text("it does not take this user and password"),
    ("permission denied",): Text("this user may not do that there"),
    ("database is locked",): Text("another program is writing to it"),
    ("file is not a database", "malformed"): Text("the file is damaged, or no database of SQLite"),
    ("unable to open database file",): Text("the file cannot be opened"),
    ("readonly database",): Text("it cannot be written to"),
    ("disk is full",): Text("the disk is full"),
}
LOCK = 0x6B696F736B  # "kiosk": the number under which processes that migrate wait for each other


def migrate(database: Database) -> None:
    """Make or change the tables. Two processes may do it at once. Raises DatabaseError."""
    try:
        with database.writing() as connection:
            if not database.is_sqlite:  # whose transaction has locked the file already
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            _check_not_newer(connection)
            command.upgrade(alembic_config(connection), "head")
    except DBAPIError as error:
        raise cannot_be_used(error) from error


def check_tables(database: Database) -> None:
    """Raises DatabaseError where the database cannot be reached, or its tables are another version's."""
    try:
        with database.reading() as connection:
            _check_not_newer(connection)
            found = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        raise cannot_be_used(error) from error
    if found != _scripts().get_current_head():
        raise DatabaseError(
            Text("The database has no tables yet, or those of an older version."), Text("Run: kiosk-central migrate")
        )


def cannot_be_used(error: DBAPIError) -> DatabaseError:
    """What the driver says, without the statement and its values."""
    return DatabaseError(
        Text("The database cannot be used: {reason}.", reason=_reason(error)), Text("Check --database.")
    )


def _reason(error: DBAPIError) -> str | Text:
    """Of the usual ones a text; else the driver's own words."""
    said = str(error.orig).strip()
    return next((text for marks, text in REASONS.items() if any(mark in said for mark in marks)), said)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for ``connection``; there is no file of them."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def known_revisions() -> set[str]:
    """All versions of the tables that this program can make."""
    return {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def _check_not_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known_revisions():
        raise DatabaseError(
            Text("The database's tables are of version {found}, which this program does not know.", found=found),
            Text("Use the program that made them, or a later one."),
        )
