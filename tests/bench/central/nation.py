"""A nation in the database within a minute: rows are made by the database itself, sums from the rows.

Going through the ingest, a year of 20,000 desks would take the better part of an hour. What is written here is checked
in the end: each level's sums must equal those of the level below.
"""

from __future__ import annotations

import datetime
import hashlib
import random
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.dashboard.silence import USUAL_HOURS, opening
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.tables import HEADLINES, settled_months
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.months.repository import MONTHS_OF
from kiosk_agent.central.months.service import settle
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.central.simulate import places, repository
from kiosk_agent.central.simulate.schemas import Assumptions
from kiosk_agent.central.simulate.service import _desks
from kiosk_agent.central.times import to_ms
from tests.central.months import check_months

ONE_DAY = datetime.timedelta(days=1)
YEAR = ONE_DAY * 364  # whole weeks: another year's rows fall on the same days of the week
COLUMNS = list(HEADLINES.values())

# The counters of a day: h is a number without a pattern. Whole numbers divide alike in both databases.
VISITS = "(6 + h % 13)"
SIGN_INS = "(6 + h % 13 - h % 3)"
COUNTS = {
    "visits": VISITS,
    "sign_ins": SIGN_INS,
    "outcomes": VISITS,
    "ended_own_logout": f"({SIGN_INS} - 2)",
    "ended_worker_ended": "(1 + h % 3)",
    "proof_revoked": f"({SIGN_INS} - 3)",
    "proof_cleared": "2",
    "proof_unproven": "1",
    "proof_not_needed": "(h % 3)",
    "revised_cleared": "(h % 2)",
    "confirmations": f"({VISITS} - h % 2)",
}
MORE = ("agent_starts", "agent_stops", "signal.card_removed", "signal.idle", "warnings.idle")  # one of each a day


@dataclass(frozen=True)
class Nation:
    """What was written. ``tokens``: of the desks, in the order of ``epochs``.

    That is nobody's order: what a desk tells must not lie beside what the one before it told.
    """

    tokens: list[str]
    epochs: list[str]
    first: datetime.date
    last: datetime.date


def token_of(number: int) -> str:
    return f"bench-{number:037d}"


def epoch_of(number: int) -> str:
    return hashlib.md5(f"bench {number}".encode(), usedforsecurity=False).hexdigest()


def fill(database: Database, municipalities: int, desks: int, days: int, last: datetime.date) -> Nation:
    """``days`` up to ``last``, of which only working days have rows. The tables must be there, and empty."""
    assumed = Assumptions(municipalities, desks)
    with database.writing() as connection:
        store_municipalities(connection, places.invented(municipalities))
        people = _desks(repository.municipality_codes(connection), assumed)
        rows = [
            (desk.municipality_code, desk.office, desk.name, hash_of(token_of(number)))
            for number, desk in enumerate(people)
        ]
        at = datetime.datetime.combine(last, datetime.time(12), tzinfo=datetime.UTC)
        repository.add_desks(connection, rows, to_ms(at - ONE_DAY * days), "0.1.0")
    working = [day for back in reversed(range(days)) if opening(day := last - ONE_DAY * back, USUAL_HOURS)]
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size = -2000000")
        else:
            connection.exec_driver_sql("SET work_mem = '256MB'")
            connection.exec_driver_sql("SET maintenance_work_mem = '1GB'")
            connection.exec_driver_sql("ALTER TABLE desk_days DROP CONSTRAINT desk_days_pkey")
        connection.exec_driver_sql("CREATE TEMPORARY TABLE bench_days (n bigint, day date)")
        connection.exec_driver_sql("CREATE TEMPORARY TABLE bench_epochs (desk_id bigint PRIMARY KEY, epoch text)")
        first_id = connection.execute(sa.text("SELECT min(id) FROM desks")).scalar_one()
        connection.execute(
            sa.text("INSERT INTO bench_days VALUES (:n, :day)"),
            [{"n": n, "day": day.isoformat()} for n, day in enumerate(working)],
        )
        connection.execute(
            sa.text("INSERT INTO bench_epochs VALUES (:id, :epoch)"),
            [{"id": first_id + number, "epoch": epoch_of(number)} for number in range(desks)],
        )
        _fill_days(connection)
        if not database.is_sqlite:
            connection.exec_driver_sql("ALTER TABLE desk_days ADD PRIMARY KEY (municipality_code, desk_id, day, epoch)")
        _fill_sums(connection)
        _fill_ledgers(connection, to_ms(at))
        connection.exec_driver_sql("DROP TABLE bench_days")
        connection.exec_driver_sql("DROP TABLE bench_epochs")
    settle(database, last)
    tidy(database)
    shuffled = random.Random(20260331).sample(range(desks), desks)
    return Nation(
        [token_of(number) for number in shuffled], [epoch_of(number) for number in shuffled], working[0], last
    )


def _fill_days(connection: Connection) -> None:
    more = "{" + ",".join(f'"{name}":1' for name in MORE) + "}"
    statement = (
        f"INSERT INTO desk_days (municipality_code, desk_id, day, epoch, number, {', '.join(COUNTS)}, more)"  # noqa: S608
        f" SELECT municipality_code, id, day, epoch, n + 1, {', '.join(COUNTS.values())}, '{more}' FROM"
        " (SELECT d.municipality_code, d.id, b.day, b.n, e.epoch, (d.id * 7919 + b.n * 104729) % 9973 AS h"
        "  FROM bench_days AS b CROSS JOIN desks AS d JOIN bench_epochs AS e ON e.desk_id = d.id) AS made"
        " ORDER BY n, id"
    )
    if connection.dialect.name != "sqlite":
        statement = statement.replace("%", "%%")  # a single one is a parameter's to its driver
    connection.exec_driver_sql(statement)


def _fill_sums(connection: Connection) -> None:
    """Day by day, as they come: rows of one municipality do not lie side by side."""
    sums = ", ".join(f"sum({name})" for name in COLUMNS)
    more = " || ".join([f"""'{"{" if n == 0 else ","}"{name}":' || count(*)""" for n, name in enumerate(MORE)])
    desks = "desk_days JOIN (SELECT id, office_id FROM desks) AS desks ON desks.id = desk_id"
    for table, scope, rows in (
        ("office_days", "municipality_code, office_id, ", desks),
        ("municipality_days", "municipality_code, ", "desk_days"),
    ):
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({scope}day, ledgers, {', '.join(COLUMNS)}, more)"  # noqa: S608
            f" SELECT {scope}day, count(*), {sums}, {more} || '}}' FROM {rows}"
            f" GROUP BY {scope}day ORDER BY day, municipality_code"
        )
    for table, scope, key in (
        ("prefecture_days", "prefecture_code, ", "substr(municipality_code, 1, 2), "),
        ("nation_days", "", ""),
    ):
        more = " || ".join([f"""'{"{" if n == 0 else ","}"{name}":' || sum(ledgers)""" for n, name in enumerate(MORE)])
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({scope}day, ledgers, {', '.join(COLUMNS)}, more)"  # noqa: S608
            f" SELECT {key}day, sum(ledgers), {sums}, {more} || '}}'"
            f" FROM municipality_days GROUP BY {key}day ORDER BY day"
        )


def _fill_ledgers(connection: Connection, at_ms: int) -> None:
    digest = "0" * 64
    connection.exec_driver_sql(
        "INSERT INTO ledgers (epoch, desk_id, first_at_ms, entries, digest, number, number_entries, number_digest)"  # noqa: S608
        f" SELECT epoch, desk_id, {at_ms}, 1, '{digest}', 1000, 1, '{digest}' FROM bench_epochs"
    )
    connection.exec_driver_sql(
        f"UPDATE desks SET reported_at_ms = {at_ms}, number = 1000,"  # noqa: S608
        " epoch = (SELECT epoch FROM bench_epochs WHERE desk_id = desks.id)"
    )


def add_years(database: Database, years: int, last: datetime.date) -> None:
    """As many years before the first one, in the sums alone: what pages of many desks read.

    Its months are settled anew.
    """
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size = -2000000")
        scopes = {
            "office_days": "municipality_code, office_id, ",
            "municipality_days": "municipality_code, ",
            "prefecture_days": "prefecture_code, ",
            "nation_days": "",
        }
        for table, scope in scopes.items():
            names = f"ledgers, {', '.join(COLUMNS)}, more"
            for year in range(years, 0, -1):
                back = YEAR.days * year
                day = f"date(day, '-{back} days')" if database.is_sqlite else f"day - {back}"
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({scope}day, {names}) SELECT {scope}{day}, {names} FROM {table}"  # noqa: S608
                    # the last day would fall on the first one of the year before
                    f" WHERE day > '{(last - YEAR).isoformat()}' AND day < '{last.isoformat()}' ORDER BY day"
                )
        for months in (*MONTHS_OF.values(), settled_months):
            connection.execute(sa.delete(months))
    settle(database, last)
    tidy(database)


def tidy(database: Database) -> None:
    """What the database would do by itself within minutes."""
    engine = database._engine
    if database.is_sqlite:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def check(database: Database, *, desks: bool = True) -> None:
    """Every level's sums are those of the level below; ``desks``: and those of the desks."""
    sums = ", ".join(f"sum({name})" for name in COLUMNS)
    # each level, and the one above it
    levels = [
        ("desk_days", "municipality_code", "count(*)"),
        ("office_days", "municipality_code", "sum(ledgers)"),
        ("office_days", "municipality_code", "sum(ledgers)"),
        ("municipality_days", "municipality_code", "sum(ledgers)"),
        ("municipality_days", "substr(municipality_code, 1, 2)", "sum(ledgers)"),
        ("prefecture_days", "prefecture_code", "sum(ledgers)"),
        ("prefecture_days", "''", "sum(ledgers)"),
        ("nation_days", "''", "sum(ledgers)"),
    ]
    with database.reading() as connection:
        for (lower, lower_key, lower_rows), (upper, upper_key, upper_rows) in zip(
            levels[::2], levels[1::2], strict=True
        ):
            if lower == "desk_days" and not desks:
                continue
            found = [
                {
                    (row[0], str(row[1])): tuple(int(value) for value in row[2:])
                    for row in connection.exec_driver_sql(
                        f"SELECT {key}, day, {rows}, {sums} FROM {table} GROUP BY 1, 2"  # noqa: S608
                    )
                }
                for table, key, rows in ((lower, lower_key, lower_rows), (upper, upper_key, upper_rows))
            ]
            assert found[0] == found[1], f"the sums of {upper} are not those of {lower}"
    check_months(database)
