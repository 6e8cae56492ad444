"""The native window in the page's place: where the page fights or hangs, and for the questions of challenge and hold.

Real keys and clicks through the X server; the answers come out as the session's events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Playwright

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import WindowMode
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.gate import DeskGate
from kiosk_agent.hands.ports import Panel, PanelAnswer
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.hands.stage import Stage
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health
from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.practice.switches import Quirk
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import Answer, Answerer, HoldReason, WarningKind
from tests.cover.screen import Screen, keys
from tests.overlay.conftest import LIMIT_S, Warned, until
from tests.support.closed_root import text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one cover and one visit for all of them

BLUE, RED = (0x00, 0x17, 0xC1), (0xCE, 0x00, 0x00)  # the filled button, and the edge of the dangerous one
TITLE_GROUND = (0xFF, 0xF0, 0xB3)
ARM_S = 0.8  # what is pressed in the first 0.6 s after the panel appeared does not count


class NativeDesk:
    """A stage with a real cover on a real screen; its gate is never opened."""

    def __init__(
        self, cover: StandaloneCover, screen: Screen, playwright: Playwright, executable: Path, data_dir: Path
    ) -> None:
        self.cover = cover
        self.screen = screen
        self.clock = SystemClock()
        self.events: list[ev.Event] = []
        self.released: list[tuple[str, str]] = []
        self.failed: list[str] = []
        self.heard: list[str] = []
        self._gate = DeskGate(
            playwright,
            self.events.append,
            executable=executable,
            data_dir=data_dir,
            headless=True,
            window=WindowMode.NORMAL,
            language="ja",
        )
        self.residents = VisitLanguage()
        self.stage = self.make_stage(MarkPolicy.NONE)

    def make_stage(self, mark: MarkPolicy, *, code_needed: bool = True) -> Stage:
        """A stage at a desk with this policy."""
        self.cover._listeners.clear()
        self.residents = VisitLanguage()
        self.stage = Stage(
            self.cover,
            self._gate,
            Health(self.clock.wall),
            self.clock,
            Words("窓口", Voices("ja", self.residents), mark),
            self.events.append,
            failed=lambda what, error: self.failed.append(f"{what}: {error!r}"),
            released=lambda code, mark: self.released.append((code, mark)),
            code_needed=code_needed,
            observe=lambda _what, _now: None,
            chime=lambda: self.heard.append("a sound"),
        )
        return self.stage

    def show_warning(self, warned: Warned, **changes: Any) -> None:
        """As the session commands it."""
        given: dict[str, Any] = {"worker_only": False, "can_extend": True, **changes}
        command = do.ShowWarning(WarningKind.IDLE, self.clock.now() + 60.0, given["worker_only"], given["can_extend"])
        self.stage.show_warning(command, warned.visit.browser)

    async def is_up(self, color: tuple[int, int, int]) -> None:
        """Wait until something in this colour is on the screen, and what is pressed counts."""

        async def is_seen() -> bool:
            return self.cover.visible and self.screen.find(color) is not None

        await until(is_seen, "the panel is on the screen")
        await asyncio.sleep(ARM_S)

    async def click(self, color: tuple[int, int, int]) -> None:
        """Press the button of this colour with the mouse."""
        await self.is_up(color)
        place = self.screen.find(color)
        assert place is not None
        await press("mousemove", str(place[0] + 40), str(place[1] + 24), "click", "1")

    async def press_languages(self) -> None:
        """Press the language button, at the right of the title, with the mouse: a finger's breadth from its corner."""
        place = self.screen.find(TITLE_GROUND)
        assert place is not None
        await press("mousemove", str(self.screen.width - place[0] - 100), str(place[1] + 48), "click", "1")

    async def answer(self, kind: type[ev.Event]) -> ev.Event:
        """The only answer of this kind."""

        async def has_come() -> bool:
            return bool(self.of(kind))

        await until(has_come, f"{kind.__name__} was posted")
        (answer,) = self.of(kind)
        return answer

    def of(self, kind: type[ev.Event]) -> list[ev.Event]:
        return [event for event in self.events if isinstance(event, kind)]


async def press(*arguments: str) -> None:
    await asyncio.to_thread(keys, *arguments)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_native(
    display: str, browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[NativeDesk]:
    cover = StandaloneCover(scale=1.0, show_limit_s=LIMIT_S)
    await cover.start()
    screen = Screen(display)
    data_dir = tmp_path_factory.mktemp("native")
    async with driver(data_dir) as playwright:
        yield NativeDesk(cover, screen, playwright, Path(browser_path), data_dir)
    screen.close()
    await cover.close()


@pytest_asyncio.fixture(loop_scope="module")
async def native(shared_native: NativeDesk) -> AsyncIterator[NativeDesk]:
    """Nothing on the screen, and nothing posted."""
    shared_native.events.clear()
    shared_native.released.clear()
    shared_native.heard.clear()
    shared_native.make_stage(MarkPolicy.NONE)
    yield shared_native
    await shared_native.stage.close()
    await shared_native.cover.hide()
    assert shared_native.failed == []


@pytest.mark.parametrize(("color", "answer"), [(BLUE, Answer.SAME), (RED, Answer.OTHER)])
async def test_a_page_that_fights_gets_the_native_window_with_the_same_two_answers(
    native: NativeDesk, warned: Warned, color: tuple[int, int, int], answer: Answer
) -> None:
    page = await warned.open(Quirk.FIGHTS)
    native.show_warning(warned)
    await native.click(color)
    assert await native.answer(ev.WarningAnswered) == ev.WarningAnswered(answer, Answerer.RESIDENT, "")
    assert native.of(ev.WarningNotShown) == [], "the visit is not ended for the page's sake"
    assert warned.visit.of(ev.WarningAnswered) == []

    async def is_left_alone() -> bool:
        return await text_of(page) == ""

    await until(is_left_alone, "the page is not fought any longer")


async def test_a_page_that_hangs_gets_the_native_window_too(native: NativeDesk, warned: Warned) -> None:
    page = await warned.open(Quirk.LOOPS)
    await page.evaluate("setTimeout(() => document.getElementById('loop').click(), 0)")
    native.show_warning(warned, worker_only=True)
    await native.click(RED)
    assert await native.answer(ev.WarningAnswered) == ev.WarningAnswered(Answer.OTHER, Answerer.WORKER, "")
    assert native.of(ev.WarningShown) != []
    await page.close()  # the next test's page must not wait for this one


async def test_a_page_that_behaves_gets_no_native_window(native: NativeDesk, warned: Warned) -> None:
    native.show_warning(warned)
    await native.answer(ev.WarningShown)
    await until(warned.holds, "the page shows it")
    assert not native.cover.visible
    assert native.heard == ["a sound"]


async def test_the_native_window_goes_when_the_warning_is_over(native: NativeDesk, warned: Warned) -> None:
    await warned.open(Quirk.FIGHTS)
    native.show_warning(warned)
    await native.is_up(BLUE)
    native.stage.hide_warning(warned.visit.browser, lower_native=True)

    async def is_gone() -> bool:
        return not native.cover.visible and native.screen.find(BLUE) is None

    await until(is_gone, "the native window is gone")


async def test_the_native_warning_is_answered_with_tab_and_space_and_enter_answers_nothing(
    native: NativeDesk, warned: Warned
) -> None:
    await warned.open(Quirk.FIGHTS)
    native.show_warning(warned)
    await native.is_up(BLUE)
    for pressed in (["Return", "Escape"], *[["Tab", "Return"]] * 3, ["KP_Enter", "Escape", "shift+Tab", "space"]):
        await press("key", *pressed)
    assert await native.answer(ev.WarningAnswered) == ev.WarningAnswered(Answer.SAME, Answerer.RESIDENT, "")


@pytest.mark.parametrize("by", ["mouse", "keys"])
async def test_the_challenge_is_answered_by_the_support_worker_who_signs(native: NativeDesk, by: str) -> None:
    native.make_stage(MarkPolicy.STAFF_NUMBER)
    native.stage.show_challenge(do.ShowChallenge(native.clock.now() + 60.0), "山＊＊＊")
    if by == "mouse":
        await native.click(BLUE)  # not without a mark: it leads to the field
        await press("type", "--delay", "20", "1234")
        await native.click(BLUE)
    else:
        await native.is_up(BLUE)
        await press("key", "Tab", "Tab")  # past the language button
        await press("type", "--delay", "20", "1234")
        await press("key", "Return", "Tab", "space")
    assert await native.answer(ev.ChallengeAnswered) == ev.ChallengeAnswered(Answer.SAME, "1234")


async def test_another_person_is_said_at_the_challenge_without_a_mark(native: NativeDesk) -> None:
    native.make_stage(MarkPolicy.INITIALS)
    native.stage.show_challenge(do.ShowChallenge(native.clock.now() + 60.0), "")
    await native.click(RED)
    assert await native.answer(ev.ChallengeAnswered) == ev.ChallengeAnswered(Answer.OTHER, "")


@pytest.mark.parametrize("by", ["mouse", "keys"])
async def test_a_held_desk_is_released_with_the_code_and_the_supervisors_mark(native: NativeDesk, by: str) -> None:
    native.stage.hold(HoldReason.LEDGER_FULL)

    async def is_up() -> bool:
        return native.cover.visible

    await until(is_up, "the desk is held")
    await asyncio.sleep(ARM_S)
    if by == "mouse":
        await native.click(BLUE)  # the button's edge; without a code it leads to the first field
        await press("type", "--delay", "20", "4711")
        await press("key", "Tab")
        await press("type", "--delay", "20", "SV")
        await native.click(BLUE)
    else:
        await press("key", "Tab")
        await press("type", "--delay", "20", "4711")
        await press("key", "Tab")
        await press("type", "--delay", "20", "SV")
        await press("key", "Return", "Tab", "Return", "space")

    async def is_released() -> bool:
        return bool(native.released)

    await until(is_released, "the release was asked for")
    assert native.released == [("4711", "SV")]


async def test_a_shield_that_comes_while_the_page_is_tried_is_not_followed_by_the_warning(
    native: NativeDesk, warned: Warned
) -> None:
    page = await warned.open(Quirk.LOOPS)
    await page.evaluate("setTimeout(() => document.getElementById('loop').click(), 0)")
    native.show_warning(warned)
    native.stage.raise_shield()
    await native.answer(ev.ShieldShown)
    await native.stage._page_lane.drained(LIMIT_S)
    assert native.screen.find(RED) is None
    assert native.of(ev.WarningShown) == []
    await page.close()


CODES = list(SPOKEN)


class Shown:
    """What the cover was told to show."""

    def __init__(self, native: NativeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.panels: list[Panel] = []
        for name in ("shield", "show", "update"):
            monkeypatch.setattr(native.cover, name, self._noting(getattr(native.cover, name)))

    def _noting(self, show: Callable[[Panel], Awaitable[Any]]) -> Callable[[Panel], Awaitable[Any]]:
        def noted(panel: Panel) -> Awaitable[Any]:
            self.panels.append(panel)
            return show(panel)

        return noted

    async def title(self, text: str) -> Panel:
        """Wait until a panel with this title is to be shown."""

        async def is_there() -> bool:
            return bool(self.panels) and self.panels[-1].title == text

        await until(is_there, f"{text!r} is shown")
        return self.panels[-1]


@pytest.mark.parametrize("how", ["keys", "mouse"])
async def test_the_native_warning_changes_its_language_and_keeps_its_time_and_its_answers(
    native: NativeDesk, warned: Warned, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    shown = Shown(native, monkeypatch)
    await warned.open(Quirk.FIGHTS)
    native.show_warning(warned)
    await native.is_up(BLUE)
    first = await shown.title("まだご利用中ですか")
    if how == "keys":
        await press("key", "Tab", "space")
    else:
        await native.press_languages()
    listed = await shown.title("言語を選んでください。")
    assert [button.label for button in listed.buttons] == [*(one.name for one in SPOKEN.values()), "戻る"]
    assert listed.countdown_s is not None
    await asyncio.sleep(ARM_S)
    await press("key", *["Tab"] * (CODES.index("vi") + 1), "space")
    asked = await shown.title(speaker("vi")("Are you still there?"))
    assert (asked.language, native.residents.chosen) == ("vi", "vi")
    assert asked.countdown_whole_s == first.countdown_whole_s
    assert asked.countdown_s is not None
    assert listed.countdown_s > asked.countdown_s, "the count goes on"
    await asyncio.sleep(ARM_S)
    await press("key", "Return", "space")  # nothing has the focus
    assert native.of(ev.WarningAnswered) == []
    await native.click(RED)
    assert await native.answer(ev.WarningAnswered) == ev.WarningAnswered(Answer.OTHER, Answerer.RESIDENT, "")


async def test_the_list_of_the_native_window_can_be_left_without_a_choice(
    native: NativeDesk, warned: Warned, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(native, monkeypatch)
    await warned.open(Quirk.FIGHTS)
    native.show_warning(warned)
    await native.is_up(BLUE)
    for tabs in (len(CODES) + 1, CODES.index("ja") + 1):  # "back", and the language that it is in already
        await press("key", "Tab", "space")
        await shown.title("言語を選んでください。")
        await asyncio.sleep(ARM_S)
        await press("key", *["Tab"] * tabs, "space")
        await shown.title("まだご利用中ですか")
        await asyncio.sleep(ARM_S)
    assert native.residents.chosen == "ja"
    assert native.of(ev.WarningAnswered) == []


async def test_the_challenge_stays_the_support_workers_and_tells_the_resident_to_wait(
    native: NativeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(native, monkeypatch)
    native.stage.show_challenge(do.ShowChallenge(native.clock.now() + 60.0), "山＊＊＊")
    plain = await shown.title("先ほどと同じ方ですか")
    assert plain.note == "", "the support worker's line says it in Japanese"
    native.residents.choose("ko")

    async def is_told() -> bool:
        return shown.panels[-1].note == speaker("ko")("Please wait. The support worker will ask you.")

    await until(is_told, "the resident is told to wait")
    assert shown.panels[-1].note_language == "ko"
    assert msgspec.structs.replace(shown.panels[-1], note="", note_language="ja", countdown_s=0) == (
        msgspec.structs.replace(plain, countdown_s=0)
    )


async def test_the_cover_speaks_the_visits_language_and_the_next_start_page_the_desks(
    native: NativeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(native, monkeypatch)
    native.residents.choose("zh")
    native.stage.raise_shield()
    assert (await shown.title("正在退出登录")).language == "zh-Hans"
    native.stage.show_gate(do.ShowGate())
    assert native.residents.chosen == "ja"
    native.stage.raise_shield()
    await shown.title("ログアウトしています")


async def test_a_language_that_comes_after_the_shield_does_not_bring_the_question_back(
    native: NativeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(native, monkeypatch)
    native.stage.show_challenge(do.ShowChallenge(native.clock.now() + 60.0), "")
    await shown.title("先ほどと同じ方ですか")
    native.stage.raise_shield()
    native.residents.choose("en")
    for button in ("languages", "language:vi", "back"):
        native.stage._answered(PanelAnswer("challenge", button))
    await native.answer(ev.ShieldShown)
    assert shown.panels[-1].kind == "shield"
