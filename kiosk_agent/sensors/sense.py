"""What every sense has in common: how it tells that it works, and who hears of it when it does not.

A sense reports to a :class:`Report` of its own. :class:`Senses` keeps what each one said last: it becomes a health
warning (code: the sense's name), a line of ``status``, and for the session SenseLost and SenseRecovered.
"""

from __future__ import annotations

import asyncio
import datetime
import enum
import logging
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from kiosk_agent.health import Health, Severity
from kiosk_agent.session.events import Event, Post, SenseLost, SenseRecovered
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import StateName

log = logging.getLogger(__name__)


class SenseState(enum.StrEnum):
    """How well a sense works."""

    WORKING = "working"
    DEGRADED = "degraded"  # it notices less than it should, or later
    ABSENT = "absent"  # it notices nothing


class SenseStatus(msgspec.Struct, frozen=True):
    """How one sense is, since when, why, and what to do about it."""

    name: str
    state: SenseState
    since: datetime.datetime
    why: str = ""
    remedy: str = ""


class Sense(Protocol):
    """Notices one kind of thing. It posts events from any thread, and never raises where its world is missing."""

    @property
    def name(self) -> str:
        """What health, ``status`` and ``policy.mandatory_senses`` call it."""
        ...

    def start(self) -> None:
        """Begin to notice; returns at once. Called in the event loop."""
        ...

    async def stop(self) -> None:
        """Notice nothing any more; bounded."""
        ...


@runtime_checkable
class FollowsVisit(Protocol):
    """A sense to which it matters whether a visit runs, and whether somebody is signed in."""

    def follow(self, visit: Visit | None) -> None:
        """The visit as it is now, after each event; None outside of one, and from the beginning of its end.

        Called in the event loop; returns at once.
        """
        ...


@runtime_checkable
class LooksOnTick(Protocol):
    """A sense that wakes the PC for nothing of its own: it looks with the agent's other work of each second."""

    def tick(self) -> None:
        """Look. Called once a second in the event loop; returns soon, and never raises."""
        ...


@runtime_checkable
class FollowsState(Protocol):
    """A sense to which it matters in which state the desk is."""

    def state_changed(self, state: StateName) -> None:
        """The desk is in another state. Called in the event loop; returns at once."""
        ...


@runtime_checkable
class KeepsToPolicy(Protocol):
    """Something whose limits the desk's policy says."""

    def keep_to(self, policy: Policy) -> None:
        """Another policy holds from here on. Called in the event loop, with no visit; returns at once."""
        ...


class Senses:
    """What each sense of the desk said last. Make it in the event loop; any thread may report.

    ``names`` are the senses that are switched on. Until it has reported for the first time a sense is absent to the
    session: a desk whose mandatory sense has not said that it works must not begin a visit.
    """

    def __init__(self, names: Sequence[str], health: Health, post: Post, wall: Callable[[], datetime.datetime]) -> None:
        self._health = health
        self._post = post
        self._wall = wall
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Callable[[], None]] = []
        now = wall()
        self._statuses = {name: SenseStatus(name, SenseState.ABSENT, now, "It has not reported yet.") for name in names}

    def announce(self) -> None:
        """Tell the session which senses do not work yet: before anything else is told to it."""
        for status in self._statuses.values():
            if status.state is SenseState.ABSENT:
                self._post(SenseLost(status.name))

    def on_change(self, listener: Callable[[], None]) -> None:
        """``listener`` is called, in the event loop, whenever a sense is not as it was."""
        self._listeners.append(listener)

    def report_of(self, name: str) -> SenseReport:
        """Where the sense ``name`` reports to."""
        return SenseReport(name, self)

    @property
    def statuses(self) -> tuple[SenseStatus, ...]:
        """How each sense is now."""
        return tuple(self._statuses.values())

    def note(self, name: str, state: SenseState, why: str, remedy: str) -> None:
        """Take what a sense says; returns at once, in any thread."""
        try:
            self._loop.call_soon_threadsafe(self._note, name, state, why, remedy)
        except RuntimeError:
            log.debug("the event loop is closed: nobody is left to tell of %s", name)

    def _note(self, name: str, state: SenseState, why: str, remedy: str) -> None:
        before = self._statuses[name]
        if (before.state, before.why) == (state, why):
            return
        since = before.since if before.state is state else self._wall()
        self._statuses[name] = SenseStatus(name, state, since, why, remedy)
        event: Event = SenseLost(name) if state is SenseState.ABSENT else SenseRecovered(name)
        if (before.state is SenseState.ABSENT) != (state is SenseState.ABSENT):
            self._post(event)
        if state is SenseState.WORKING:
            if self._health.recover(name):
                log.info("%s works again", name)
        elif self._health.fail(name, Severity.AMBER, why, remedy):
            log.info("%s is %s: %s", name, state, why)
        for listener in self._listeners:
            listener()


class SenseReport:
    """One sense's way to :class:`Senses`: a :class:`~kiosk_agent.health.Report`."""

    def __init__(self, name: str, senses: Senses) -> None:
        self._name = name
        self._senses = senses

    def working(self) -> None:
        self._senses.note(self._name, SenseState.WORKING, "", "")

    def degraded(self, why: str, remedy: str = "") -> None:
        self._senses.note(self._name, SenseState.DEGRADED, why, remedy)

    def absent(self, why: str, remedy: str = "") -> None:
        self._senses.note(self._name, SenseState.ABSENT, why, remedy)
