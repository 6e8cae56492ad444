"""The stage: what is on screen at the desk, from the gate's page to the native cover."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kiosk_agent.clock import Clock
from kiosk_agent.errors import HandError, ShieldLostError
from kiosk_agent.hands.form_panels import asked_by, form_panel
from kiosk_agent.hands.gate_pages import GatePages
from kiosk_agent.hands.lanes import Lane
from kiosk_agent.hands.panels import (
    BACK_BUTTON,
    LANGUAGE_BUTTON,
    LANGUAGES_BUTTON,
    challenge_panel,
    closed_panel,
    held_panel,
    languages_panel,
    shield_panel,
    warning_panel,
)
from kiosk_agent.hands.ports import Cover, Gate, Panel, PanelAnswer, Post, VisitBrowser, WarningView
from kiosk_agent.hands.visit_language import Words
from kiosk_agent.health import Health, Severity
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.vocabulary import Answer, Answerer, HoldReason

log = logging.getLogger(__name__)

GATE_LIMIT_S = 5.0  # the gate shows a page in 0.1 s; the cover waits no longer than this for it
PAGE_WARNING_LIMIT_S = 1.5  # measured: 4–18 ms; a page that needs longer hangs or fights


@dataclass(frozen=True)
class Moment:
    """Something worth measuring: what happened, on the session's clock."""

    what: str
    at: float


class Stage:
    """Shows what the session commands. ``released`` hears the code and mark of a supervisor at a held desk.

    ``chime`` makes a warning heard. ``gate``: its pages, for what the cover has no part in.
    """

    def __init__(
        self,
        cover: Cover,
        gate: Gate,
        health: Health,
        clock: Clock,
        words: Words,
        post: Post,
        *,
        failed: Callable[[str, BaseException], None],
        released: Callable[[str, str], None],
        code_needed: bool,
        observe: Callable[[object, float], None],
        chime: Callable[[], None] = lambda: None,
    ) -> None:
        self._cover = cover
        self._health = health
        self._clock = clock
        self._words = words
        self._post = post
        self._failed = failed
        self._released = released
        self._code_needed = code_needed
        self._observe = observe
        self._chime = chime
        self._page_lane = Lane("page", failed)
        self._cover_task: asyncio.Task[None] | None = None
        self._raising: asyncio.Task[None] | None = None  # the newest shield's way to the screen
        self._warning: do.ShowWarning | None = None
        self._warning_is_native = False
        self._asked: Callable[[], Panel] | None = None  # what the native panel asks, with the time that is left
        self._hold: HoldReason | None = None
        self.closed_note = ""  # what central's staff want shown at a desk that they have closed
        self._is_covered = True  # the session wants the cover; a desk starts beneath the supervisor's
        self._notice: Panel | None = None
        self._notice_read: Callable[[], None] = lambda: None
        self.gate = GatePages(gate, health, words, failed, self._out_of_its_way)
        cover.on_answer(self._answered)
        self._forget_language = words.voices.residents.on_change(self._language_chosen)

    def keep_to(self, policy: Policy) -> None:
        """Another policy holds from here on; nothing is shown that came from the one before."""
        self._words = dataclasses.replace(self._words, mark=policy.mark)
        self.gate.keep_to(policy)

    # the cover

    def raise_shield(self) -> asyncio.Future[float]:
        """Cover every screen, before anything else is done; ends when it is on screen, or lost."""
        self._warning = None
        self._asked = None
        panel = shield_panel(self._words.voices.residents)
        asked = self._cover.shield(panel)  # now, and not when the event loop gets round to a task
        self._raising = self._cover_for_session(self._shield_shown(asked))
        self.gate.show_ending()
        return asked

    def lower_shield(self) -> None:
        """Take the cover away, once the gate shows what it should."""
        self._asked = None
        self._is_covered = False
        self._set_cover(self._lower())

    def show_challenge(self, command: do.ShowChallenge, hint: str) -> None:
        """Ask on the cover whether it is still the same person, or about the form that is held."""
        whole_s = self._left_s(command.deadline)

        def asked() -> Panel:
            left_s, check = self._left_s(command.deadline), command.check
            if check is not None:
                return form_panel(check, left_s, whole_s, self._words.mark, self._words.voices)
            return challenge_panel(left_s, whole_s, hint, self._words.mark, self._words.voices)

        self._asked = asked
        self._cover_for_session(self._show_or_lose(asked()))

    def _left_s(self, deadline: float) -> float:
        return max(0.0, deadline - self._clock.now())

    def hold(self, reason: HoldReason) -> None:
        """Cover the desk until a supervisor releases it."""
        self._hold = reason
        self._asked = None
        note = self.closed_note if reason is HoldReason.CLOSED_BY_CENTRAL else ""
        self.gate.show_held(reason, note)
        if reason is not HoldReason.STARTING:  # while starting, the supervisor's own cover is still up
            self._cover_for_session(self._show_or_lose(self._held_panel(reason)))

    def refuse_release(self, *, code_right: bool) -> None:
        """The release code was wrong, or the ledger does not work yet."""
        if self._hold is not None:
            t = self._words.voices.t
            refused = t("Nothing can be recorded yet.") if code_right else t("This release code is not right.")
            self._cover_for_session(self._show_or_lose(self._held_panel(self._hold, refused)))

    def _held_panel(self, reason: HoldReason, refused: str = "") -> Panel:
        if reason is HoldReason.CLOSED_BY_CENTRAL:
            return closed_panel(self.closed_note, self._words.voices.t)
        return held_panel(reason, self._words.voices.t, refused=refused, code_needed=self._code_needed)

    def _cover_for_session(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self._is_covered = True
        return self._set_cover(work)

    def _set_cover(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """The newest wish about the cover replaces one that has not yet been fulfilled."""
        if self._cover_task is not None:
            self._cover_task.cancel()
        self._cover_task = asyncio.create_task(work)
        self._cover_task.add_done_callback(self._cover_done)
        return self._cover_task

    def _cover_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed("cover", error)

    async def _put_up(self, panel: Panel) -> None:
        if self._cover.visible:
            await self._cover.update(panel)
        else:
            await self._cover.show(panel)

    async def _show_or_lose(self, panel: Panel) -> None:
        try:
            await self._put_up(panel)
        except ShieldLostError as error:
            self._health.fail("shield_lost", Severity.RED, str(error))
            self._post(ev.ShieldLost())

    async def _shield_shown(self, asked: Awaitable[float]) -> None:
        try:
            at = await asked
        except ShieldLostError as error:
            self._health.fail("shield_lost", Severity.RED, str(error))
            self._post(ev.ShieldLost())
        else:
            self._health.recover("shield_lost")
            now = self._clock.now()
            self._observe(Moment("shield_shown", at), now)
            self._post(ev.ShieldShown())

    async def _lower(self) -> None:
        # what lies beneath must be the gate before the cover goes, not the desktop or a dying window
        await self.gate.drawn(limit_s=GATE_LIMIT_S)
        await self._hide_or_notify()

    # a notice: it tells people something in front of every program, and asks nothing of the session

    def show_notice(self, panel: Panel, read: Callable[[], None]) -> None:
        """Show ``panel`` on the cover, as soon as the session needs it for nothing else; ``read``: it was answered.

        A panel of the kind ``notice``; a second one takes the place of the first.
        """
        self._notice, self._notice_read = panel, read
        if self._is_free():
            self._set_cover(self._show_notice(panel))

    def hide_notice(self) -> None:
        """Take it away; nothing happens where none is shown."""
        if self._notice is None:
            return
        self._notice = None
        if self._is_free():
            self._set_cover(self._cover.hide())

    def _is_free(self) -> bool:
        """Whether the session needs the screen for nothing: a warning in the page must be seen, too."""
        return not self._is_covered and self._warning is None

    async def _hide_or_notify(self) -> None:
        if self._notice is not None and self._is_free():
            await self._show_notice(self._notice)
        else:
            await self._cover.hide()

    async def _show_notice(self, panel: Panel) -> None:
        try:
            await self._put_up(panel)
        except ShieldLostError as error:
            log.warning("a notice could not be shown: %s", error)

    def _answered(self, answer: PanelAnswer) -> None:
        if self._is_about_language(answer.button):
            return
        match answer.kind, answer.button:
            case "challenge", button:
                self._post(ev.ChallengeAnswered(Answer(button), answer.texts[0] if answer.texts else ""))
            case kind, button if (check := asked_by(kind)) is not None:
                mark = answer.texts[0] if answer.texts else ""
                self._post(ev.ChallengeAnswered(Answer(button), mark, check))
            case "warning", button:
                worker = self._warning is not None and self._warning.worker_only
                by = Answerer.WORKER if worker else Answerer.RESIDENT
                self._post(ev.WarningAnswered(Answer(button), by, answer.texts[0] if answer.texts else ""))
            case "held", "release":
                *codes, mark = answer.texts
                self._released(codes[0] if codes else "", mark)
            case "notice", _:
                self._notice_read()
            case _:
                log.warning("an answer to an unknown panel: %s/%s", answer.kind, answer.button)

    def _is_about_language(self, button: str) -> bool:
        """Carry out what the language button and its list say; whether it was one of them that was pressed."""
        is_list, is_back = button == LANGUAGES_BUTTON, button == BACK_BUTTON
        residents = self._words.voices.residents
        if button.startswith(LANGUAGE_BUTTON):
            language = button.removeprefix(LANGUAGE_BUTTON)
            is_back = language == residents.chosen
            residents.choose(language)
        elif not is_list and not is_back:
            return False
        if self._asked is not None and (is_list or is_back):
            asked = self._asked()
            self._set_cover(self._show_or_lose(languages_panel(asked, residents) if is_list else asked))
        return True

    def _language_chosen(self) -> None:
        """In whatever way: what is asked now is asked in that language."""
        if self._asked is not None:
            self._set_cover(self._show_or_lose(self._asked()))

    # the gate

    def show_gate(self, command: do.ShowGate) -> None:
        """No visit runs: the start page, in the desk's own language."""
        self._hold = None
        self._words.voices.residents.go_back()
        self.gate.show_start(command)

    def ask_confirmation(self, command: do.AskConfirmation) -> None:
        """What was proved, and the support worker's checklist."""
        self._hold = None
        self.gate.ask_confirmation(command)

    async def _out_of_its_way(self) -> None:
        """A page that is being drawn competes with the shield for the processors and for the screen."""
        if self._raising is not None:
            await asyncio.wait([self._raising])

    # the warning

    def show_warning(self, command: do.ShowWarning, browser: VisitBrowser | None) -> None:
        """Warn in the portal's page; in the native window where the page hangs or fights."""
        self._warning = command
        self._page_lane.put(lambda: self._warn(command, browser))

    def hide_warning(self, browser: VisitBrowser | None, *, lower_native: bool) -> None:
        """Take the warning away. ``lower_native``: nothing else needs the cover."""
        self._warning = None
        self._asked = None
        if self._warning_is_native:
            self._warning_is_native = False
            if lower_native:
                self._set_cover(self._hide_or_notify())
        elif self._notice is not None and self._is_free():
            self._set_cover(self._show_notice(self._notice))
        if browser is not None:
            self._page_lane.put(browser.hide_warning)

    def show_nudge(self, operation: str, browser: VisitBrowser) -> None:
        """Urge the resident, quietly, to log out."""
        self._page_lane.put(lambda: browser.show_nudge(operation))

    async def _warn(self, command: do.ShowWarning, browser: VisitBrowser | None) -> None:
        if self._warning is not command:
            return
        self._chime()
        # beneath a notice the page's warning would not be seen
        shown = self._notice is None and await self._warn_in_page(command, browser)
        if self._warning is command:
            if shown:
                self._post(ev.WarningShown())
            else:
                await self._warn_natively(command, browser)

    async def _warn_in_page(self, command: do.ShowWarning, browser: VisitBrowser | None) -> bool:
        if browser is None:
            return False

        def fought() -> None:
            self._page_lane.put(lambda: self._warn_natively(command, browser))

        try:
            async with asyncio.timeout(PAGE_WARNING_LIMIT_S):
                return await browser.show_warning(self._warning_view(command, browser), fought)
        except (TimeoutError, HandError) as error:
            log.info("the page does not show the warning: %s", type(error).__name__)
            return False

    async def _warn_natively(self, command: do.ShowWarning, browser: VisitBrowser | None) -> None:
        """In place of the page's warning, where the page hangs or removed it again and again."""
        if self._warning is not command or self._warning_is_native:
            return
        self._warning_is_native = True
        whole_s = self._left_s(command.deadline)

        def asked() -> Panel:
            return warning_panel(self._warning_view(command, browser), whole_s, self._words.mark, self._words.voices)

        self._asked = asked
        try:
            await self._put_up(asked())
        except ShieldLostError as error:
            self._health.fail("shield_lost", Severity.RED, str(error))
            if self._warning is command:
                self._post(ev.WarningNotShown())
            return
        if self._warning is command:
            self._post(ev.WarningShown())
        if browser is not None:
            await browser.hide_warning()  # beneath the cover the page need not be fought any longer

    def _warning_view(self, command: do.ShowWarning, browser: VisitBrowser | None) -> WarningView:
        return WarningView(
            kind=command.kind,
            seconds=self._left_s(command.deadline),
            worker_only=command.worker_only,
            can_extend=command.can_extend,
            needs_mark=command.worker_only and self._words.mark is not MarkPolicy.NONE,
            hint=browser.hint if browser is not None else "",
        )

    async def close(self) -> None:
        """Stop showing things."""
        self._forget_language()
        if self._cover_task is not None:
            self._cover_task.cancel()
        await self.gate.close()
        await self._page_lane.close()
