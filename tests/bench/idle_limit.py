"""How exactly the idle limit is kept: the warning's time against the last input plus the limit."""

from __future__ import annotations

from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MIN_WARNING_S, Policy
from kiosk_agent.session.vocabulary import Answer, Answerer, StateName
from tests.bench.desk import open_bench
from tests.bench.figures import Figure, Goal

IDLE_LIMIT_S = 3.0


async def measure(runs: int) -> list[Figure]:
    """Each run: input in the page, then nothing."""
    errors = []
    policy = Policy(idle_limit_s=IDLE_LIMIT_S, warning_s=MIN_WARNING_S, gap_s=600.0, max_extensions=1000)
    async with open_bench(policy) as bench:
        await bench.worker.start_visit()
        await bench.resident.sign_in()
        for _ in range(runs):
            start = len(bench.observed)
            await bench.hall.until(StateName.WARNING)
            warned = next(now for what, now in bench.since(start) if isinstance(what, do.ShowWarning))
            kept_alive = (ev.PortalActivity, ev.SignInSeen, ev.WarningAnswered, ev.VisitBrowserOpened)
            before = [now for what, now in bench.observed if isinstance(what, kept_alive) and now < warned]
            errors.append(abs(warned - before[-1] - IDLE_LIMIT_S))
            bench.desk.runner.post(ev.WarningAnswered(Answer.SAME, Answerer.RESIDENT))
            await bench.hall.until(StateName.SIGNED_IN)
        await bench.worker.next_person()
        await bench.worker.confirm()
    return [Figure("idle-limit error", "s", tuple(errors), Goal(0.25))]
