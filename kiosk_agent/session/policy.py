"""What a desk's policy decides: limits, and how much each sign of another person weighs.

Two tables say how signals add up, one column a preset: :data:`FUSION` and :data:`TIMINGS`. Where the numbers of the
presets come from: ``docs/tuning.md``.
"""

from __future__ import annotations

import enum

import msgspec

from kiosk_agent.session.vocabulary import Signal, Weight

MIN_WARNING_S = 20.0  # WCAG 2.2, 2.2.1: at least 20 seconds to answer a time limit
MIN_EXTENSIONS = 10  # WCAG 2.2, 2.2.1: at least ten times


class MarkPolicy(enum.StrEnum):
    """What a support worker signs a confirmation with."""

    NONE = "none"
    INITIALS = "initials"
    STAFF_NUMBER = "staff_number"


class Preset(enum.StrEnum):
    """A policy as a whole, in the order of the columns below."""

    STRICT = "strict"
    STANDARD = "standard"
    LENIENT = "lenient"


_C, _P, _N = Weight.CERTAIN, Weight.POSSIBLE, Weight.NOTHING

# How much each sign weighs. What is certain in the middle column is certain under every policy.
FUSION: dict[Signal, tuple[Weight, Weight, Weight]] = {
    #                              strict, standard, lenient
    Signal.NEXT_PERSON:           (_C, _C, _C),
    Signal.ACCOUNT_DIFFERENT:     (_C, _C, _C),
    Signal.CARD_DIFFERENT:        (_C, _C, _C),
    Signal.CARD_UNTELLABLE:       (_P, _P, _P),
    Signal.CARD_REMOVED:          (_P, _P, _N),  # some people take it at once
    Signal.OS_LOCKED:             (_P, _P, _P),
    Signal.OS_USER_CHANGED:       (_C, _C, _C),
    Signal.RETURN_AFTER_GAP:      (_P, _P, _P),
    Signal.INPUT_ELSEWHERE:       (_N, _N, _N),  # the support worker looks something up
    Signal.RESUMED:               (_C, _P, _P),
    Signal.FOREIGN_WINDOW_CLOSED: (_P, _N, _N),  # one wrong key must not throw an old person out
    Signal.FOREIGN_WINDOW_STUCK:  (_C, _C, _C),
    Signal.FOREIGN_BROWSER:       (_P, _N, _N),  # at many desks the worker has an office system open beside
    Signal.REMOTE_CONTROL:        (_P, _P, _P),  # a hand at the desk that nobody sees
}  # fmt: skip

# The limits that a preset sets, in seconds; all others are the same under every preset.
TIMINGS: dict[str, tuple[float, float, float]] = {
    #                       strict, standard, lenient
    "idle_limit_s":        (90.0, 120.0, 120.0),
    "gap_s":               (30.0, 60.0, 60.0),
    "card_absent_grace_s": (30.0, 30.0, 30.0),
    "challenge_s":         (60.0, 60.0, 90.0),
}  # fmt: skip
_COLUMN = {preset: column for column, preset in enumerate(Preset)}
_STANDARD = _COLUMN[Preset.STANDARD]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a desk. All times in seconds on the session's clock."""

    preset: Preset = Preset.STANDARD  # from which it was made; what decides stands in the other fields
    idle_limit_s: float = TIMINGS["idle_limit_s"][_STANDARD]  # without input in the portal before the warning
    warning_s: float = 30.0  # countdown of the warning
    max_visit_s: float = 3600.0  # the portal's own idle limit is an hour; no visit may outlast it
    max_extensions: int = 20
    gap_s: float = TIMINGS["gap_s"][
        _STANDARD
    ]  # without input in the portal, after which only the worker's answer counts
    challenge_s: float = TIMINGS["challenge_s"][_STANDARD]
    card_absent_grace_s: float = TIMINGS["card_absent_grace_s"][
        _STANDARD
    ]  # off the reader while somebody is signed in, before that is a sign: CARD_REMOVED
    card_wait_s: float = 30.0  # for the same card to be put on the reader again before a form is sent
    open_limit_s: float = 30.0  # measured: 0.5 s; a slow disk after switching on takes tens of times that
    record_limit_s: float = 10.0  # measured: 0.6 ms; an entry not durable by then means that the ledger hangs
    shield_limit_s: float = 1.0  # measured: 3 ms; a second means that it will not come
    logout_limit_s: float = 30.0  # the profile's own timeout plus the check in the same browser
    destroy_limit_s: float = 5.0  # measured: 0.1 s
    residue_limit_s: float = 10.0
    proof_limit_s: float = 15.0
    mark: MarkPolicy = MarkPolicy.NONE
    mandatory_senses: tuple[str, ...] = ()
    weights: dict[Signal, Weight] = {}  # overrides of CLASSIFICATION


CLASSIFICATION: dict[Signal, Weight] = {signal: weights[_STANDARD] for signal, weights in FUSION.items()}


def policy_of(preset: Preset) -> Policy:
    """The policy that ``preset`` stands for, without any setting of a desk's own."""
    column = _COLUMN[preset]
    weights = {signal: weights[column] for signal, weights in FUSION.items() if weights[column] != weights[_STANDARD]}
    limits = {name: values[column] for name, values in TIMINGS.items()}
    return msgspec.structs.replace(Policy(preset=preset, weights=weights), **limits)


def classify(signal: Signal, policy: Policy) -> Weight:
    """How much ``signal`` weighs under ``policy``. The worker's own word and another account always stay certain."""
    if CLASSIFICATION[signal] is Weight.CERTAIN:
        return Weight.CERTAIN
    return policy.weights.get(signal, CLASSIFICATION[signal])
