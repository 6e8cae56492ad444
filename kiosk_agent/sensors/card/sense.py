"""The card reader as a sense: posts CARD_DIFFERENT, CARD_UNTELLABLE and CARD_REMOVED while somebody is signed in.

Everything here happens in the event loop; the threads that talk to the readers only hand in what they saw. Between
visits no card is asked for anything. The key that tags are made with is drawn for each visit and dropped at its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from kiosk_agent.clock import Clock
from kiosk_agent.health import Report
from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.card.identity import CardKey, Identity, Likeness
from kiosk_agent.sensors.card.monitor import Monitor, Readers
from kiosk_agent.sensors.card.pcsc import Pcsc, ReaderNow, SystemPcsc, Trouble
from kiosk_agent.sensors.card.reading import Reading, identity_by_atr
from kiosk_agent.sensors.card.watch import CardWatch
from kiosk_agent.sensors.card.words import NO_READER, words_for
from kiosk_agent.session.events import ChangeSignalled, Post
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import Signal

log = logging.getLogger(__name__)

NAME = "card"


class CardSense:
    """``grace_s``: how long a card may be off the reader while somebody is signed in.

    ``expected`` is asked, in the event loop, whether the page on screen asks for the card. ``reader``: a part of the
    names of the readers that count, empty for all. ``compare_certificate``: see docs/senses.md. ``note`` is told when
    the visit's card goes and when one is back, whatever the grace.
    """

    name = NAME

    def __init__(
        self,
        post: Post,
        report: Report,
        clock: Clock,
        *,
        grace_s: float,
        expected: Callable[[], bool] = lambda: False,
        reader: str = "",
        compare_certificate: bool = False,
        pcsc: Pcsc | None = None,
        note: Callable[[Fact], None] = lambda _fact: None,
    ) -> None:
        self._post = post
        self._report = report
        self._clock = clock
        self._expected = expected
        self._reader = reader
        self._certificate = compare_certificate
        self._pcsc = pcsc or SystemPcsc()
        self._watch = CardWatch(grace_s)
        self._note = note
        self._was_away = False
        self._monitor = Monitor(self._pcsc, self._hand_in_readers, self._hand_in_trouble, self._is_ours)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._seen: dict[str, ReaderNow] = {}
        self._was_blind = False
        self._followed = ("", False)
        self._key: CardKey | None = None
        self._readings: dict[str, Reading] = {}

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._monitor.start()

    async def stop(self) -> None:
        self._over = True
        self._give_up_readings()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.to_thread(self._monitor.stop)

    # the visit

    def follow(self, visit: Visit | None) -> None:
        """Which visit runs, and whether somebody is signed in; None from the beginning of its end."""
        visit_id = visit.visit_id if visit is not None else ""
        signed_in = visit is not None and visit.saw_sign_in
        if self._over or (visit_id, signed_in) == self._followed:
            return
        self._followed = (visit_id, signed_in)
        if self._watch.follow(visit_id, signed_in=signed_in):
            self._give_up_readings()
            self._key = CardKey() if visit_id else None
            for reader, now in self._seen.items():
                if now.has_card:
                    self._identify(reader, now)
            self._was_away = False  # of another visit
        self._wake_in_time()

    def keep_to(self, policy: Policy) -> None:
        self._watch.keep_to(policy.card_absent_grace_s)

    def on_reader(self) -> Likeness | None:
        """Whether the visit's card lies on a reader now; None: no card does, or it is not yet known."""
        return self._watch.on_reader()

    # what the monitor sees

    def _is_ours(self, name: str) -> bool:
        return self._reader.casefold() in name.casefold()

    def _hand_in_readers(self, readers: Readers) -> None:
        self._in_loop(self._readers_changed, readers)

    def _hand_in_trouble(self, trouble: Trouble, text: str) -> None:
        self._in_loop(self._blinded, trouble, text)

    def _in_loop(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(work, *arguments)
        except RuntimeError:
            log.debug("the event loop is closed: nobody is left to tell of the card reader")

    def _blinded(self, trouble: Trouble, text: str) -> None:
        if self._over:
            return
        self._was_blind = True  # what lies on a reader afterwards may have been put there meanwhile
        self._report.absent(*words_for(trouble, text))

    def _readers_changed(self, readers: Readers) -> None:
        if self._over:
            return
        if readers:
            self._report.working()
        else:
            self._report.absent(*NO_READER)
        for reader in [*self._seen, *(name for name in readers if name not in self._seen)]:
            self._reader_changed(reader, self._seen.get(reader), readers.get(reader))
        self._seen, self._was_blind = dict(readers), False
        self._wake_in_time()

    def _reader_changed(self, reader: str, before: ReaderNow | None, now: ReaderNow | None) -> None:
        had_card = before is not None and before.has_card
        has_card = now is not None and now.has_card
        # two cards that change places between two looks still count up
        is_another = had_card and (self._was_blind or not _is_same_stay(before, now))
        if had_card and (is_another or not has_card):
            self._give_up(reader)
            self._tell(self._watch.taken_off(reader, self._clock.now()))
        if now is not None and now.has_card and (is_another or not had_card):
            signals = self._watch.put_on(reader, None, self._clock.now(), expected=self._expected())
            self._tell(signals)
            self._identify(reader, now)

    # whose card it is

    def _identify(self, reader: str, now: ReaderNow) -> None:
        if self._key is None:
            return
        by_atr = identity_by_atr(now, certificate=self._certificate)
        if by_atr is not None:
            self._tell(self._watch.identified(reader, by_atr, self._clock.now()))
            return
        self._readings[reader] = Reading(
            self._pcsc,
            reader,
            now.atr,
            self._key,
            lambda reading, identity: self._in_loop(self._identified, reader, reading, identity),
            certificate=self._certificate,
        )

    def _identified(self, reader: str, reading: Reading, identity: Identity) -> None:
        if self._readings.get(reader) is not reading:
            return  # of a card that is gone, or of another visit
        del self._readings[reader]
        self._tell(self._watch.identified(reader, identity, self._clock.now()))
        self._wake_in_time()

    def _give_up(self, reader: str) -> None:
        reading = self._readings.pop(reader, None)
        if reading is not None:
            reading.give_up()

    def _give_up_readings(self) -> None:
        for reader in list(self._readings):
            self._give_up(reader)

    # what it means

    def _tell(self, signals: list[Signal]) -> None:
        for signal in signals:
            self._post(ChangeSignalled(signal))
        if self._watch.is_away is not self._was_away:
            self._was_away = self._watch.is_away
            self._note(Fact.CARD_OFF if self._was_away else Fact.CARD_BACK)

    def _wake_in_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._watch.next_deadline()
        if deadline is not None and self._loop is not None and not self._over:
            self._timer = self._loop.call_later(max(0.0, deadline - self._clock.now()), self._woken)

    def _woken(self) -> None:
        self._tell(self._watch.tick(self._clock.now()))
        self._wake_in_time()


def _is_same_stay(before: ReaderNow | None, now: ReaderNow | None) -> bool:
    if before is None or now is None:
        return before is now
    return (before.has_card, before.atr, before.count) == (now.has_card, now.atr, now.count)
