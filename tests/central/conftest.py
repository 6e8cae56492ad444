"""A database of each kind, real and empty; a real OpenID provider."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from installer.thirdparty import installed_oidc
from kiosk_agent.central.database.engine import Database, read_url, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from tests.central.oidc_office import Office, opened
from tests.central.provider_of_tests import RealProvider
from tests.central.world import World, open_world
from tests.support.postgresql import PostgreSQL

ROOT = Path(__file__).resolve().parent.parent.parent


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
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = Database(sqlite_url(tmp_path))
    migrate(database)
    yield database
    database.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    folder = installed_oidc(ROOT)
    if folder is None:
        pytest.skip("oidc-provider is not installed; `python3 installer/bootstrap.py test` does it")
    real = RealProvider(folder, tmp_path_factory.mktemp("provider") / "errors.txt")
    yield real
    real.stop()


@pytest.fixture
def real(started: RealProvider) -> Iterator[RealProvider]:
    """As it is by itself; a test may change it."""
    yield started
    started.behave()


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its tables, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    database = Database(sqlite_url(folder))
    migrate(database)
    database.close()
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_once, tmp_path / "central"))


@pytest.fixture
async def office(real: RealProvider, folder: Path) -> AsyncIterator[Office]:
    async with opened(folder, real) as office:
        yield office
