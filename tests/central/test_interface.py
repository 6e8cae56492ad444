"""The running server against its own /openapi.json: whatever the document allows is taken, and answered as it says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection

from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.openapi import document
from kiosk_agent.wire import v1
from kiosk_agent.wire.counters import COUNTERS
from tests.central.nation import PLACES, DeskOfTests, enrolled
from tests.central.serving import Server, bearer

DESKS = 10
EXAMPLES = 25
interface = schemathesis.openapi.from_dict(document())


def as_written(value: Any) -> Any:
    """A whole number is one, as the document's description says: its schemas cannot."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: as_written(one) for key, one in value.items()}
    return [as_written(one) for one in value] if isinstance(value, list) else value


class Running:
    """A server process, and what its callers need: each call is another desk's, from another address."""

    def __init__(self, folder: Path) -> None:
        database = Database(sqlite_url(folder))
        migrate(database)
        self.desks = [enrolled(database, DeskOfTests(PLACES[0].code)) for _ in range(DESKS)]
        database.close()
        url = str(sqlite_url(folder))
        self.server = Server(url, folder / "log", "--trusted-proxy", "127.0.0.1")
        self._calls = itertools.count()

    def headers(self) -> dict[str, str]:
        number = next(self._calls)
        address = f"10.0.{number // 250}.{number % 250}"
        return {"Authorization": bearer(self.desks[number % DESKS])["Authorization"], "X-Forwarded-For": address}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("interface")
    opened = Running(folder)
    yield opened
    assert opened.server.stop() in (0, -15)
    assert (folder / "log").read_text() == ""  # a failure inside would be told there


def test_what_is_served_is_the_document(running: Running) -> None:
    assert httpx.get(f"{running.server.url}/openapi.json").json() == document()


def test_whoever_has_the_document_alone_knows_what_to_count() -> None:
    schemas = document()["components"]["schemas"]
    told = schemas["DayCounts"]["properties"]["counts"]["description"]
    assert [name for name in HEADLINES if f"`{name}`: " not in told] == []
    assert COUNTERS.keys() == HEADLINES.keys()
    fields = schemas["Report"]["properties"]
    for name, word in {"number": "Grows by one", "disk": "every other one", "dropped_days": "a gap"}.items():
        assert word in str(fields[name]), name
    assert "another ledger" in schemas["Report"]["description"]
    assert all(f"`{code}`" in schemas["ProblemCode"]["description"] for code in v1.ProblemCode)


# Always the same examples: what fails once fails until it is mended.
@interface.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
def test_it_keeps_to_the_document(case: schemathesis.Case, running: Running) -> None:
    case.body = as_written(case.body)
    case.headers.pop("Content-Encoding", None)  # the caller here packs nothing; test_endpoints.py does
    # one wrong token again and again is told to wait, rightly; test_endpoints.py has unknown ones
    excluded = [ignored_auth]
    if case.operation.path in ("/v1/report", "/v1/commands"):  # a wrong item is refused alone, in a 200
        excluded.append(negative_data_rejection)
    case.call_and_validate(base_url=running.server.url, headers=running.headers(), excluded_checks=excluded)
