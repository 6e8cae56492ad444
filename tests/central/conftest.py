"""A database of each kind, real and empty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from tests.central.world import World, open_world
from tests.support.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the address of one more empty database at each call."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return server.new_database
    numbers = iter(range(1_000_000))
    return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite3'}"


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    database = Database(read_url(url))
    yield database
    database.close()


@pytest.fixture
def database(empty: Database) -> Database:
    migrate(empty)
    return empty


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened
