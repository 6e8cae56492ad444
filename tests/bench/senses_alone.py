"""``python -m tests.bench.senses_alone STATE``: every sense of a desk at work, in that state, and nothing else.

Prints "awake" once each of them says that it works; ends when its input does. What it costs is measured from outside.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import Config, Hotkey
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.desk_senses import Around, make_senses, switched_on, watched_by
from kiosk_agent.hands.runner import TICK_S, Watchers
from kiosk_agent.health import Health
from kiosk_agent.sensors.clock_jumps import ClockWatch
from kiosk_agent.sensors.sense import Senses, SenseState
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import StateName

TRAY = "tray"  # a hand as well: it needs a tray host, and wakes for nothing but a click
AWAKE_S = 30.0


async def be_awake(state: StateName, folder: Path) -> None:
    """As a desk wires them, with its look once a second."""

    def post(_event: ev.Event) -> None: ...

    clock = SystemClock()
    config = Config(path=folder, profile=folder, desk=DeskConfig(data_dir=folder), hotkey=Hotkey("<ctrl>+<alt>+<end>"))
    health = Health(clock.wall)
    senses = Senses([name for name in switched_on(config) if name != TRAY], health, post, clock.wall)
    clocks = ClockWatch(clock, post)
    made = make_senses(config, senses, Around(clock, clocks, post, health, folder, lambda: None))
    watchers = watched_by(made, clocks, lambda: None, Watchers())
    for sense in made:
        sense.start()
    watchers.state_changed(state)

    async def look() -> None:
        while True:
            watchers.tick()
            await asyncio.sleep(TICK_S)

    looking = asyncio.create_task(look())
    async with asyncio.timeout(AWAKE_S):
        while any(status.state is not SenseState.WORKING for status in senses.statuses):
            await asyncio.sleep(0.05)
    print("awake:", *(status.name for status in senses.statuses), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    looking.cancel()
    for sense in made:
        await sense.stop()


if __name__ == "__main__":
    with TemporaryDirectory(prefix="kiosk-bench-") as folder:
        asyncio.run(be_awake(StateName(sys.argv[1]), Path(folder)))
