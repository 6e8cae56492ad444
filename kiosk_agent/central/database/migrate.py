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

FOLDER = Path(__file__).parent / "migrations"
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
            "The database has no tables yet, or those of an older version.", "Run: kiosk-central migrate"
        )


def cannot_be_used(error: DBAPIError) -> DatabaseError:
    """What the driver says, without the statement and its values."""
    return DatabaseError(f"The database cannot be used: {str(error.orig).strip()}.", "Check --database.")


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
            f"The database's tables are of version {found}, which this program does not know.",
            "Use the program that made them, or a later one.",
        )
