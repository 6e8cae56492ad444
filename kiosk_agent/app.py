"""The agent's process: guards a desk under the supervisor that started it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import msgspec

from kiosk_agent import memory
from kiosk_agent.clock import SystemClock
from kiosk_agent.desk import Desk, Surroundings, open_desk
from kiosk_agent.desk_records import end
from kiosk_agent.hands.ports import Cover, Panel
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.hands.same_card import CardCheck
from kiosk_agent.hands.shield import CoverClient, NullCover
from kiosk_agent.lifeline import Lifeline, beat_for
from kiosk_agent.portal.profile import Profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import StateName
from kiosk_agent.settings.resolve import Resolved

log = logging.getLogger(__name__)

AT_REST = (StateName.GATE, StateName.SIGNED_IN)  # nobody waits for the agent then
EXIT_DRIVER_LOST = 70  # sysexits.h, EX_SOFTWARE

Beside = Callable[[Desk], Coroutine[Any, Any, None]]


def guard(
    resolved: Resolved,
    profile: Profile,
    watchers: Watchers | None = None,
    beside: Beside | None = None,
    card_check: CardCheck | None = None,
) -> int:
    """The agent's process: guard the desk under the supervisor that started us; returns the exit status.

    ``beside`` runs as long as the desk is guarded: whatever else is to happen in this process. ``card_check``: who
    reads the card once more, in place of the desk's own sense.
    """
    memory.keep_little()
    return asyncio.run(_guard(resolved, profile, watchers or Watchers(), beside, card_check))


async def _guard(
    resolved: Resolved, profile: Profile, watchers: Watchers, beside: Beside | None, card_check: CardCheck | None
) -> int:
    config = resolved.config
    stop = asyncio.Event()
    beat_s = beat_for(config.supervision.hang_limit_s)
    lifeline = Lifeline(on_stop=stop.set, on_orphaned=stop.set, beat_s=beat_s)
    await lifeline.start()
    given = replace(surroundings(lifeline, watchers), card_check=card_check, resolved=resolved)
    async with open_desk(config, profile, given) as (desk, work):
        company = asyncio.create_task(beside(desk)) if beside is not None else None
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            desk.runner.post(ev.StopRequested())
        await work
        lifeline.stopping()
        if company is not None:
            await end(company)
    lifeline.close()
    return 0


def surroundings(lifeline: Lifeline, watchers: Watchers) -> Surroundings:
    """An agent under a supervisor: its cover is the supervisor's, and so is the killing of browsers that hang."""
    native = lifeline.hello.get("cover") == "native"
    covered = bool(lifeline.hello.get("covered"))
    cover: Cover = CoverClient(lifeline.channel, covered=covered) if native else NullCover()

    def browser_runs(pid: int | None, visit_id: str) -> None:
        if pid is None:
            lifeline.tell_no_browser()
        else:
            lifeline.tell_browser(pid, visit_id)

    def if_lost(panel: Panel) -> None:
        lifeline.tell_hang_panel(msgspec.to_builtins(panel))

    def state_changed(state: StateName) -> None:
        watchers.state_changed(state)
        if state in AT_REST:
            memory.give_back()

    told = replace(watchers, state_changed=state_changed)
    return Surroundings(cover, SystemClock(), browser_runs, told, driver_lost, if_lost)


def driver_lost() -> None:
    """End at once: the supervisor covers the screen, kills what is left of the browsers, and starts another agent.

    No cleaning up: every way of closing a browser goes through the driver, and would hang.
    """
    log.error("the browsers' driver was lost; the agent ends and is started again")
    logging.shutdown()
    os._exit(EXIT_DRIVER_LOST)
