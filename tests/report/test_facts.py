"""Facts of visits and incidents arrive at a real central, as its policy wants, and hold nothing of anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.policy import service
from kiosk_agent.central.policy.schemas import Level, Place
from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.errors import DeskError
from kiosk_agent.report.pseudonyms import FILE_NAME, KEY_BYTES, pseudonym, read_key
from kiosk_agent.report.uploader import POLICY_EVERY_S
from kiosk_agent.session import entries as en
from kiosk_agent.wire.policy import Settings, read_settings, reports_incidents, reports_visits
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import Server
from tests.ledger.visits import plain_visit
from tests.report.desks import TOKEN, ReportingDesk, reporting_desk


@pytest.fixture
async def desk(server: Server, database: Database, tmp_path: Path) -> AsyncIterator[ReportingDesk]:
    enrolled(database, DeskOfTests("131016", token=TOKEN))
    async with AsyncExitStack() as stack:
        yield await reporting_desk(stack, server.url, tmp_path / "desk", ManualClock(wall=SystemClock().wall()))


def rows(database: Database, table: str) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings()]  # noqa: S608


async def work(desk: ReportingDesk, number: int) -> None:
    for entry in [*plain_visit(number), en.Incident(f"{number:032x}", "residue_left", "佐藤 /home/x")]:
        await desk.writer.append(entry)


async def put(desk: ReportingDesk, database: Database, **values: bool) -> None:
    service.change(database, Place(Level.NATION), read_settings(dict(values)), "who", "why", NOW)
    desk.clock.advance(POLICY_EVERY_S)
    await desk.uploader.round()


async def test_without_a_word_of_central_incidents_are_told_and_visits_are_not(
    desk: ReportingDesk, database: Database
) -> None:
    await work(desk, 1)
    for _ in range(2):
        await desk.uploader.round()
    assert rows(database, "visit_facts") == []
    (incident,) = rows(database, "incidents")
    assert (incident["seq"], incident["code"], incident["detail"]) == (6, "residue_left", "")
    assert not (desk.data_dir / FILE_NAME).exists()


async def test_visits_are_told_from_when_central_wants_them_until_it_does_not(
    desk: ReportingDesk, database: Database
) -> None:
    await work(desk, 1)
    await put(desk, database, report_visits=True, report_incidents=False)
    await desk.uploader.round()
    await work(desk, 2)
    await desk.uploader.round()
    (visit,) = rows(database, "visit_facts")
    assert (visit["number"], visit["ended"], visit["length_s"], visit["confirmation"]) == (
        7,
        "own_logout",
        62,
        "confirmed",
    )
    key = (desk.data_dir / FILE_NAME).read_bytes()
    assert visit["worker"] == pseudonym(key, "worker", " k ")
    assert visit["account"] is None
    assert len(rows(database, "incidents")) == 1
    await put(desk, database, report_visits=False)
    await work(desk, 3)
    await desk.uploader.round()
    assert len(rows(database, "visit_facts")) == 1
    assert len(rows(database, "incidents")) == 2


def test_what_is_not_set() -> None:
    assert not reports_visits(Settings())
    assert reports_incidents(Settings())


def test_a_pseudonym_tells_nothing_without_the_desks_own_key(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    key = read_key(one)
    assert read_key(one) == key
    assert len(key) == KEY_BYTES
    assert (one / FILE_NAME).stat().st_mode & 0o077 == 0
    made = {
        pseudonym(key, "worker", "K"),
        pseudonym(key, "worker", "L"),
        pseudonym(key, "account", "K"),
        pseudonym(read_key(other), "worker", "K"),
    }
    assert len(made) == 4
    assert pseudonym(key, "worker", " ") is None
    (one / FILE_NAME).write_bytes(b"short")
    with pytest.raises(DeskError, match="Remove it"):
        read_key(one)
