"""What a desk's policy decides: limits, and how much each sign of another person weighs."""

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


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a desk. All times in seconds on the session's clock."""

    idle_limit_s: float = 90.0  # without input in the portal before the warning
    warning_s: float = 30.0  # countdown of the warning
    max_visit_s: float = 3600.0  # the portal's own idle limit is an hour; no visit may outlast it
    max_extensions: int = 20
    gap_s: float = 60.0  # without input in the portal, after which only the worker's answer counts
    challenge_s: float = 60.0
    card_absent_grace_s: float = 30.0  # off the reader while somebody is signed in, before that is a sign: CARD_REMOVED
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


CLASSIFICATION: dict[Signal, Weight] = {
    Signal.NEXT_PERSON: Weight.CERTAIN,
    Signal.ACCOUNT_DIFFERENT: Weight.CERTAIN,
    Signal.CARD_DIFFERENT: Weight.CERTAIN,
    Signal.CARD_UNTELLABLE: Weight.POSSIBLE,
    Signal.CARD_REMOVED: Weight.POSSIBLE,
    Signal.OS_LOCKED: Weight.POSSIBLE,
    Signal.OS_USER_CHANGED: Weight.CERTAIN,
    Signal.RETURN_AFTER_GAP: Weight.POSSIBLE,
    Signal.INPUT_ELSEWHERE: Weight.NOTHING,  # the support worker looks something up
    Signal.RESUMED: Weight.POSSIBLE,
    Signal.FOREIGN_WINDOW_CLOSED: Weight.NOTHING,  # one wrong key must not throw an old person out
    Signal.FOREIGN_WINDOW_STUCK: Weight.CERTAIN,
    Signal.FOREIGN_BROWSER: Weight.NOTHING,  # at many desks the worker has an office system open beside
    Signal.REMOTE_CONTROL: Weight.POSSIBLE,  # a hand at the desk that nobody sees
}


def classify(signal: Signal, policy: Policy) -> Weight:
    """How much ``signal`` weighs under ``policy``. The worker's own word and another account always stay certain."""
    if CLASSIFICATION[signal] is Weight.CERTAIN:
        return Weight.CERTAIN
    return policy.weights.get(signal, CLASSIFICATION[signal])
