"""Counters that got columns of their own keep their values, and offices get sums of what was told before."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import command

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.migrate import alembic_config, migrate
from tests.central.nation import sums

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


BEFORE_OFFICES = "0013"
WITHOUT_SUMS_OF_OFFICES = """
INSERT INTO municipalities (code, prefecture_code, prefecture, name) VALUES ('131016', '13', '東京都', '千代田区');
INSERT INTO offices (id, municipality_code, name) VALUES (1, '131016', '市民課'), (2, '131016', '出張所');
INSERT INTO desks (id, municipality_code, office_id, name, token_hash, enrolled_at_ms, agent_version)
 VALUES (1, '131016', 1, 'a', 'a', 0, ''), (2, '131016', 1, 'b', 'b', 0, ''), (3, '131016', 2, 'c', 'c', 0, '');
INSERT INTO desk_days (municipality_code, desk_id, day, epoch, number, visits, proof_half, more) VALUES
 ('131016', 1, '2026-04-01', 'e', 1, 3, 1, '{"warnings.idle":2,"signal.idle":5}'),
 ('131016', 1, '2026-04-01', 'f', 1, 1, 0, '{"warnings.idle":1}'),
 ('131016', 2, '2026-04-01', 'g', 1, 7, 0, '{"warnings.idle":4}'),
 ('131016', 2, '2026-04-02', 'g', 1, 2, 0, '{}'),
 ('131016', 3, '2026-04-01', 'h', 1, 8, 0, '{"signal.idle":6}')
"""


def test_offices_get_the_sums_of_what_their_desks_told(empty: Database) -> None:
    with empty.writing() as connection:
        command.upgrade(alembic_config(connection), BEFORE_OFFICES)
        for statement in WITHOUT_SUMS_OF_OFFICES.split(";"):
            connection.exec_driver_sql(statement)
    migrate(empty)
    assert sums(empty, "office_days") == {
        ("131016", "市民課", "2026-04-01"): {
            "ledgers": 3,
            "visits": 11,
            "proof.half": 1,
            "warnings.idle": 7,
            "signal.idle": 5,
        },
        ("131016", "市民課", "2026-04-02"): {"ledgers": 1, "visits": 2},
        ("131016", "出張所", "2026-04-01"): {"ledgers": 1, "visits": 8, "signal.idle": 6},
    }
