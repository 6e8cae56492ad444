"""The demonstration's own central: it is enrolled at, reported to, and gone in the end."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.clock import SystemClock
from kiosk_agent.config import Central, Config
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.demo import central as demo_central
from kiosk_agent.demo.central import DemoCentralError, open_central, report_all
from kiosk_agent.demo.play import _central
from kiosk_agent.demo.timeline import Timeline
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.locale import translator
from kiosk_agent.session import entries as en
from tests.central.nation import sums


async def visit_recorded(folder: Path) -> None:
    ledger = LedgerWriter(folder, SystemClock())
    await ledger.open()
    await ledger.append(en.VisitStarted("0123456789abcdef"))
    await ledger.close()


async def test_it_gets_the_counts_of_the_desk_and_ends_with_the_demonstration(tmp_path: Path) -> None:
    await visit_recorded(tmp_path)
    async with open_central(tmp_path) as central:
        config = Config(
            path=tmp_path / "agent.toml",
            profile=tmp_path / "portal.toml",
            desk=DeskConfig(data_dir=tmp_path),
            central=Central(url=central.url, proxy="direct"),
        )
        assert await report_all(config, tmp_path, SystemClock()) == ""
        async with httpx.AsyncClient() as client:
            page = await client.get(central.page)
            assert page.status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(central.page)
    database = Database(sqlite_url(tmp_path / "central"))
    [told] = sums(database, "municipality_days").values()
    database.close()
    assert told["visits"] == 1


async def test_what_was_not_reported_is_said(tmp_path: Path) -> None:
    await visit_recorded(tmp_path)
    async with open_central(tmp_path) as central:
        pass
    config = Config(
        path=tmp_path / "agent.toml",
        profile=tmp_path / "portal.toml",
        desk=DeskConfig(data_dir=tmp_path),
        central=Central(url=central.url, proxy="direct"),
    )
    assert await report_all(config, tmp_path, SystemClock()) != ""


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys; sys.exit(69)", "No central is installed here"),
        ("import sys; print('here', file=sys.stderr); sys.exit('disk full')", "disk full"),
    ],
)
async def test_where_there_is_none_it_is_said_and_the_demonstration_goes_on(
    program: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_central, "COMMAND", (sys.executable, "-c", program))
    with pytest.raises(DemoCentralError):
        async with open_central(tmp_path):
            pass
    said: list[str] = []
    timeline = Timeline(translator("en"), lambda _at, words: said.append(words), 0.0)
    async with AsyncExitStack() as stack:
        assert await _central(tmp_path, stack, timeline, translator("en")) is None
    assert told in said[0]
    assert len(asyncio.all_tasks()) == 1  # nothing goes on behind
