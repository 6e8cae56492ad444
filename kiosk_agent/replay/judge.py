"""Counts what a replay shows: for any stream what people met, for simulated ones also what was right and wrong."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence

import msgspec

from kiosk_agent.recording.stream import Kind, Part
from kiosk_agent.replay.run import Replay, people_of
from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import State
from kiosk_agent.session.vocabulary import EndReason, StateName

# Ends that the policy brings about, not the people.
FORCED = frozenset(
    {
        EndReason.IDLE,
        EndReason.CHANGE_OF_PERSON,
        EndReason.CHALLENGE_UNANSWERED,
        EndReason.MAX_LENGTH,
        EndReason.EXTENSIONS_USED_UP,
    }
)


class Met(msgspec.Struct):
    """What people meet."""

    visits: int = 0
    warnings: int = 0
    challenges: int = 0
    forced_logouts: int = 0


class Truth(msgspec.Struct):
    """What was right and what was wrong; known of simulated streams alone.

    ``changes``: somebody else sat down at a portal session that was alive and uncovered. ``missed``: ... and acted in
    it. ``false_…``: the right person was there. ``exposed_s``: seconds in which a portal session was alive and
    uncovered, and its person was not there; ``exposed_to_next_s``: ... and somebody else was.
    """

    changes: int = 0
    missed: int = 0
    false_warnings: int = 0
    false_challenges: int = 0
    false_logouts: int = 0
    exposed_s: float = 0.0
    exposed_to_next_s: float = 0.0

    @property
    def false_alarms(self) -> int:
        """All of them."""
        return self.false_warnings + self.false_challenges + self.false_logouts


class Outcome(msgspec.Struct):
    """What one policy makes of a stream."""

    met: Met
    hours: dict[str, Met]  # "2026-04-06 09": that hour
    ends: dict[str, int]  # by reason
    days: int
    truth: Truth | None
    lost: int = 0  # lines that the recording itself lacks

    @property
    def false_alarms_per_day(self) -> float | None:
        """None where it is not known."""
        return None if self.truth is None else self.truth.false_alarms / max(1, self.days)

    @property
    def exposed_s_per_day(self) -> float | None:
        """None where it is not known."""
        return None if self.truth is None else self.truth.exposed_s / max(1, self.days)


class _Judge:
    """Watches one replay."""

    def __init__(self, part: Part, outcome: Outcome) -> None:
        self._began = part.header.began
        self._outcome = outcome
        self._truth = outcome.truth
        self._people = people_of(part)
        self._last = 0.0
        self._person: int | None = 0
        self._changed: set[tuple[str, int]] = set()
        self._acted: set[tuple[str, int]] = set()
        self.replay: Replay | None = None

    def replay_under(self, policy: Policy) -> Replay:
        """A replay that this judge watches."""
        self.replay = Replay(policy, self._people, self._watch)
        return self.replay

    def _watch(self, before: State, event: ev.Event | None, commands: list[do.Command], now: float) -> None:
        if self.replay is None:
            return  # the agent's start
        if self._truth is not None:
            self._see_truth(self._truth, before, event, now)
        if not commands:
            return
        met = (self._outcome.met, self._hour(now))
        for command in commands:
            match command:
                case do.Record(entry=en.VisitStarted()):
                    for one in met:
                        one.visits += 1
                case do.ShowWarning():
                    for one in met:
                        one.warnings += 1
                    if self._truth is not None and self._is_right_person:
                        self._truth.false_warnings += 1
                case do.Record(entry=en.ChallengeGiven()):
                    for one in met:
                        one.challenges += 1
                    if self._truth is not None and self._is_right_person:
                        self._truth.false_challenges += 1
                case do.Record(entry=en.EndBegan(reason=reason)):
                    self._outcome.ends[reason.value] = self._outcome.ends.get(reason.value, 0) + 1
                    if reason in FORCED:
                        for one in met:
                            one.forced_logouts += 1
                        if self._truth is not None and self._is_right_person:
                            self._truth.false_logouts += 1
                case _:
                    pass

    def _hour(self, now: float) -> Met:
        at = self._began + datetime.timedelta(seconds=now)
        return self._outcome.hours.setdefault(f"{at:%Y-%m-%d %H}", Met())

    @property
    def _is_right_person(self) -> bool:
        owner = self.replay.owner if self.replay is not None else None
        return bool(self._person) and owner in (None, self._person)

    def _see_truth(self, truth: Truth, before: State, event: ev.Event | None, now: float) -> None:
        replay = self.replay
        if replay is None:
            return
        if _is_exposed(before) and replay.owner is not None and self._person != replay.owner:
            truth.exposed_s += now - self._last
            if self._person:
                truth.exposed_to_next_s += now - self._last
        self._last, self._person = now, self._people.person_at(now)
        visit = replay.state.visit
        if visit is None or not self._person or replay.owner in (None, self._person):
            return
        if _is_exposed(replay.state):
            self._changed.add((visit.visit_id, self._person))
        if isinstance(event, ev.PortalActivity) and replay.state.name is StateName.SIGNED_IN:
            self._acted.add((visit.visit_id, self._person))

    def close(self) -> None:
        """The stream is over."""
        if self._truth is not None:
            self._truth.changes += len(self._changed)
            self._truth.missed += len(self._acted)


def _is_exposed(state: State) -> bool:
    in_sight = state.name in (StateName.SIGNED_IN, StateName.WARNING)
    return in_sight and state.visit is not None and state.visit.saw_sign_in


def outcome_of(parts: Sequence[Part], policy: Policy | None) -> Outcome:
    """What ``policy`` makes of the parts; None: each under the policy that it was recorded with."""
    simulated = bool(parts) and all(part.header.seed is not None for part in parts)
    outcome = Outcome(Met(), {}, {}, len({part.header.began.date() for part in parts}), Truth() if simulated else None)
    for part in parts:
        judge = _Judge(part, outcome)
        judge.replay_under(policy or part.header.policy).run(part.lines)
        judge.close()
        outcome.lost += sum(line.n for line in part.lines if line.kind is Kind.LOST)
    outcome.hours = dict(sorted(outcome.hours.items()))
    return outcome


def ends_in_order(outcomes: Sequence[Outcome]) -> list[str]:
    """Every reason for an end, the most frequent first."""
    together: Counter[str] = Counter()
    for outcome in outcomes:
        together.update(outcome.ends)
    return [reason for reason, _ in together.most_common()]
