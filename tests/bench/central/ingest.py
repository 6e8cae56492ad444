"""What the server process spends on reports, and whether the sums are exact after a flood, a kill and a crash."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from kiosk_agent.central.database.engine import Database, read_url
from tests.bench.central.load import HEADLINES, Flood, day_json, report_request
from tests.bench.central.nation import ONE_DAY, Nation, check
from tests.central.serving import Server
from tests.support.postgresql import PostgreSQL

HEARD_OF_S = 150.0  # the server looks once a minute


@dataclass
class Spent:
    """What a run took. ``server_s``: processor seconds of all server processes; ``database_s``: of PostgreSQL."""

    reports: int
    wall_s: float
    server_s: float
    database_s: float
    statuses: dict[int, int]
    meanwhile: Any = None  # what was measured in the same time

    def line(self, what: str) -> str:
        return (
            f"{what:52} {self.reports:7} reports  {self.wall_s:7.1f} s  server {self.server_s:6.2f} processor s"
            f" ({self.reports / self.server_s:6.0f} a processor s)  PostgreSQL {self.database_s:6.2f} s"
            f"  {self.statuses}"
        )


class Central:
    """Server processes on a filled database. ``next_number``: of the desks' reports; ``day``: that they tell next."""

    def __init__(self, url: str, nation: Nation, postgresql: PostgreSQL | None, processes: int = 1) -> None:
        self.url, self.nation, self.postgresql = url, nation, postgresql
        self._folder = Path(tempfile.mkdtemp(prefix="kiosk-bench-"))
        self.servers = [Server(url, self._folder / f"{number}.log") for number in range(processes)]
        self.next_number = 1001
        self.day = nation.last + ONE_DAY

    def close(self) -> None:
        for server in self.servers:
            if server.process.poll() is None:
                server.stop()

    def requests(self, days: int, rounds: int = 1, *, desks: int | None = None, grown: int = 10) -> Iterator[bytes]:
        """A report of ``days`` days from each desk, and that ``rounds`` times with counters that grow."""
        names = [(self.day + ONE_DAY * number).isoformat() for number in range(days)]
        chosen = list(zip(self.nation.tokens, self.nation.epochs, strict=True))[:desks]
        for round_ in range(rounds):
            told = [day_json(name, grown + round_) for name in names]
            for token, epoch in chosen:
                yield report_request(token, epoch, self.next_number, told)
            self.next_number += 1

    def later(self, days: int) -> None:
        """The next report tells other days."""
        self.day += ONE_DAY * days

    def _processor_s(self) -> tuple[float, float]:
        server = sum(
            sum(psutil.Process(one.process.pid).cpu_times()[:2]) for one in self.servers if one.process.poll() is None
        )
        database = 0.0
        if self.postgresql is not None:
            chief = psutil.Process(self.postgresql.pid)
            for one in (chief, *chief.children()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    database += sum(one.cpu_times()[:2])
        return server, database

    def run(
        self,
        requests: Iterator[bytes],
        per_s: float | None = None,
        meanwhile: Callable[[], Any] | None = None,
        *,
        no_longer: bool = False,
    ) -> Spent:
        """Send; ``meanwhile``: what is done in the same time, in a process of its own; ``no_longer`` than that."""
        flood = Flood([server.url for server in self.servers])
        server_s, database_s = self._processor_s()
        begun = time.monotonic()
        told = None
        if meanwhile is not None:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                waiting = pool.apply_async(meanwhile)
                if no_longer:
                    requests = itertools.takewhile(lambda _: not waiting.ready(), requests)
                asyncio.run(flood.send_all(requests, per_s))
                told = waiting.get()
        else:
            asyncio.run(flood.send_all(requests, per_s))
        wall_s = time.monotonic() - begun
        after, database_after = self._processor_s()
        statuses = dict(flood.statuses)
        return Spent(statuses[200], wall_s, after - server_s, database_after - database_s, statuses, told)

    def wait_until_heard_of(self) -> None:
        """Until the server has looked again: at first all desks are silent, and thousands of alerts are taken back."""
        database = Database(read_url(self.url))
        silent = "SELECT count(*) FROM alerts WHERE resolved_at_ms IS NULL AND kind = 'office_silent'"
        end = time.monotonic() + HEARD_OF_S
        while True:
            with database.reading() as connection:
                if not connection.exec_driver_sql(silent).scalar_one():
                    break
            if time.monotonic() > end:
                raise TimeoutError(f"alerts of silent offices stay for {HEARD_OF_S:g} s after all desks were heard of")
            time.sleep(1.0)
        database.close()

    def check_days(self, days: int, grown: int, first: datetime.date, desks: int | None = None) -> None:
        """Each desk's days once, with every counter as it was told last; and all sums theirs."""
        database = Database(read_url(self.url))
        count = desks or len(self.nation.tokens)
        column = HEADLINES[0]
        with database.reading() as connection:
            for number in range(days):
                day = (first + ONE_DAY * number).isoformat()
                row = connection.exec_driver_sql(
                    f"SELECT ledgers, {column} FROM nation_days WHERE day = '{day}'"  # noqa: S608
                ).one()
                assert tuple(row) == (count, count * grown), f"{day}: {tuple(row)}, expected {(count, count * grown)}"
            alarms = connection.exec_driver_sql("SELECT count(*) FROM alarms").scalar_one()
            assert alarms == 0, f"{alarms} alarms of honest desks"
        check(database)
        database.close()
