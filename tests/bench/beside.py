"""Browsers beside the agent: what looking for them costs, and how soon one is noticed."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import BrowsersSense
from kiosk_agent.hands.runner import TICK_S
from kiosk_agent.health import Health
from kiosk_agent.sensors.browsers.processes import SystemTable
from kiosk_agent.sensors.browsers.scanner import YOUNG_S, Scanner
from kiosk_agent.sensors.browsers.sense import NAME, BrowserSense
from kiosk_agent.sensors.browsers.telling import Ours
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.events import Event
from kiosk_agent.session.vocabulary import StateName
from tests.bench.figures import Figure, Goal
from tests.sensors.processes import program, started_elsewhere

PROCESSES = 500  # an office PC has 150 to 300
LOOKS = 60


class Quiet:
    """Nobody is told anything."""

    def show(self, programs: tuple[str, ...], seconds: float, now: object) -> None: ...

    def hide(self) -> None: ...


@contextmanager
def crowd() -> Iterator[None]:
    """So many more processes."""
    running = [subprocess.Popen(["sleep", "600"]) for _ in range(PROCESSES)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def cost(runs: int) -> list[Figure]:
    """Milliseconds of processor time for a look at a PC on which nothing is new, and for the very first one."""
    first, later = [], []
    with crowd():
        time.sleep(YOUNG_S + 1.0)
        for _ in range(max(1, runs // 10)):
            scanner = Scanner(SystemTable(), Ours([], os.getpid()), os.getpid())
            began = time.process_time()
            scanner.scan()
            first.append((time.process_time() - began) * 1000)
            scanner.scan()
            for _ in range(LOOKS):
                began = time.process_time()
                scanner.scan()
                later.append((time.process_time() - began) * 1000)
    name = f"a look with {PROCESSES} more processes, processor time"
    return [Figure(name, "ms", tuple(later), Goal(2.5, p95=False)), Figure("  the first one", "ms", tuple(first))]


async def delay(runs: int, folder: Path) -> Figure:
    """Seconds from the start of a browser until it is noticed, looking as the agent does."""
    noticed: asyncio.Queue[Event] = asyncio.Queue()
    clock = SystemClock()
    health = Health(clock.wall)
    senses = Senses([NAME], health, lambda _event: None, clock.wall)
    sense = BrowserSense(
        BrowsersSense(),
        noticed.put_nowait,
        senses.report_of(NAME),
        health=health,
        clock=clock,
        notice=Quiet(),
        record=lambda _entry: None,
        profiles=[],
    )
    sense.state_changed(StateName.GATE)
    sense.start()

    async def look() -> None:
        while True:
            sense.tick()
            await asyncio.sleep(TICK_S)

    looking = asyncio.create_task(look())
    await asyncio.sleep(3 * TICK_S)
    seconds = []
    for _ in range(runs):
        while not noticed.empty():
            noticed.get_nowait()
        await asyncio.sleep(random.uniform(0.0, TICK_S))  # at any moment of the second
        browser = str(program(folder, "firefox"))
        began = time.monotonic()
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, started_elsewhere([browser, "600"]))
            await noticed.get()
            seconds.append(time.monotonic() - began)
        await asyncio.sleep(2 * TICK_S)
    looking.cancel()
    await sense.stop()
    return Figure("a browser is started → noticed", "s", tuple(seconds), Goal(2.0))


async def measure(runs: int) -> list[Figure]:
    """Both."""
    with TemporaryDirectory(prefix="kiosk-bench-") as folder:
        noticed = await delay(runs, Path(folder))
    return [*cost(runs), noticed]
