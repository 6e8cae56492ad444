"""The doctor says whether this desk reports, where its token is, and what has not arrived."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.config import Central
from kiosk_agent.doctor.central import check_central
from kiosk_agent.health import Severity
from kiosk_agent.ledger import FILE_NAME, Acknowledged, Ledger
from kiosk_agent.ledger.outbox import MOST_WAITING_DAYS
from kiosk_agent.locale import translator
from kiosk_agent.report.enrolment import FILE_NAME as ENROLMENT
from kiosk_agent.session import entries as en
from tests.report.desks import TOKEN, as_enrolled
from tests.report.loopback import answer, loopback

t = translator("en")
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")


def looked(url: str | None, folder: Path) -> list[tuple[Severity, str]]:
    checks = check_central(Central(url, "direct"), folder, t)
    assert {check.code for check in checks} == {"central"}
    assert TOKEN not in str(checks)
    return [(check.severity, check.detail) for check in checks]


def test_without_central_nothing_is_wrong_and_that_nothing_leaves_is_said(tmp_path: Path) -> None:
    assert looked(None, tmp_path) == [(Severity.GREEN, "No central is configured: nothing leaves this desk.")]


def test_a_desk_that_is_not_enrolled_there_is_amber(tmp_path: Path) -> None:
    said = [(Severity.AMBER, f"This desk is not enrolled at {NOBODY}: nothing is reported.")]
    assert looked(NOBODY, tmp_path) == said
    as_enrolled("https://another.example", tmp_path)
    assert looked(NOBODY, tmp_path) == said


def test_a_damaged_enrolment_and_a_lost_token_are_amber(tmp_path: Path) -> None:
    as_enrolled(NOBODY, tmp_path)
    (tmp_path / "central-test.secret").unlink()
    ((severity, detail),) = looked(NOBODY, tmp_path)
    assert severity is Severity.AMBER
    assert "not in its keystore" in detail
    (tmp_path / ENROLMENT).write_text("{")
    ((severity, detail),) = looked(NOBODY, tmp_path)
    assert severity is Severity.AMBER
    assert "cannot be read" in detail


def test_where_the_token_is_and_that_http_is_open_is_said_plainly(tmp_path: Path) -> None:
    as_enrolled(NOBODY, tmp_path)
    where, openly, reach = looked(NOBODY, tmp_path)
    assert where[0] is Severity.GREEN
    assert "in a file that only this user can read" in where[1]
    assert openly[0] is Severity.AMBER
    assert "not encrypted" in openly[1]
    assert reach[0] is Severity.AMBER
    assert reach[1].startswith("Central cannot be reached: ConnectError")


@pytest.mark.parametrize(("body", "severity"), [(b'{"status":"ok"}', "green"), (b"<html>", "amber")])
async def test_whether_central_answers_is_asked(body: bytes, severity: str, tmp_path: Path) -> None:
    async with loopback(lambda _: answer(200, body)) as network:
        as_enrolled(network.url, tmp_path)
        *_, reach = await asyncio.to_thread(looked, network.url, tmp_path)
    assert reach[0] == severity
    assert network.asked[0].line == "GET /healthz HTTP/1.1"
    assert "authorization" not in network.asked[0].headers


def test_what_waits_was_dropped_or_refused_is_shown(tmp_path: Path) -> None:
    as_enrolled(NOBODY, tmp_path)
    clock = ManualClock()
    ledger = Ledger(tmp_path / FILE_NAME, clock)
    for _ in range(MOST_WAITING_DAYS + 1):
        ledger.append(en.AgentRan(True, "0.1.0"))
        clock.advance(86_400.0)
    ledger.next_report(1)
    ledger.acknowledge(Acknowledged(set_aside={"2026-04-05 visits": "Expected `int` <= 10000000"}))
    ledger.close()
    waiting, dropped, aside = looked(NOBODY, tmp_path)[-3:]
    assert waiting == (Severity.GREEN, f"{MOST_WAITING_DAYS} days waiting")
    assert dropped == (Severity.AMBER, "1 days waited for too long and are not reported any more.")
    assert aside == (
        Severity.AMBER,
        "Central has refused 1 items for good: 2026-04-05 visits: Expected `int` <= 10000000",
    )
