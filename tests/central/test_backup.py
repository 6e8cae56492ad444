"""A back-up restored into an empty database of either kind gives equal totals, and all else."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command

from kiosk_agent.central.backup.service import BackupError, read_backup, write_backup
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import alembic_config, migrate
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.errors import CentralError
from tests.central.nation import SUMS, DeskOfTests, enrolled, sums
from tests.central.serving import command as run
from tests.support.postgresql import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind to restore into."""
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.new_database()
    database = Database(read_url(url))
    yield database
    database.close()


def everything(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        found = sa.MetaData()
        found.reflect(connection)
        return {
            table.name: sorted(map(str, map(tuple, connection.execute(sa.select(table)).all())))
            for table in found.sorted_tables
        }


def fill(database: Database) -> None:
    for place, visits in (("131016", 5), ("011002", 3)):
        desk = enrolled(database, DeskOfTests(place, disk="d" * 64))
        desk.count("2026-04-01", visits=visits, signal__idle=2)
        desk.count("2026-04-02", visits=1, sign_ins=1)
        (answer,) = take_reports(database, [desk.arrived(desk.report())])
        assert not isinstance(answer, Exception)


def test_an_empty_database_gets_equal_totals_and_goes_on(database: Database, other: Database, tmp_path: Path) -> None:
    fill(database)
    file = tmp_path / "central.backup"
    written = write_backup(database, file)
    assert read_backup(other, file) == written
    migrate(other)
    assert everything(other) == everything(database)
    for table in SUMS:
        assert sums(other, table) == sums(database, table)
    assert sum(len(rows) for name, rows in everything(other).items() if name != "alembic_version") == written > 10
    late = enrolled(other, DeskOfTests("131024"))  # a new row gets a number of its own
    late.count("2026-04-01", visits=7)
    take_reports(other, [late.arrived(late.report())])
    assert sums(other, "nation_days") != sums(database, "nation_days")


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no such modes")
def test_nobody_else_can_read_a_backup(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "central.backup"
    file.touch(0o644)
    write_backup(database, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path).count("central.backup.new") == 0  # noqa: PTH208


def test_a_database_with_tables_is_left_alone(database: Database, tmp_path: Path) -> None:
    fill(database)
    write_backup(database, tmp_path / "central.backup")
    before = everything(database)
    with pytest.raises(BackupError, match="tables already"):
        read_backup(database, tmp_path / "central.backup")
    assert everything(database) == before


def cut(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(lines[:-1]))


def shorter(lines: list[bytes]) -> bytes:
    del lines[2]
    return gzip.compress(b"".join(lines))


def foreign(lines: list[bytes]) -> bytes:
    return gzip.compress(b'{"format":"something else","revision":"0001"}\n')


def other_columns(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(lines).replace(b'"prefecture_code"', b'"prefecture"', 1))


def unknown_revision(lines: list[bytes]) -> bytes:
    head = msgspec.json.decode(lines[0])
    return gzip.compress(msgspec.json.encode({**head, "revision": "9999"}) + b"\n" + b"".join(lines[1:]))


def cut_within(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(lines))[:-20]


def nothing(lines: list[bytes]) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, shorter, foreign, other_columns, unknown_revision, cut_within, nothing])
def test_a_file_that_is_no_whole_backup_restores_nothing(
    empty: Database, tmp_path: Path, damage: Callable[[list[bytes]], bytes]
) -> None:
    source = Database(read_url(f"sqlite:///{tmp_path / 'source.sqlite3'}"))
    migrate(source)
    fill(source)
    file = tmp_path / "central.backup"
    write_backup(source, file)
    source.close()
    file.write_bytes(damage(gzip.decompress(file.read_bytes()).splitlines(keepends=True)))
    with pytest.raises(CentralError):
        read_backup(empty, file)
    with empty.reading() as connection:
        assert sa.inspect(connection).get_table_names() == []


def test_a_backup_of_the_oldest_tables_is_restored_and_brought_up(empty: Database, tmp_path: Path) -> None:
    source = Database(read_url(f"sqlite:///{tmp_path / 'source.sqlite3'}"))
    with source.writing() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql("INSERT INTO nation_days (day, visits, more) VALUES ('2026-04-01', 13, '{}')")
    write_backup(source, tmp_path / "old.backup")
    source.close()
    assert read_backup(empty, tmp_path / "old.backup") == 1
    migrate(empty)
    with empty.reading() as connection:
        columns = "visits, ended_nudge_accepted"
        assert connection.exec_driver_sql(f"SELECT {columns} FROM nation_days").one() == (13, 0)  # noqa: S608


def test_from_the_command_line(url: str, new_url: Callable[[], str], tmp_path: Path) -> None:
    database = Database(read_url(url))
    migrate(database)
    fill(database)
    database.close()
    file, fresh = str(tmp_path / "central.backup"), new_url()
    said = run("backup", file, "--database", url)
    assert (said.returncode, said.stderr) == (0, "")
    restored = run("restore", file, "--database", fresh)
    assert (restored.returncode, restored.stdout) == (0, said.stdout)
    again = run("restore", file, "--database", fresh)
    assert again.returncode == 1
    assert "tables already" in again.stderr
    assert run("backup", str(tmp_path), "--database", url).returncode != 0
