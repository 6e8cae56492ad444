"""Which senses a desk has, and how each is connected to the rest of the agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk_agent.clock import Clock
from kiosk_agent.config import Config
from kiosk_agent.config_load import SENSES
from kiosk_agent.hands.runner import Runner, Watchers
from kiosk_agent.hands.same_card import CardCheck, NoCardCheck, ReaderCheck
from kiosk_agent.health import Report
from kiosk_agent.sensors.card.sense import NAME as CARD
from kiosk_agent.sensors.card.sense import CardSense
from kiosk_agent.sensors.clock_jumps import ClockWatch
from kiosk_agent.sensors.hotkey import NAME as HOTKEY
from kiosk_agent.sensors.hotkey import EndVisitHotkey
from kiosk_agent.sensors.input import NAME as INPUT
from kiosk_agent.sensors.input import PcInput
from kiosk_agent.sensors.os_session import NAME as OS_SESSION
from kiosk_agent.sensors.os_session import OsSession
from kiosk_agent.sensors.sense import FollowsVisit, Sense, Senses, SenseState
from kiosk_agent.session.events import Post
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import StateName


def names_of_senses(config: Config) -> tuple[str, ...]:
    """The senses of this desk: those that are switched on, and those that it must not be without."""
    names = [name for name, is_on in SENSES.items() if is_on(config)]
    return tuple(dict.fromkeys([*names, *config.policy.mandatory_senses]))


def make_senses(
    config: Config, clock: Clock, clocks: ClockWatch, post: Post, senses: Senses, expects_card: Callable[[], bool]
) -> list[Sense]:
    """The senses that are switched on, each with its own report; the tray, which is also a hand, is not among them.

    ``expects_card``: whether the page in front asks for the card.
    """
    card = config.senses.card
    every: dict[str, Callable[[Report], Sense]] = {
        HOTKEY: lambda report: EndVisitHotkey(config.hotkey.end_visit, post, report),
        CARD: lambda report: CardSense(
            post,
            report,
            clock,
            grace_s=config.policy.card_absent_grace_s,
            expected=expects_card,
            reader=card.reader,
            compare_certificate=card.compare_certificate,
        ),
        OS_SESSION: lambda report: OsSession(post, report, clocks.woken),
        INPUT: lambda report: PcInput(config.policy.gap_s, clock, post, report),
    }
    return [make(senses.report_of(name)) for name, make in every.items() if SENSES[name](config)]


def expects_card(runner: Runner) -> bool:
    """Whether the visit's page in front asks for the card."""
    return runner.browser is not None and runner.browser.expects_card


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

    def tick() -> None:
        clocks.tick()
        others.tick()

    def observe(what: object, now: float) -> None:
        for sense in inputs:
            sense.observe(what)
        for follower in followers:
            follower.follow(visit())
        others.observe(what, now)

    def state_changed(state: StateName) -> None:
        for sense in inputs:
            sense.state_changed(state)
        others.state_changed(state)

    return Watchers(tick, observe, state_changed)
