"""A visit's start, and from the change signal to the browser's end; the portal's own share is measured beside it."""

from __future__ import annotations

import asyncio

from kiosk_agent.hands.stage import Moment
from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import StateName
from tests.bench.desk import Bench, open_bench
from tests.bench.figures import Figure, Goal

AT_THE_PORTAL_S = 1.0  # nobody leaves in the instant of the sign-in, while the portal's pages are still coming


def first(observed: list[tuple[object, float]], kind: type, **fields: object) -> float:
    """When the first of ``kind`` was observed."""
    for what, now in observed:
        if isinstance(what, kind) and all(getattr(what, name) == value for name, value in fields.items()):
            return now
    raise LookupError(f"{kind.__name__} was not observed")


async def one_visit(bench: Bench) -> dict[str, float]:
    """One visit, ended by "next person"; milliseconds."""
    start = len(bench.observed)
    await bench.worker.start_visit()
    await bench.resident.sign_in()
    await asyncio.sleep(AT_THE_PORTAL_S)
    await bench.worker.next_person()
    await bench.hall.until(StateName.CONFIRMING)
    seen = bench.since(start)
    signal = next(now for what, now in seen if isinstance(what, do.Record) and isinstance(what.entry, en.EndBegan))
    shown = first(seen, Moment, what="shield_shown")
    on_screen = next(what.at for what, _ in seen if isinstance(what, Moment) and what.what == "shield_shown")
    gone = first(seen, Moment, what="browser_gone")
    logout = first(seen, ev.LogoutFinished)
    await bench.worker.confirm()
    return {
        "start": (first(seen, ev.VisitBrowserOpened) - first(seen, ev.StartRequested)) * 1000,
        "shield": (on_screen - signal) * 1000,
        "acknowledged": (shown - signal) * 1000,
        "logout": (logout - shown) * 1000,
        "gone": (gone - signal) * 1000,
        "destroy": (gone - logout) * 1000,
        "beyond": (gone - signal - (logout - shown)) * 1000,
    }


async def measure(runs: int) -> list[Figure]:
    """All of it, from the same visits."""
    async with open_bench(Policy(idle_limit_s=600.0, gap_s=600.0)) as bench:
        await bench.hall.until(StateName.GATE)
        await one_visit(bench)  # cold caches are not what a desk has all day
        rows = [await one_visit(bench) for _ in range(runs)]
    columns = {name: tuple(row[name] for row in rows) for name in rows[0]}
    return [
        Figure("start of a visit → usable page", "ms", columns["start"]),
        Figure("change signal → shield on screen, whole agent", "ms", columns["shield"], Goal(20.0)),
        Figure("change signal → the agent knows that it is", "ms", columns["acknowledged"]),
        Figure("the portal's own logout and the check after it", "ms", columns["logout"], note="the portal's share"),
        Figure("change signal → browser gone", "ms", columns["gone"]),
        Figure("… beyond the logout", "ms", columns["beyond"], Goal(500.0)),
        Figure("… of that, the browser's own end", "ms", columns["destroy"], note="the browser's share"),
    ]
