"""The agent's side against a real central: enrolled by its command, nothing lost, nothing double."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import enrol, make_code
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.health import Severity
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.report import enrolment
from kiosk_agent.report.client import DIRECT, Client, make_context
from kiosk_agent.session import entries as en
from kiosk_agent.wire import v1
from tests.central.nation import PLACES, alarms, sums
from tests.central.serving import Server
from tests.report.desks import ReportingDesk, reporting_desk

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    """Ninety days and more before today, so that no day lies in central's future."""
    return ManualClock(wall=SystemClock().wall() - datetime.timedelta(days=100))


@pytest.fixture
def code(database: Database) -> str:
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
    return make_code(database, "131016", "市民課", SystemClock().wall(), HOUR, new_office=True)


def agent(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, with no keyring within reach and no proxy on the way."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "LANGUAGE": "en", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "kiosk_agent", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environment,
    )


def enroll(url: str, code: str, data_dir: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return agent("enroll", "--central", url, "--code", code, "--data-dir", str(data_dir), *more)


async def enrolled_desk(
    stack: AsyncExitStack, server: Server, code: str, data_dir: Path, clock: ManualClock
) -> ReportingDesk:
    answer = await asyncio.to_thread(enroll, server.url, code, data_dir)
    assert answer.returncode == 0, answer.stderr
    return await reporting_desk(stack, server.url, data_dir, clock, enrolled=False)


def at_central(database: Database) -> dict[str, dict[str, int]]:
    """What central has for the one municipality, by day, without the number of ledgers."""
    days = sums(database, "municipality_days")
    return {key[-1]: {name: value for name, value in one.items() if name != "ledgers"} for key, one in days.items()}


def in_the_ledger(data_dir: Path) -> dict[str, dict[str, int]]:
    reader = LedgerReader(data_dir / FILE_NAME)
    try:
        return reader.counts()
    finally:
        reader.close()


def test_enrolling_keeps_the_token_for_this_user_alone_and_says_so(server: Server, code: str, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    answer = enroll(server.url, code.lower().replace("-", " "), folder, "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["office"], told["municipality_code"], told["kept_in"]) == ("市民課", "131016", "file")
    read = enrolment.read_enrolment(folder)
    assert read is not None
    token = enrolment.read_token(folder, read)
    assert len(token) == 43
    assert token not in answer.stdout + answer.stderr + (folder / enrolment.FILE_NAME).read_text()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert not (folder / enrolment.PENDING_NAME).exists()


def test_a_code_is_used_once_and_a_wrong_one_not_at_all(server: Server, code: str, tmp_path: Path) -> None:
    assert enroll(server.url, code, tmp_path / "one").returncode == 0
    for other, word in ((code, "code_used"), ("ABCD-EFGH-JKMN", "code_unknown"), ("short", "no code")):
        answer = enroll(server.url, other, tmp_path / "two")
        assert answer.returncode == 1
        assert word in answer.stderr
    elsewhere = enroll(f"{server.url}/login", code, tmp_path / "two")
    assert (elsewhere.returncode, "without a path" in elsewhere.stderr, "new code" in elsewhere.stderr) == (
        1,
        True,
        False,
    )
    assert not (tmp_path / "two" / enrolment.FILE_NAME).exists()


def test_an_enrolment_whose_answer_was_lost_is_done_again_with_the_same_token(
    new_server: Callable[[], Server], code: str, tmp_path: Path, database: Database
) -> None:
    """Central is gone before it is asked; then the code is used, and the answer is lost; then all is well."""
    folder, server = tmp_path / "desk", new_server()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    assert "cannot be reached" in enroll(server.url, code, folder).stderr
    pending = msgspec.json.decode((folder / enrolment.PENDING_NAME).read_bytes(), type=enrolment.Pending)
    token = (folder / f"{pending.secret}.secret").read_text()
    used = enrol(database, v1.EnrolRequest(code, token, "0.1.0"), SystemClock().wall())
    other = new_server()
    with_other_port = msgspec.structs.replace(pending, url=other.url)  # the second process has a port of its own
    assert str(port) in pending.url
    (folder / enrolment.PENDING_NAME).write_bytes(msgspec.json.encode(with_other_port))
    answer = enroll(other.url, code, folder, "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["desk_id"] == used.desk_id


async def test_what_the_ledger_counts_is_what_central_has(
    stack: AsyncExitStack, server: Server, code: str, tmp_path: Path, clock: ManualClock, database: Database
) -> None:
    desk = await enrolled_desk(stack, server, code, tmp_path / "desk", clock)
    await desk.work(3)
    desk.health.fail("printing", Severity.AMBER, "a test")
    await desk.uploader.round()
    clock.advance(-86_400.0)
    await desk.writer.append(en.AgentRan(False, "0.1.0"))
    await desk.uploader.round()
    await desk.uploader.round()
    assert await desk.waiting() == 0
    assert at_central(database) == in_the_ledger(desk.data_dir)
    with database.reading() as connection:
        row = connection.execute(sa.text("SELECT * FROM desks")).mappings().one()
    assert (row["number"], json.loads(row["health"])[0]["code"]) == (3, "printing")
    assert alarms(database) == []


async def test_ninety_days_offline_arrive_once_also_when_central_dies_in_the_middle(
    stack: AsyncExitStack,
    new_server: Callable[[], Server],
    code: str,
    tmp_path: Path,
    clock: ManualClock,
    database: Database,
) -> None:
    server = new_server()
    desk = await enrolled_desk(stack, server, code, tmp_path / "desk", clock)
    await desk.work(90)
    await desk.uploader.round()
    assert await desk.waiting() == 59
    server.kill()
    await desk.uploader.round()
    assert await desk.waiting() == 59, "kept"
    again = new_server()
    desk.uploader._connect = lambda: Client(again.url, DIRECT, make_context(None))  # on another port
    for _ in range(2):
        assert await desk.uploader.round() < 100
    assert await desk.waiting() == 0
    assert len(at_central(database)) == 90
    assert at_central(database) == in_the_ledger(desk.data_dir)
    assert {one["ledgers"] for one in sums(database, "nation_days").values()} == {1}
    assert alarms(database) == []


async def test_a_report_that_was_taken_though_its_answer_was_lost_changes_nothing_when_it_comes_again(
    stack: AsyncExitStack, server: Server, code: str, tmp_path: Path, clock: ManualClock, database: Database
) -> None:
    desk = await enrolled_desk(stack, server, code, tmp_path / "desk", clock)
    await desk.work(5)
    acknowledge = desk.writer.acknowledge

    async def power_loss(_taken: object) -> None:
        raise RuntimeError("the PC is off before the acknowledgement is on its disk")

    desk.writer.acknowledge = power_loss  # type: ignore[method-assign]
    await desk.uploader.round()
    assert (await desk.waiting(), desk.codes) == (5, {"central_report_broken"})
    desk.writer.acknowledge = acknowledge  # type: ignore[method-assign]
    await desk.uploader.round()
    assert (await desk.waiting(), desk.codes) == (0, set())
    assert at_central(database) == in_the_ledger(desk.data_dir)
    assert alarms(database) == []


@pytest.mark.parametrize("hours", [-9, 9])
async def test_a_clock_that_is_hours_wrong_loses_nothing(
    hours: int, stack: AsyncExitStack, server: Server, code: str, tmp_path: Path, database: Database
) -> None:
    clock = ManualClock(wall=SystemClock().wall() + datetime.timedelta(hours=hours))
    desk = await enrolled_desk(stack, server, code, tmp_path / "desk", clock)
    await desk.writer.append(en.AgentRan(True, "0.1.0"))
    await desk.uploader.round()
    assert await desk.waiting() == 0
    assert at_central(database) == in_the_ledger(desk.data_dir)


async def test_a_desk_that_is_enrolled_while_the_agent_runs_begins_to_report(
    stack: AsyncExitStack, server: Server, code: str, tmp_path: Path, clock: ManualClock, database: Database
) -> None:
    desk = await reporting_desk(stack, server.url, tmp_path / "desk", clock, enrolled=False)
    await desk.work()
    await desk.uploader.round()
    assert (desk.codes, await desk.waiting()) == ({"central_not_enrolled"}, 1)
    answer = await asyncio.to_thread(enroll, server.url, code, desk.data_dir)
    assert answer.returncode == 0, answer.stderr
    await desk.uploader.round()
    assert (desk.codes, await desk.waiting()) == (set(), 0)
    assert at_central(database) == in_the_ledger(desk.data_dir)


async def test_the_uploader_runs_beside_the_agent_until_it_is_cancelled(
    stack: AsyncExitStack, server: Server, code: str, tmp_path: Path, clock: ManualClock, database: Database
) -> None:
    desk = await enrolled_desk(stack, server, code, tmp_path / "desk", clock)
    await desk.work(40)
    waits: list[float] = []
    settled = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            settled.set()
            await asyncio.Event().wait()

    desk.uploader._sleep = sleep
    running = asyncio.create_task(desk.uploader.run())
    await settled.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert waits == [30, 1.25, 60], "its own second of the first minute, the backlog at once, then once a minute"
    assert at_central(database) == in_the_ledger(desk.data_dir)


def test_a_code_file_that_is_none_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "endless"
    os.mkfifo(file)
    kept_open = os.open(file, os.O_RDWR)  # so that its end never comes
    try:
        os.write(kept_open, b"A" * 20_000)
        answer = agent("enroll", "--central", "http://127.0.0.1:1", "--code-file", str(file))
    finally:
        os.close(kept_open)
    assert answer.returncode == 1
    assert "This is no code." in answer.stderr


def test_nothing_listens_where_central_should_be(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    answer = enroll(url, "ABCD-EFGH-JKMN", tmp_path)
    assert answer.returncode == 1
    assert "Try again with the same code" in answer.stderr
