"""A real central with its database, and a ledger whose days go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from tests.central.serving import Server


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never the keyring of whoever runs the tests."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(read_url(f"sqlite:///{tmp_path / 'central.sqlite3'}"))
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def new_server(database: Database, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts a process of central's on the one database at each call."""
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server(f"sqlite:///{tmp_path / 'central.sqlite3'}", tmp_path / f"central{len(servers)}.log"))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()
        elif server.process.stdout is not None:  # killed
            server.process.stdout.close()
            server._log.close()


@pytest.fixture
def server(new_server: Callable[[], Server]) -> Server:
    return new_server()
