"""Counters that got columns of their own keep their values."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import command

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.migrate import alembic_config, migrate

BEFORE = "0001"


def test_what_stood_among_the_others_moves_into_its_column(empty: Database) -> None:
    keys = {
        "desk_days": ("municipality_code, desk_id, day, epoch, number", "'131016', 1, '2026-04-01', 'e', 1"),
        "municipality_days": ("municipality_code, day", "'131016', '2026-04-01'"),
        "prefecture_days": ("prefecture_code, day", "'13', '2026-04-01'"),
        "nation_days": ("day", "'2026-04-01'"),
    }
    more = {"ended.nudge_accepted": 7, "ended.idle": 4, "ended.found_unfinished": 2}
    with empty.writing() as connection:
        command.upgrade(alembic_config(connection), BEFORE)
        for table, (names, values) in keys.items():
            insert = sa.text(f"INSERT INTO {table} ({names}, visits, more) VALUES ({values}, 13, :more)")  # noqa: S608
            connection.execute(insert, {"more": json.dumps(more)})
        others = {name: value.replace("04-01", "04-02") for name, (_, value) in keys.items()}
        for table, (names, _) in keys.items():
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({others[table]})"))  # noqa: S608
    migrate(empty)
    with empty.reading() as connection:
        for table in keys:
            query = f"SELECT visits, ended_nudge_accepted, ended_found_unfinished, more FROM {table} ORDER BY day"  # noqa: S608
            first, second = connection.execute(sa.text(query)).all()
            assert (first[:3], json.loads(first.more)) == ((13, 7, 2), {"ended.idle": 4})
            assert (second[:3], json.loads(second.more)) == ((0, 0, 0), {})
