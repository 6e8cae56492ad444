"""The benchmark still measures what there is: its nation is whole, and its pages can be asked for. No times."""

from __future__ import annotations

import datetime

import pytest

from kiosk_agent.central.database.engine import Database
from tests.bench.central import nation, pages, web

LAST = datetime.date(2026, 3, 31)


def test_the_nation_of_the_benchmark_adds_up_and_its_pages_answer(database: Database) -> None:
    written = nation.fill(database, municipalities=3, desks=7, days=100, last=LAST)
    nation.check(database)
    nation.add_years(database, 1, LAST)
    nation.check(database, desks=False)
    assert len(written.tokens) == 7
    for page in pages.asked(database, LAST).values():
        page()
    assert len(web.paths(database, LAST)) == 10


def test_a_month_that_is_wrong_is_noticed(database: Database) -> None:
    nation.fill(database, municipalities=3, desks=7, days=100, last=LAST)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE office_months SET visits = visits + 1")
    with pytest.raises(AssertionError, match="office_months are not those of office_days"):
        nation.check(database)


def test_a_sum_that_is_wrong_is_noticed(database: Database) -> None:
    nation.fill(database, municipalities=3, desks=7, days=100, last=LAST)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE nation_days SET visits = visits + 1")
    with pytest.raises(AssertionError, match="nation_days are not those of prefecture_days"):
        nation.check(database)
