"""What a desk costs while a visit is open and nobody does anything: memory, processor time, wake-ups."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from kiosk_agent.practice.portal import PracticePortal
from tests.bench.figures import Figure, Goal
from tests.desk.whole_desk import WholeDesk, write_desk

IDLE_S = 60.0
SAMPLES = 30  # of the memory, in that time


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


def parts(desk: WholeDesk) -> dict[str, list[int]]:
    """The processes by part; every Chromium process is the browsers'."""
    found: dict[str, list[int]] = {"supervisor": [desk.supervisor.pid], "agent": [desk.agent_pid]}
    found["driver"], found["browsers"] = [], []
    for process in desk.browsers():
        name = "driver" if "node" in process.name().lower() else "browsers"
        found[name].append(process.pid)
    return found


async def measure(_runs: int) -> list[Figure]:
    """One desk, one idle minute in an open visit."""
    figures = []
    with TemporaryDirectory(prefix="kiosk-bench-") as folder:
        async with PracticePortal() as portal:
            desk = WholeDesk(write_desk(Path(folder), portal, headless=False), headless=False)
            try:
                await asyncio.to_thread(desk.connect)
                await asyncio.to_thread(desk.do, "start")
                await asyncio.to_thread(desk.do, "sign_in", user="resident-a")
                await asyncio.sleep(5.0)  # what starting leaves behind settles
                processes = parts(desk)
                every = [pid for pids in processes.values() for pid in pids]
                before = {pid: (psutil.Process(pid).cpu_times(), switches(pid)) for pid in every}
                memory: dict[str, list[float]] = {name: [] for name in processes}
                for _ in range(SAMPLES):
                    await asyncio.sleep(IDLE_S / SAMPLES)
                    for name, pids in processes.items():
                        memory[name].append(sum(pss_mib(pid) for pid in pids))
                cpu: dict[str, float] = {}
                wakes: dict[str, float] = {}
                for name, pids in processes.items():
                    for pid in pids:
                        now = psutil.Process(pid).cpu_times()
                        then, woken = before[pid]
                        used = now.user + now.system - then.user - then.system
                        cpu[name] = cpu.get(name, 0.0) + used
                        wakes[name] = wakes.get(name, 0.0) + (switches(pid) - woken) / IDLE_S
            finally:
                await asyncio.to_thread(desk.close)
    ours = ("supervisor", "agent", "driver")
    together = tuple(sum(values) for values in zip(*(memory[name] for name in ours), strict=True))
    figures.append(Figure("memory with a visit open, PSS, without browsers", "MiB", together, Goal(150.0)))
    figures += [Figure(f"  {name}", "MiB", tuple(values)) for name, values in memory.items()]
    figures.append(Figure("processor time in 60 idle seconds, without browsers", "s", (sum(cpu[n] for n in ours),)))
    figures += [Figure(f"  {name}", "s", (cpu[name],)) for name in cpu]
    figures.append(Figure("wake-ups a second, without browsers", "/s", (sum(wakes[n] for n in ours),)))
    figures += [Figure(f"  {name}", "/s", (wakes[name],)) for name in wakes]
    return figures
