"""The senses: from a lock to the shield, and what all of them cost, alone in a process and at a whole desk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import OsSessionSense
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Answer, StateName
from tests.bench.desk import NONE, open_bench
from tests.bench.display import a_logind, open_display
from tests.bench.figures import Figure, Goal
from tests.bench.rest import SETTLE_S, desk_with_every_sense, processor_s, switches
from tests.support.card_world import SOCKET_VARIABLE, CardWorld, storage_card, what_is_missing

MEASURED_S = 30.0
MOTION_HZ = 1000
EVERY_SENSE = b"awake: hotkey card os_session input browsers\n"
# Moves the pointer a thousand times a second over the whole screen, until its input ends.
MOTION = """
import sys, threading, time
from Xlib import X, display
from Xlib.ext import xtest
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
screen = display.Display()
begin, made = time.monotonic(), 0
print("moving", flush=True)
while not over.is_set():
    for _ in range(int((time.monotonic() - begin) * {hz}) - made):
        made += 1
        xtest.fake_input(screen, X.MotionNotify, x=100 + made % 1000, y=100 + made // 10 % 600)
    screen.sync()
    time.sleep(0.001)
"""


async def lock_to_shield(runs: int) -> Figure:
    """From the request at logind, over the bus, through the whole agent, to the acknowledged cover."""
    clock = SystemClock()
    taken = []
    senses = replace(NONE, os_session=OsSessionSense())
    with a_logind() as logind:
        async with open_bench(Policy(max_extensions=1000), senses) as bench:
            await bench.worker.start_visit()
            await bench.resident.sign_in()
            for _ in range(runs):
                start = len(bench.observed)
                asked = clock.now()
                await asyncio.to_thread(logind.lock)
                await bench.hall.until(StateName.CHALLENGE)
                while not (shown := [now for what, now in bench.since(start) if isinstance(what, ev.ShieldShown)]):
                    await asyncio.sleep(0.001)
                taken.append((shown[0] - asked) * 1000)
                bench.desk.runner.post(ev.ChallengeAnswered(Answer.SAME))
                await bench.hall.until(StateName.SIGNED_IN)
            await bench.worker.next_person()
            await bench.worker.confirm()
    return Figure("lock asked of logind → shield acknowledged", "ms", tuple(taken), note="with the mock's own share")


@contextmanager
def moving_mouse() -> Iterator[None]:
    """A thousand moves a second."""
    command = [sys.executable, "-c", MOTION.replace("{hz}", str(MOTION_HZ))]
    mover = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert mover.stdout is not None
    mover.stdout.readline()
    try:
        yield
    finally:
        mover.communicate()


@contextmanager
def senses_alone(state: StateName) -> Iterator[int]:
    """A process of the senses; its id."""
    command = [sys.executable, "-m", "tests.bench.senses_alone", state.value]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    awake = process.stdout.readline()
    assert awake == EVERY_SENSE, awake
    try:
        yield process.pid
    finally:
        process.communicate()


async def cost(name: str, state: StateName, *, motion: bool) -> list[Figure]:
    """Share of one core, and wake-ups a second."""
    with senses_alone(state) as pid:
        await asyncio.sleep(SETTLE_S)
        if motion:
            with moving_mouse():
                share, woken = await _measured(pid)
        else:
            share, woken = await _measured(pid)
    return [
        Figure(f"senses alone, {name}: processor", "%", (share,), None if motion else Goal(0.5)),
        Figure(f"senses alone, {name}: wake-ups a second", "/s", (woken,), None if motion else Goal(5.0)),
    ]


async def _measured(pid: int) -> tuple[float, float]:
    used_s, woken = processor_s(pid), switches(pid)
    await asyncio.sleep(MEASURED_S)
    return (processor_s(pid) - used_s) / MEASURED_S * 100, (switches(pid) - woken) / MEASURED_S


async def measure(runs: int) -> list[Figure]:
    """``runs`` locks, and half a minute of each state."""
    figures = [await lock_to_shield(runs)]
    missing = what_is_missing()
    if missing:
        raise SystemExit(f"the senses together are not measured: {missing}")
    with CardWorld() as world, a_logind(), open_display() as name:
        os.environ[SOCKET_VARIABLE] = str(world.socket)
        world.put(storage_card(1))
        os.environ["DISPLAY"], before = name, os.environ.get("DISPLAY", "")
        figures += await cost("nobody signed in", StateName.GATE, motion=False)
        figures += await cost("signed in and idle", StateName.SIGNED_IN, motion=False)
        figures += await cost(f"signed in, mouse at {MOTION_HZ} Hz", StateName.SIGNED_IN, motion=True)
        os.environ["DISPLAY"] = before
        return [*figures, *await desk_with_every_sense(runs)]
