"""Tries settings against each other on simulated weeks, and says by which rule each preset is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from kiosk_agent.recording.stream import Part
from kiosk_agent.replay.judge import Outcome, Truth, outcome_of
from kiosk_agent.session.policy import Policy, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal, Weight

# What is tried: everything that a preset may set and that the simulated weeks can tell apart. Shorter than 60 s of
# idling or 30 s of gap is reading; longer than 180 s of idling is a session that stands open for minutes.
IDLE_LIMITS_S = (60.0, 90.0, 120.0, 180.0)
GAPS_S = (30.0, 60.0, 90.0, 120.0)
CARD_GRACES_S = (15.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True)
class Candidate:
    """Settings to be tried. ``card_absent_grace_s`` None: a card that is taken away weighs nothing."""

    idle_limit_s: float
    gap_s: float
    card_absent_grace_s: float | None

    @property
    def policy(self) -> Policy:
        """The standard policy with these settings."""
        standard = policy_of(Preset.STANDARD)
        limits = {"idle_limit_s": self.idle_limit_s, "gap_s": self.gap_s}
        if self.card_absent_grace_s is None:
            return replace(standard, **limits, weights={Signal.CARD_REMOVED: Weight.NOTHING})
        weights = {Signal.CARD_REMOVED: Weight.POSSIBLE}
        return replace(standard, **limits, card_absent_grace_s=self.card_absent_grace_s, weights=weights)


def candidates() -> Iterator[Candidate]:
    """All of them."""
    for idle_limit_s in IDLE_LIMITS_S:
        for gap_s in GAPS_S:
            for grace_s in (*CARD_GRACES_S, None):
                yield Candidate(idle_limit_s, gap_s, grace_s)


def truth_of(parts: Sequence[Part], policy: Policy) -> Truth:
    """How right and wrong a policy was. Raises ValueError for streams of which that is not known."""
    outcome: Outcome = outcome_of(parts, policy)
    if outcome.truth is None:
        raise ValueError("only of simulated streams is it known who was at the desk")
    return outcome.truth


# The rules by which the presets are chosen. Where a worker is asked wrongly more often than this, nobody believes the
# question any more; 28 people come a day, so it is one and a half false alarms for each, and one.
STANDARD_BEARS_A_DAY = 42.0
LENIENT_BEARS_A_DAY = 28.0
# What a minute in which a portal session stands open is held to be worth, in false alarms. The choice is the same for
# everything between the two limits; a test says so.
FALSE_ALARMS_A_MINUTE = 5.0
FALSE_ALARMS_A_MINUTE_LIMITS = (2.0, 10.0)


@dataclass(frozen=True)
class Tried:
    """What a candidate came to, on so many days."""

    candidate: Candidate
    missed: int
    changes: int
    false_alarms_a_day: float
    exposed_s_a_day: float


def tried(candidate: Candidate, truth: Truth, days: int) -> Tried:
    """A candidate's result."""
    return Tried(candidate, truth.missed, truth.changes, truth.false_alarms / days, truth.exposed_s / days)


def choose(results: Sequence[Tried], preset: Preset, false_alarms_a_minute: float = FALSE_ALARMS_A_MINUTE) -> Tried:
    """The candidate that a preset's rule takes.

    Strict: the fewest missed changes, and of those the least exposure. The others: of the candidates with bearably few
    false alarms, those with the fewest missed changes; of those the one with the least of false alarms and exposure.
    Raises ValueError where none is bearable.
    """
    if preset is Preset.STRICT:
        return min(results, key=lambda one: (one.missed, one.exposed_s_a_day))
    bears = STANDARD_BEARS_A_DAY if preset is Preset.STANDARD else LENIENT_BEARS_A_DAY

    def cost(one: Tried) -> float:
        return one.false_alarms_a_day + one.exposed_s_a_day / 60 * false_alarms_a_minute

    return min((one for one in results if one.false_alarms_a_day <= bears), key=lambda one: (one.missed, cost(one)))
