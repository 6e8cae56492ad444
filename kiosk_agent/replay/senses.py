"""The signs whose moment depends on the policy, found anew from what the senses noticed beneath them."""

from __future__ import annotations

from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.input.presence import Notice, Presence
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Signal, StateName

# Recorded too, for whoever reads the file; a replay leaves them out and finds them itself.
DERIVED = frozenset({Signal.CARD_REMOVED, Signal.RETURN_AFTER_GAP, Signal.INPUT_ELSEWHERE})
SIGNALS = {Notice.RETURNED: Signal.RETURN_AFTER_GAP, Notice.ELSEWHERE: Signal.INPUT_ELSEWHERE}


class Senses:
    """Card and input as they would have spoken under ``policy``. All times on the replay's clock.

    The rule for input is the sense's own; the one for the card is held against the sense's by a test.
    """

    def __init__(self, policy: Policy) -> None:
        self._grace_s = policy.card_absent_grace_s
        self._presence = Presence(policy.gap_s)
        self._watching = False
        self._absent_since: float | None = None

    def state_changed(self, state: StateName, now: float) -> None:
        """The desk is in another state."""
        watching = state is StateName.SIGNED_IN
        if watching and not self._watching:
            self._presence.begin(now)
        self._watching = watching
        if state in (StateName.GATE, StateName.OPEN, StateName.ENDING):
            self._absent_since = None  # nobody is signed in: cards come and go as they like

    def portal(self, now: float) -> None:
        """Input in the portal."""
        self._presence.portal(now)

    def hear(self, fact: Fact, now: float) -> Signal | None:
        """What a fact tells at once, if anything."""
        match fact:
            case Fact.CARD_OFF:
                self._absent_since = now if self._absent_since is None else self._absent_since
            case Fact.CARD_BACK:
                self._absent_since = None
            case Fact.PC_INPUT if self._watching and (notice := self._presence.person(now)) is not None:
                return SIGNALS[notice]
        return None

    def next_deadline(self) -> float | None:
        """When :meth:`tick` is due; None: not before something happens."""
        return None if self._absent_since is None else self._absent_since + self._grace_s

    def tick(self, now: float) -> Signal | None:
        """What has become due at ``now``."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        self._absent_since = None
        return Signal.CARD_REMOVED
