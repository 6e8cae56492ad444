"""The same tables in both databases, made by migrations alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import OperationalError

from kiosk_agent.central.database.engine import (
    STEP,
    Database,
    read_url,
    remembered,
    sqlite_url,
    steps,
)
from kiosk_agent.central.database.migrate import alembic_config, check_tables, migrate
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.central.places.schemas import Municipality
from kiosk_agent.errors import DatabaseError
from tests.support.postgresql import PostgreSQL


def test_migrations_make_the_tables_that_the_program_works_with(database: Database) -> None:
    with database.writing() as connection:
        command.check(alembic_config(connection))  # raises where they differ


def test_two_processes_may_migrate_at_once_and_again(url: str) -> None:
    databases = [Database(read_url(url)) for _ in range(4)]
    failures: list[BaseException] = []

    def work(database: Database) -> None:
        try:
            migrate(database)
            migrate(database)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check_tables(databases[0])
    for database in databases:
        database.close()


def test_tables_of_another_version_are_told(empty: Database) -> None:
    with pytest.raises(DatabaseError, match="kiosk-central migrate"):
        check_tables(empty)
    migrate(empty)
    with empty.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (check_tables, migrate):
        with pytest.raises(DatabaseError, match="9999"):
            look(empty)


def test_what_failed_leaves_nothing(database: Database) -> None:
    statement = sa.text("INSERT INTO municipalities VALUES ('131016', '13', 'a', 'b')")

    def fail() -> None:
        with database.writing() as connection:
            connection.execute(statement)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM municipalities")).scalar() == 0


@pytest.mark.parametrize("text", ["", "nonsense", "mysql://a/b", "sqlite://", "sqlite:///:memory:", "postgresql:"])
def test_an_address_that_cannot_be_used_is_refused(text: str) -> None:
    if text == "postgresql:":
        text = "postgresql:/x"
    with pytest.raises(DatabaseError):
        read_url(text)


def test_a_password_in_the_address_is_never_shown() -> None:
    with pytest.raises(DatabaseError) as caught:
        read_url("mysql://me:hunter22@host/x")
    assert "hunter22" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="--data"):
        sqlite_url(tmp_path / "file" / "data")


def test_every_commit_is_durable_in_sqlite(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    with database.reading() as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    database.close()
    assert modes == ["wal", 2]


def test_what_pages_ask_postgresql_is_planned_for_each_question(postgresql: PostgreSQL) -> None:
    """A plan for all of them together, which prepared statements get in time, may be much worse for one."""
    of_it = "FROM pg_prepared_statements WHERE statement LIKE 'SELECT CAST($1%%'"
    plans = f"SELECT sum(custom_plans), sum(generic_plans) {of_it}"
    database = Database(read_url(postgresql.new_database()))
    asked = sa.text("SELECT CAST(:number AS bigint)")
    for transaction in (database.reading, database.writing):
        with transaction() as connection:
            for number in range(20):
                assert connection.execute(asked, {"number": number}).scalar_one() == number
            custom, generic = connection.exec_driver_sql(plans).one()
        assert custom > 0
        assert generic == 0
    database.close()


def test_a_connection_that_is_lost_while_it_reads_is_told_as_such(postgresql: PostgreSQL) -> None:
    database = Database(read_url(postgresql.new_database()))
    with pytest.raises(OperationalError, match="terminating connection"), database.reading() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    database.close()


def test_what_is_read_within_a_page_is_one_transaction_of_its_thread(database: Database) -> None:
    others: list[object] = []

    def read() -> None:
        with database.reading() as connection:
            others.append(connection)

    with database.reading() as page:
        with database.reading() as part:
            assert part is page
            remembered(part)["place"] = "name"
        with database.reading() as part:
            assert remembered(part) == {"place": "name"}
        other = threading.Thread(target=read)
        other.start()
        other.join()
    assert others != [page]
    with database.reading() as page:
        assert remembered(page) == {}
    with database.writing() as connection:
        remembered(connection)["place"] = "name"
        assert remembered(connection) == {}  # what is changed may be remembered wrongly


def test_a_page_that_fails_leaves_no_transaction_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.reading() as failed:
        raise ZeroDivisionError
    with database.reading() as page:
        assert page is not failed
        page.execute(sa.text("SELECT 1"))


class Asked:
    """Notes how often somebody stood back."""

    def __init__(self, has_small_steps: bool) -> None:
        self.has_small_steps, self.times = has_small_steps, 0

    def __call__(self) -> None:
        self.times += 1


def test_long_transactions_stand_back_between_some_of_their_rows(database: Database) -> None:
    rows = list(range(2 * STEP + 1))
    for has_small_steps in (True, False):
        asked = Asked(has_small_steps)
        sizes = [STEP, STEP, 1] if database.is_sqlite and has_small_steps else [len(rows)]
        with database.writing(stand_back=asked) as connection:
            assert [len(some) for some in steps(connection, rows)] == sizes
            assert asked.times == len(sizes)
            assert list(steps(connection, [])) == []
    with database.writing() as connection:
        assert list(steps(connection, rows)) == [rows]  # nobody asked for it


def test_rows_by_the_hundred_are_all_written(database: Database) -> None:
    places = [Municipality(f"{number:06}", "東京都", f"{number}") for number in range(2 * STEP + 1)]
    with database.writing(stand_back=Asked(True)) as connection:
        store_municipalities(connection, places)
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM municipalities")).scalar_one() == len(places)
