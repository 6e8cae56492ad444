"""What the stage does while the cover is on its way to the screen."""

from __future__ import annotations

import asyncio

from kiosk_agent.clock import ManualClock
from kiosk_agent.hands.ports import GateView
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.hands.stage import Stage
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy
from tests.stage.hands import NoGate, SlowCover

LIMIT_S = 20.0


class NotedGate(NoGate):
    """Tells what is drawn, and that it is."""

    def __init__(self) -> None:
        self.screens: asyncio.Queue[str] = asyncio.Queue()

    async def show(self, view: GateView, *, front: bool) -> None:
        self.screens.put_nowait(view.screen)


def a_stage(cover: NullCover, gate: NotedGate, events: list[ev.Event]) -> Stage:
    clock = ManualClock()
    return Stage(
        cover,
        gate,
        Health(clock.wall),
        clock,
        Words("窓口", Voices("ja", VisitLanguage("ja")), MarkPolicy.NONE),
        events.append,
        failed=lambda what, error: events.append(ev.ShieldLost()),
        released=lambda _code, _mark: None,
        code_needed=False,
        observe=lambda _what, _now: None,
    )


async def test_the_gate_is_drawn_once_the_shield_is_on_screen() -> None:
    cover, gate, events = SlowCover(), NotedGate(), list[ev.Event]()
    stage = a_stage(cover, gate, events)
    stage.gate.show_visit()
    stage.gate.refresh()
    async with asyncio.timeout(LIMIT_S):
        assert await gate.screens.get() == "visit"
        stage.raise_shield()
        stage.gate.refresh()
        for _ in range(20):  # the gate's turn has come many times
            await asyncio.sleep(0)
        assert gate.screens.empty()
        cover.on_screen.set_result(0.0)
        assert await gate.screens.get() == "ending"
    assert events == [ev.ShieldShown()]
    await stage.close()


async def test_a_shield_that_something_else_takes_the_place_of_does_not_hold_the_gate() -> None:
    cover, gate = SlowCover(), NotedGate()
    stage = a_stage(cover, gate, [])
    stage.raise_shield()
    stage.gate.refresh()
    stage.lower_shield()
    async with asyncio.timeout(LIMIT_S):
        assert await gate.screens.get() == "ending"
    await stage.close()
