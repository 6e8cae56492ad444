"""Which senses a desk has, and how each is connected to the rest of the agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk_agent.clock import Clock
from kiosk_agent.config import Config
from kiosk_agent.config_load import SENSES
from kiosk_agent.hands.closing_notice import ClosingNotice
from kiosk_agent.hands.runner import Runner, Watchers
from kiosk_agent.hands.same_card import CardCheck, NoCardCheck, ReaderCheck
from kiosk_agent.hands.stage import Stage
from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.health import Health, Report
from kiosk_agent.locale import translator, worker_language
from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.browsers.sense import NAME as BROWSERS
from kiosk_agent.sensors.browsers.sense import BrowserSense
from kiosk_agent.sensors.card.sense import NAME as CARD
from kiosk_agent.sensors.card.sense import CardSense
from kiosk_agent.sensors.clock_jumps import ClockWatch
from kiosk_agent.sensors.hotkey import NAME as HOTKEY
from kiosk_agent.sensors.hotkey import EndVisitHotkey
from kiosk_agent.sensors.input import NAME as INPUT
from kiosk_agent.sensors.input import PcInput
from kiosk_agent.sensors.os_session import NAME as OS_SESSION
from kiosk_agent.sensors.os_session import OsSession
from kiosk_agent.sensors.sense import FollowsState, FollowsVisit, LooksOnTick, Sense, Senses, SenseState
from kiosk_agent.session.entries import Entry
from kiosk_agent.session.events import Post
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import StateName


@dataclass(frozen=True)
class Around:
    """What senses are made with, besides their settings. ``runner``: none yet when they are made."""

    clock: Clock
    clocks: ClockWatch
    post: Post
    health: Health
    data_dir: Path
    runner: Callable[[], Runner | None]
    note: Callable[[Fact], None] = lambda _fact: None  # for the recording of events

    def expects_card(self) -> bool:
        """Whether the visit's page in front asks for the card."""
        runner = self.runner()
        return runner is not None and runner.browser is not None and runner.browser.expects_card

    def record(self, entry: Entry) -> None:
        """Put an entry into the ledger that the session knows nothing of."""
        if (runner := self.runner()) is not None:
            runner.record(entry)

    def notice(self, language: str) -> ClosingNotice:
        """The desk's notice that a browser is about to be closed."""

        def stage() -> Stage | None:
            runner = self.runner()
            return runner.stage if runner is not None else None

        return ClosingNotice(stage, translator(language))


def switched_on(config: Config) -> tuple[str, ...]:
    """The senses that this desk has."""
    return tuple(name for name, is_on in SENSES.items() if is_on(config))


def names_of_senses(config: Config) -> tuple[str, ...]:
    """The senses of this desk: those that are switched on, and those that it must not be without."""
    return tuple(dict.fromkeys([*switched_on(config), *config.policy.mandatory_senses]))


def make_senses(config: Config, senses: Senses, around: Around) -> list[Sense]:
    """The senses that are switched on, each with its own report; the tray, which is also a hand, is not among them."""
    card = config.senses.card
    clock, post = around.clock, around.post
    every: dict[str, Callable[[Report], Sense]] = {
        HOTKEY: lambda report: EndVisitHotkey(config.hotkey.end_visit, post, report),
        CARD: lambda report: CardSense(
            post,
            report,
            clock,
            grace_s=config.policy.card_absent_grace_s,
            expected=around.expects_card,
            reader=card.reader,
            compare_certificate=card.compare_certificate,
            note=around.note,
        ),
        OS_SESSION: lambda report: OsSession(post, report, around.clocks.woken),
        INPUT: lambda report: PcInput(config.policy.gap_s, clock, post, report, note=around.note),
        BROWSERS: lambda report: BrowserSense(
            config.senses.browsers,
            post,
            report,
            health=around.health,
            clock=clock,
            notice=around.notice(worker_language(config.desk.language)),
            record=around.record,
            profiles=[around.data_dir, *all_roots(around.data_dir)],
        ),
    }
    return [make(senses.report_of(name)) for name, make in every.items() if SENSES[name](config)]


def card_check_of(made: Sequence[Sense], senses: Senses) -> CardCheck:
    """Who reads the card once more before a form is sent: the card sense, while it works."""

    def works() -> bool:
        return any(one.name == CARD and one.state is SenseState.WORKING for one in senses.statuses)

    return next((ReaderCheck(sense.on_reader, works) for sense in made if isinstance(sense, CardSense)), NoCardCheck())


def watched_by(
    senses: Sequence[Sense], clocks: ClockWatch, visit: Callable[[], Visit | None], others: Watchers
) -> Watchers:
    """Who hears of what the runner does: the senses to which it matters, and ``others``."""
    inputs = [sense for sense in senses if isinstance(sense, PcInput)]
    followers = [sense for sense in senses if isinstance(sense, FollowsVisit)]
    lookers = [sense for sense in senses if isinstance(sense, LooksOnTick)]
    listeners = [sense for sense in senses if isinstance(sense, FollowsState)]

    def tick() -> None:
        clocks.tick()
        for looker in lookers:
            looker.tick()
        others.tick()

    def observe(what: object, now: float) -> None:
        for sense in inputs:
            sense.observe(what)
        for follower in followers:
            follower.follow(visit())
        others.observe(what, now)

    def state_changed(state: StateName) -> None:
        for listener in listeners:
            listener.state_changed(state)
        others.state_changed(state)

    return Watchers(tick, observe, state_changed)
