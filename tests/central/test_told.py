"""What desks tell beside their counts is kept once, and the telling that knows more of a visit stands."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.wire import v1
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.world import World

DAY = datetime.date(2026, 4, 1)


def visit(number: int, seq: int, **changes: Any) -> v1.VisitFact:
    values: dict[str, Any] = {"day": DAY, "hour": 9, "length_s": 61, "ended": "own_logout", "proof": "unproven"}
    return v1.VisitFact(number=number, seq=seq, signed_in=True, **{**values, **changes})


def rows(database: Database, table: str) -> list[dict[str, Any]]:
    with database.reading() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY desk_id, epoch")).mappings().all()  # noqa: S608
    return [dict(row) for row in found]


def take(database: Database, *arrived: tuple[DeskOfTests, v1.Report]) -> None:
    assert None not in take_reports(database, [desk.arrived(report) for desk, report in arrived])


def test_the_telling_that_knows_more_stands_in_whatever_order_they_come(database: Database) -> None:
    desk, other = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("011002"))
    early = desk.report(visits=[visit(1, 5, operations=["口座の登録"])])
    late = desk.report(visits=[visit(1, 7, proof="revoked", confirmation="confirmed", worker="a" * 32)])
    take(database, (desk, late), (desk, early), (other, other.report(visits=[visit(1, 3)])))
    for report in (early, late, early):
        take(database, (desk, report))
    first, second = rows(database, "visit_facts")
    assert (first["municipality_code"], first["seq"], first["proof"], first["confirmation"]) == (
        *("131016", 7, "revoked", "confirmed"),
    )
    assert (first["worker"], first["operations"], str(first["day"]), first["signed_in"]) == (
        *("a" * 32, "[]", "2026-04-01", 1),
    )
    assert (second["municipality_code"], second["seq"], second["worker"]) == ("011002", 3, None)


def test_an_incident_is_kept_once(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    item = v1.IncidentItem(4, NOW - datetime.timedelta(seconds=5), "shield_lost", "proving")
    report = desk.report(incidents=[item, item])
    take(database, (desk, report), (desk, report))
    take(database, (desk, desk.report(incidents=[msgspec.structs.replace(item, code="residue_left")])))
    (row,) = rows(database, "incidents")
    assert (row["seq"], row["code"], row["detail"], row["municipality_code"]) == (4, "shield_lost", "proving", "131016")
    assert row["at_ms"] == row["received_at_ms"] - 5000


async def test_a_wrong_one_is_refused_alone(world: World) -> None:
    desk = enrolled(world.database, DeskOfTests("131016"))
    good = msgspec.to_builtins(desk.report(visits=[visit(1, 1)], incidents=[v1.IncidentItem(1, NOW, "x")]))
    wrong = [
        {**good["visits"][0], "number": 2, **change}
        for change in ({"worker": "K"}, {"ended": "佐藤"}, {"hour": 24}, {"operations": ["a\nb"]}, {"length_s": -1})
    ]
    good["visits"] += wrong
    good["incidents"].append({**good["incidents"][0], "seq": 2, "detail": "佐藤太郎"})
    got = await world.report(desk, msgspec.json.encode(good))
    refused = [(one["where"], one["index"], one["taken"]) for one in got.json()["items"]]
    assert refused == [*(("visits", index, False) for index in range(1, 6)), ("incidents", 1, False)]
    assert [row["number"] for row in rows(world.database, "visit_facts")] == [1]
    assert [row["seq"] for row in rows(world.database, "incidents")] == [1]
