"""What a card on the reader means for the visit that runs. Pure: it is told what happens, and when.

It knows the cards of the visit from the moment of the sign-in: those that lay on a reader then, or else the one that
lay there last. Before that, cards come and go as they like: nobody is signed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk_agent.sensors.card.identity import Identity, Likeness
from kiosk_agent.session.vocabulary import Signal

# A card that cannot be asked for so long, because another program keeps it to itself, counts as one that cannot be
# told; it is asked all the same, and if it turns out to be another one, that is said as well. Measured: 0.05 s.
ASK_LIMIT_S = 0.5


@dataclass
class Card:
    """A card on a reader. ``identity`` None: not yet known. ``own``: it lay there when the resident signed in."""

    expected: bool
    judge_by: float
    identity: Identity | None = None
    own: bool = False
    judged: bool = False


class CardWatch:
    """One desk's cards. ``grace_s``: how long a card may be off the reader while somebody is signed in.

    All ``now`` in seconds on one clock. What comes back are the signs to be posted, in order.
    """

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._cards: dict[str, Card] = {}  # by reader
        self._visit_id = ""
        self._signed_in = False
        self._known: tuple[Identity, ...] = ()
        self._last: Identity | None = None
        self._absent_since: float | None = None
        self._is_away = False

    def keep_to(self, grace_s: float) -> None:
        """Another policy holds."""
        self._grace_s = grace_s

    @property
    def is_away(self) -> bool:
        """Whether the visit's card is off the reader and none was put on since, however long ago that was told."""
        return self._is_away

    # the visit

    def follow(self, visit_id: str, *, signed_in: bool) -> bool:
        """Which visit runs (empty: none), and whether a portal session may be alive in it.

        Returns whether it is another visit: then all that was known of cards is forgotten, and each card that lies
        on a reader is to be identified anew.
        """
        if visit_id != self._visit_id:
            self._visit_id, self._signed_in = visit_id, signed_in
            self._known, self._last, self._absent_since, self._is_away = (), None, None, False
            for card in self._cards.values():
                card.identity, card.own, card.judged, card.expected = None, signed_in, False, False
            return True
        if signed_in and not self._signed_in:
            self._bind()
        self._signed_in = signed_in
        return False

    def _bind(self) -> None:
        for card in self._cards.values():
            card.own = True
        there = [card.identity for card in self._cards.values() if card.identity is not None]
        if not self._cards and self._last is not None:
            there = [self._last]
        self._known = tuple(there)

    # the readers

    def put_on(self, reader: str, identity: Identity | None, now: float, *, expected: bool = False) -> list[Signal]:
        """A card was put on. ``identity`` None: :meth:`identified` follows. ``expected``: the page asks for it."""
        self._cards[reader] = Card(expected, now + ASK_LIMIT_S)
        self._last = Identity()  # whatever it will turn out to be, no earlier card is the last one any more
        return self.identified(reader, identity, now) if identity is not None else []

    def identified(self, reader: str, identity: Identity, now: float) -> list[Signal]:
        """What the card on ``reader`` can be recognised by."""
        card = self._cards.get(reader)
        if card is None or not self._visit_id:
            return []
        card.identity = self._last = identity
        if not self._signed_in:
            return []
        if card.own:
            self._known = (*self._known, identity)
            return []
        return self._judge(card, identity)

    def _judge(self, card: Card, identity: Identity) -> list[Signal]:
        likeness = self._likeness(identity)
        if likeness is Likeness.DIFFERENT:
            return [Signal.CARD_DIFFERENT]
        self._absent_since, self._is_away = None, False
        if likeness is Likeness.SAME:
            card.own = True
            return []
        if not identity.is_blank:
            self._known = (*self._known, identity)  # from now on it can be told from others
        return self._untellable(card)

    def _untellable(self, card: Card) -> list[Signal]:
        said_already, card.judged = card.judged, True
        self._absent_since, self._is_away = None, False
        return [] if said_already or card.expected else [Signal.CARD_UNTELLABLE]

    def _likeness(self, identity: Identity) -> Likeness:
        answers = {known.likeness(identity) for known in self._known}
        if Likeness.SAME in answers:
            return Likeness.SAME
        return Likeness.DIFFERENT if answers == {Likeness.DIFFERENT} else Likeness.UNTELLABLE

    def taken_off(self, reader: str, now: float) -> list[Signal]:
        """The card was taken away, or its reader is gone."""
        card = self._cards.pop(reader, None)
        if card is None or not self._signed_in:
            return []
        # one that was there too briefly to be asked may have been anybody's
        signals = self._untellable(card) if card.identity is None and not card.own else []
        of_the_visit = card.own or card.judged
        self._is_away = self._is_away or of_the_visit
        if of_the_visit and self._absent_since is None:
            self._absent_since = now
        return signals

    # time

    def tick(self, now: float) -> list[Signal]:
        """What has become due at ``now``."""
        signals: list[Signal] = []
        if not self._signed_in:
            return signals
        for card in self._unasked():
            if now >= card.judge_by:
                signals += self._untellable(card)
        if self._absent_since is not None and now >= self._absent_since + self._grace_s:
            self._absent_since = None
            signals.append(Signal.CARD_REMOVED)
        return signals

    def next_deadline(self) -> float | None:
        """When to call :meth:`tick`; None: not before something happens."""
        if not self._signed_in:
            return None
        moments = [card.judge_by for card in self._unasked()]
        if self._absent_since is not None:
            moments.append(self._absent_since + self._grace_s)
        return min(moments, default=None)

    def _unasked(self) -> list[Card]:
        return [card for card in self._cards.values() if card.identity is None and not (card.own or card.judged)]

    # for whoever wants to know before something goes on

    def on_reader(self) -> Likeness | None:
        """Whether the visit's card lies on a reader now; None: no card does, or it is not yet known."""
        answers = {
            self._likeness(card.identity) if self._known else Likeness.UNTELLABLE
            for card in self._cards.values()
            if card.identity is not None
        }
        for likeness in (Likeness.SAME, Likeness.DIFFERENT, Likeness.UNTELLABLE):
            if likeness in answers:
                return likeness
        return None
