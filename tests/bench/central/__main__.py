"""``python -m tests.bench.central [--database sqlite,postgresql] [--only pages,ingest,morning,crash] [--runs 60]``.

A simulated nation (1,741 municipalities, 20,000 desks, a year of days) is written into an empty database in a minute or
two; PostgreSQL is a server of the bench's own, with fsync on. Nothing else should run on the machine. For the pages it
ends yesterday, for what desks report that many days ago that all of them can be told. ``--years 10`` adds the sums of
nine more years before the pages are asked for. A smaller nation: ``--desks``, ``--municipalities``.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from tests.bench.central import nation, pages, web
from tests.bench.central.ingest import Central
from tests.bench.central.nation import ONE_DAY
from tests.bench.figures import HEADER, Figure, Goal
from tests.support.postgresql import PostgreSQL

POSTGRESQL = {"fsync": "on", "shared_buffers": "1GB", "max_wal_size": "4GB"}


def say(text: str) -> None:
    print(text, flush=True)


def today() -> datetime.date:
    return datetime.datetime.now(JAPAN).date()


def show(timed: pages.Timed, when: str) -> None:
    say(f"what pages ask, {when}\n{HEADER}")
    for name, (whole, database) in timed.items():
        say(Figure(name, "ms", tuple(whole), Goal(25)).line())
        say(Figure("  of that, the database", "ms", tuple(database), Goal(10)).line())


def show_whole(timed: web.Timed, when: str) -> None:
    say(f"whole pages over HTTP, {when}\n{HEADER}")
    for name, whole in timed.items():
        say(Figure(name, "ms", tuple(whole), Goal(25)).line())


def measure_pages(central: Central, runs: int, years: int) -> None:
    web.add_reader(central.url)
    _pages(central, runs, "")
    if years > 1:
        database = Database(read_url(central.url))
        nation.add_years(database, years - 1, central.nation.last)
        nation.check(database, desks=False)
        database.close()
        _pages(central, runs, f" with {years} years of sums")


def _pages(central: Central, runs: int, when: str) -> None:
    last = central.nation.last
    asks = functools.partial(pages.measure, central.url, runs, last)
    gets = functools.partial(web.measure, central.url, central.servers[0].url, runs, last)
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # each in a process of its own, as below
        show(pool.apply(asks), f"nothing else going on{when}")
        show_whole(pool.apply(gets), f"nothing else going on{when}")
    show(_while_desks_report(central, asks), f"while every desk reports once a minute{when}")
    show_whole(_while_desks_report(central, gets), f"while every desk reports once a minute{when}")


def _while_desks_report(central: Central, meanwhile: Callable[[], Any]) -> Any:
    """Once a minute each, from before the first page until after the last one."""
    per_s = len(central.nation.tokens) / 60
    # counters that have grown since the last time, as the numbers of reports have
    requests = central.requests(1, rounds=100, grown=central.next_number)
    spent = central.run(requests, per_s, meanwhile, no_longer=True)
    say(spent.line("reports meanwhile"))
    return spent.meanwhile


def measure_ingest(central: Central, _runs: int, _years: int) -> None:
    desks = len(central.nation.tokens)
    first = central.day
    central.run(central.requests(1, desks=desks // 10))
    spent = central.run(central.requests(1, 2, grown=11))
    say(spent.line("reports of one day, as fast as they are taken"))
    central.check_days(1, 12, first)
    central.wait_until_heard_of()
    seconds = 60 if desks >= 1000 else 3  # a minute has one look for alerts in it
    count = min(desks, desks * seconds // 60)
    told_before, central.day = central.day, today()  # which alerts look at
    central.run(central.requests(1, grown=1))
    spent = central.run(central.requests(1, desks=count, grown=2), per_s=desks / 60)
    say(spent.line("every desk once a minute") + f"  {100 * spent.server_s / spent.wall_s:.1f} % of one core")
    central.day = told_before + ONE_DAY


def measure_morning(central: Central, _runs: int, _years: int) -> None:
    web.add_reader(central.url)
    for days in (5, 30):
        first = central.day
        gets = functools.partial(web.measure, central.url, central.servers[0].url, 5, central.nation.last)
        spent = central.run(central.requests(days), meanwhile=gets)
        say(spent.line(f"all desks at once, each with {days} days"))
        show_whole(spent.meanwhile, "meanwhile")
        central.check_days(days, 10, first)
        central.later(days)


def measure_crash(central: Central, _runs: int, _years: int) -> None:
    """Two server processes; one is killed, then PostgreSQL is, while desks send."""
    desks = len(central.nation.tokens)
    first = central.day
    two = Central(central.url, central.nation, central.postgresql, processes=2)
    two.next_number, two.day = central.next_number, central.day

    def strike() -> None:
        time.sleep(3)
        two.servers[0].kill()
        if two.postgresql is not None:
            time.sleep(1)
            two.postgresql.stop()
            two.postgresql.start()

    striking = threading.Thread(target=strike)
    with closing(two):  # also where the totals are not exact: servers end with it
        striking.start()
        spent = two.run(two.requests(5))
        striking.join()
        say(f"two processes, one killed, PostgreSQL crashed: {desks} reports in {spent.wall_s:.1f} s, {spent.statuses}")
        two.check_days(5, 10, first)
        say("totals exact")
    central.next_number = two.next_number
    central.later(5)


Part = Callable[[Central, int, int], None]
REPORTS: dict[str, Part] = {"ingest": measure_ingest, "morning": measure_morning, "crash": measure_crash}
PAGES: dict[str, Part] = {"pages": measure_pages}
TOLD_DAYS = 45  # that reports tell in all


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--only", default=",".join(REPORTS | PAGES))
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--municipalities", type=int, default=1741)
    parser.add_argument("--desks", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--years", type=int, default=1)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers end with it
    say(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for kind in arguments.database.split(","):
        for parts, told_days in ((REPORTS, TOLD_DAYS), (PAGES, 1)):
            chosen = [measure for name, measure in parts.items() if name in arguments.only.split(",")]
            if chosen:
                _measure(kind, chosen, today() - ONE_DAY * told_days, arguments)


def _measure(kind: str, parts: Sequence[Part], last: datetime.date, arguments: argparse.Namespace) -> None:
    """On a database of its own, filled up to ``last``."""
    with ExitStack() as stack:
        postgresql = None
        if kind == "postgresql":
            postgresql = PostgreSQL(**POSTGRESQL)
            stack.callback(postgresql.close)
            url = postgresql.new_database()
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosk-bench-"))
            url = f"sqlite:///{Path(folder) / 'central.sqlite3'}"
        database = Database(read_url(url))
        migrate(database)
        begun = time.monotonic()
        written = nation.fill(database, arguments.municipalities, arguments.desks, arguments.days, last)
        say(f"== {kind}: filled in {time.monotonic() - begun:.0f} s")
        begun = time.monotonic()
        nation.check(database)
        say(f"checked in {time.monotonic() - begun:.0f} s")
        database.close()
        central = Central(url, written, postgresql)
        stack.callback(central.close)
        for measure in parts:
            measure(central, arguments.runs, arguments.years)


if __name__ == "__main__":
    main()
