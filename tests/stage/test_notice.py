"""A notice in front of every program: shown where the session needs the screen for nothing, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import ShieldLostError
from kiosk_agent.hands.closing_notice import ClosingNotice
from kiosk_agent.hands.panels import closing_panel
from kiosk_agent.hands.ports import Panel
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.hands.stage import Stage
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health
from kiosk_agent.locale import translator
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import HoldReason, WarningKind
from tests.stage.hands import NoGate, PaperVisit

LIMIT_S = 20.0
t = translator("ja")


class BrokenCover(NullCover):
    async def show(self, panel: Panel) -> float:
        raise ShieldLostError("planted")


class Desk:
    """An open desk with a visit."""

    def __init__(self, cover: NullCover | None = None) -> None:
        self.cover = cover or NullCover()
        self.clock = ManualClock()
        self.events: list[ev.Event] = []
        self.failed: list[str] = []
        self.pressed = 0
        self.visit = PaperVisit()
        self.health = Health(self.clock.wall)
        self.residents = VisitLanguage("ja")
        self.stage = Stage(
            self.cover,
            NoGate(),
            self.health,
            self.clock,
            Words("窓口", Voices("ja", self.residents), MarkPolicy.NONE),
            self.events.append,
            failed=lambda what, error: self.failed.append(f"{what}: {error!r}"),
            released=lambda _code, _mark: None,
            code_needed=False,
            observe=lambda _what, _now: None,
        )
        self.notice = ClosingNotice(lambda: self.stage, t)

    def tell(self, *programs: str) -> None:
        self.notice.show(programs or ("Firefox",), 10.0, self.press)

    def press(self) -> None:
        self.pressed += 1

    def warn(self) -> None:
        command = do.ShowWarning(WarningKind.IDLE, self.clock.now() + 30.0, worker_only=False, can_extend=True)
        self.stage.show_warning(command, self.visit)

    @property
    def sees(self) -> str:
        """What is on the cover; "" where it is down."""
        return self.cover.panels[-1].kind if self.cover.visible else ""

    async def settled(self, sees: str) -> None:
        """What was asked for is done, and this is seen then."""
        for _ in range(20):
            await asyncio.sleep(0)
        assert self.sees == sees

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not holds():
                await asyncio.sleep(0)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    desk.stage.lower_shield()
    await desk.settled("")
    yield desk
    await desk.stage.close()
    assert desk.failed == []


async def test_it_says_what_is_closed_and_when_and_that_it_may_be_done_at_once(desk: Desk) -> None:
    desk.tell("Firefox", "Microsoft Edge")
    await desk.settled("notice")
    panel = desk.cover.panels[-1]
    assert panel == closing_panel(("Firefox", "Microsoft Edge"), 10.0, t)
    assert panel.title == "別のブラウザーが開かれました"
    assert panel.lines[0] == "Firefox、Microsoft Edge を閉じます。"
    assert (panel.countdown_s, panel.countdown_label) == (10.0, "あと {seconds} 秒で閉じます。")
    desk.cover.press("close")
    assert desk.pressed == 1
    desk.notice.hide()
    await desk.settled("")
    assert desk.events == []  # it is no business of the session


async def test_hiding_what_is_not_shown_leaves_the_cover_alone(desk: Desk) -> None:
    desk.stage.raise_shield()
    await desk.settled("shield")
    desk.notice.hide()
    await desk.settled("shield")


@pytest.mark.parametrize("first", ["notice", "shield"])
async def test_the_shield_goes_before_it_and_it_comes_when_the_shield_is_down(desk: Desk, first: str) -> None:
    steps = [desk.tell, desk.stage.raise_shield]
    for step in steps if first == "notice" else reversed(steps):
        step()
        await desk.settled("notice" if step == desk.tell and first == "notice" else "shield")
    desk.stage.lower_shield()
    await desk.settled("notice")
    desk.notice.hide()
    await desk.settled("")


async def test_it_never_takes_the_shield_away(desk: Desk) -> None:
    desk.tell()
    desk.stage.raise_shield()
    await desk.settled("shield")
    desk.notice.hide()
    await desk.settled("shield")
    desk.stage.lower_shield()
    await desk.settled("")


async def test_a_challenge_and_a_held_desk_go_before_it(desk: Desk) -> None:
    desk.stage.show_challenge(do.ShowChallenge(desk.clock.now() + 60.0), "")
    desk.tell()
    await desk.settled("challenge")
    desk.stage.hold(HoldReason.SENSE_LOST)
    await desk.settled("held")
    desk.tell("Chromium")
    await desk.settled("held")


async def test_another_language_brings_back_nothing_that_was_asked_before_it(desk: Desk) -> None:
    desk.tell()
    desk.stage.show_challenge(do.ShowChallenge(desk.clock.now() + 60.0), "")
    await desk.settled("challenge")
    desk.residents.choose("en")
    await desk.settled("challenge")
    desk.stage.lower_shield()
    await desk.settled("notice")
    desk.residents.choose("ja")
    await desk.settled("notice")


async def test_before_the_desk_is_open_it_waits() -> None:
    desk = Desk()
    desk.tell()
    await desk.settled("")
    desk.stage.lower_shield()
    await desk.settled("notice")
    await desk.stage.close()


async def test_a_warning_in_the_page_is_not_covered_by_it(desk: Desk) -> None:
    desk.warn()
    await desk.until(lambda: ev.WarningShown() in desk.events)
    desk.tell()
    await desk.settled("")
    desk.stage.hide_warning(desk.visit, lower_native=True)
    await desk.settled("notice")


async def test_a_warning_that_comes_while_it_is_shown_takes_its_place_on_the_cover(desk: Desk) -> None:
    desk.tell()
    await desk.settled("notice")
    desk.warn()
    await desk.until(lambda: ev.WarningShown() in desk.events)
    await desk.settled("warning")
    assert "warning" not in desk.visit.shown  # beneath the cover it would not be seen
    desk.tell("Chromium")
    await desk.settled("warning")
    desk.stage.hide_warning(desk.visit, lower_native=True)
    await desk.settled("notice")
    assert "Chromium" in desk.cover.panels[-1].lines[0]
    desk.notice.hide()
    await desk.settled("")


async def test_a_cover_that_does_not_come_up_for_it_is_no_reason_to_fail(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(BrokenCover())
    desk.stage.lower_shield()
    await desk.settled("")
    desk.tell()
    await desk.settled("")
    assert "a notice could not be shown" in caplog.text
    assert (desk.failed, desk.events, desk.health.warnings) == ([], [], [])
    await desk.stage.close()
