"""What a desk costs while a visit is open and nobody does anything: memory, processor time, wake-ups."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright._impl._driver import compute_driver_executable  # which Node.js the driver runs on, nobody else tells

from kiosk_agent.config import Hotkey, Supervision
from kiosk_agent.practice.portal import PracticePortal
from tests.bench.display import a_logind, open_display
from tests.bench.figures import Figure, Goal
from tests.desk.whole_desk import WholeDesk, write_desk

IDLE_S = 60.0
STRETCH_S = 10.0
CALM_S = 90.0  # the gap after which the PC is looked at more often is over, and the driver has tidied up
SETTLE_S = 6.0  # what starting leaves behind settles
DESKS = 6  # rest is measured at so many desks side by side: resting desks do not disturb each other
OURS = ("supervisor", "agent", "driver")
COMPILED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")

Row = dict[str, float]


def pss_mib(pid: int) -> float:
    """Proportional set size: shared pages are shared out among those who share them."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) / 1024


def switches(pid: int) -> int:
    """How often its threads went to sleep of their own accord, that is: woke up."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        text = (task / "status").read_text(encoding="utf-8")
        total += int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[0])
    return total


def processor_s(pid: int) -> float:
    """Processor time that it has used."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def parts(desk: WholeDesk) -> dict[str, list[int]]:
    """The processes by part; every Chromium process is the browsers'."""
    found: dict[str, list[int]] = {"supervisor": [desk.supervisor.pid], "agent": [desk.agent_pid]}
    found["driver"], found["browsers"] = [], []
    for process in desk.browsers():
        name = "driver" if "node" in process.name().lower() else "browsers"
        found[name].append(process.pid)
    return found


@contextmanager
def compiled_once() -> Iterator[None]:
    """As on a desk, Python keeps what it has compiled; compiling at each start would be counted as memory."""
    before = {name: os.environ.pop(name, None) for name in COMPILED}
    with TemporaryDirectory(prefix="kiosk-bench-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


@asynccontextmanager
async def open_whole_desk(portal: PracticePortal, *, every_sense: bool = False) -> AsyncIterator[WholeDesk]:
    """A desk with real windows on a screen of its own, with hotkey, input and operating-system session.

    ``every_sense``: card reader and browsers beside it as well. Where several desks run it would be wrong: the browsers
    of one are browsers beside the others.
    """
    with TemporaryDirectory(prefix="kiosk-bench-") as folder, open_display() as display:
        hang_limit_s = Supervision().hang_limit_s
        files = write_desk(
            Path(folder),
            portal,
            headless=False,
            idle_limit_s=600.0,
            hotkey=Hotkey().end_visit,
            hang_limit_s=hang_limit_s,
            os_session=True,
            **({"card": True, "browsers": 'action = "report"'} if every_sense else {}),
        )
        desk = WholeDesk(files, headless=False, display=display, hang_limit_s=hang_limit_s)
        try:
            await asyncio.to_thread(desk.connect)
            yield desk
        finally:
            await asyncio.to_thread(desk.close)


async def open_visit(desk: WholeDesk) -> None:
    """Somebody has signed in, and does nothing any more."""
    await asyncio.to_thread(desk.do, "start")
    await asyncio.to_thread(desk.do, "sign_in", user="resident-a")
    await asyncio.sleep(SETTLE_S)


async def end_visit(desk: WholeDesk) -> None:
    """To the gate again."""
    await asyncio.to_thread(desk.do, "next_person")
    await asyncio.to_thread(desk.do, "wait", states=["Confirming"])
    await asyncio.to_thread(desk.do, "confirm")


def read_from_disk(program: Path) -> None:
    """Have the program's file read anew, as after the PC was switched on.

    Of a file that was just written, as by an installation, Linux maps larger pieces: 7 MiB more of Node.js, which
    nobody has asked for and the kernel takes back where memory is short.
    """
    with program.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def memory(runs: int) -> list[Row]:
    """One desk alone, one visit after another; MiB by part."""
    rows = []
    async with PracticePortal() as portal:
        async with open_whole_desk(portal):
            pass  # this one compiles
        read_from_disk(Path(compute_driver_executable()[0]))
        async with open_whole_desk(portal) as desk:
            for _ in range(runs):
                await open_visit(desk)
                rows.append({name: sum(map(pss_mib, pids)) for name, pids in parts(desk).items()})
                await end_visit(desk)
    return rows


async def rests(runs: int) -> tuple[list[Row], list[Row]]:
    """Idle minutes: processor seconds in each, and wake-ups a second, by part."""
    used: list[Row] = []
    woken: list[Row] = []

    async def one_desk(visits: int) -> None:
        async with open_whole_desk(portal) as desk:
            for _ in range(visits):
                await open_visit(desk)
                every = parts(desk)
                before = {pid: (processor_s(pid), switches(pid)) for pids in every.values() for pid in pids}
                await asyncio.sleep(IDLE_S)
                used.append({n: sum(processor_s(pid) - before[pid][0] for pid in pids) for n, pids in every.items()})
                woken.append(
                    {n: sum(switches(pid) - before[pid][1] for pid in pids) / IDLE_S for n, pids in every.items()}
                )
                await end_visit(desk)

    async with PracticePortal() as portal, asyncio.TaskGroup() as desks:
        shares = [runs // DESKS + (number < runs % DESKS) for number in range(DESKS)]
        for share in filter(None, shares):
            desks.create_task(one_desk(share))
    return used, woken


async def desk_with_every_sense(runs: int) -> list[Figure]:
    """``runs`` stretches of an idle visit at one desk, without a tray host: processor share and wake-ups."""
    used, woken = [], []
    async with PracticePortal() as portal, open_whole_desk(portal, every_sense=True) as desk:
        await open_visit(desk)
        await asyncio.sleep(CALM_S)
        every = parts(desk)
        for _ in range(runs):
            before = {pid: (processor_s(pid), switches(pid)) for pids in every.values() for pid in pids}
            await asyncio.sleep(STRETCH_S)
            took_s = {name: sum(processor_s(pid) - before[pid][0] for pid in pids) for name, pids in every.items()}
            times = {name: sum(switches(pid) - before[pid][1] for pid in pids) for name, pids in every.items()}
            used.append({name: s / STRETCH_S * 100 for name, s in took_s.items()})
            woken.append({name: n / STRETCH_S for name, n in times.items()})
        await end_visit(desk)
    return [
        *figures("every sense, processor", "%", used, Goal(0.5)),
        *figures("every sense, wake-ups a second", "/s", woken, Goal(5.0)),
    ]


def figures(name: str, unit: str, rows: list[Row], goal: Goal | None = None) -> Iterator[Figure]:
    """Our parts together, then each."""
    yield Figure(f"{name}, without browsers", unit, tuple(sum(row[part] for part in OURS) for row in rows), goal)
    columns: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for part, value in row.items():
            columns[part].append(value)
    for part, values in columns.items():
        yield Figure(f"  {part}", unit, tuple(values))


async def measure(runs: int) -> list[Figure]:
    """``runs`` visits for the memory, and ``runs`` idle minutes."""
    if sys.platform != "linux":
        raise SystemExit("rest is measured on Linux only: it reads /proc")
    with compiled_once(), a_logind():
        taken = await memory(runs)
        used, woken = await rests(runs)
    return [
        *figures("memory with a visit open, PSS", "MiB", taken, Goal(150.0)),
        *figures("processor time in 60 idle seconds", "s", used),
        *figures("wake-ups a second", "/s", woken),
    ]
