"""The sense itself: looks at the PC's input while a portal session is on screen, and sleeps otherwise."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from kiosk_agent.clock import Clock
from kiosk_agent.health import Report
from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.input.noise import Sign
from kiosk_agent.sensors.input.presence import Notice, Presence
from kiosk_agent.sensors.input.readers import open_reader
from kiosk_agent.sensors.input.reading import InputUnreadableError, Reader
from kiosk_agent.session.events import ChangeSignalled, PortalActivity, Post
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Signal, StateName

log = logging.getLogger(__name__)

NAME = "input"
RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 60.0
STOP_LIMIT_S = 2.0  # a look takes a tenth of a millisecond, unless the X server hangs

SIGNALS = {Notice.RETURNED: Signal.RETURN_AFTER_GAP, Notice.ELSEWHERE: Signal.INPUT_ELSEWHERE}
NOISY = {
    Sign.TREMBLING: (
        "A mouse moves by itself, a few pixels to and fro; that is not taken for a person.",
        "Wipe its sensor and lay a pad beneath it, or exchange the mouse.",
    ),
    Sign.STILL: (
        "A device makes input by itself (a stuck key, a game controller); that is not taken for a person.",
        "See whether something lies on the keyboard, and unplug what the desk does not need.",
    ),
}


class PcInput:
    """Posts ChangeSignalled(RETURN_AFTER_GAP) and (INPUT_ELSEWHERE); never PortalActivity: no session lives by it.

    Tell it the desk's states and what happens there (:meth:`state_changed`, :meth:`observe`).
    """

    name = NAME

    def __init__(
        self,
        gap_s: float,
        clock: Clock,
        post: Post,
        report: Report,
        open_reader: Callable[[Clock], Reader] = open_reader,
        note: Callable[[Fact], None] = lambda _fact: None,
    ) -> None:
        self._clock = clock
        self._post = post
        self._report = report
        self._open_reader = open_reader
        self._note = note  # told, in the sense's thread, of each look that finds somebody
        self._presence = Presence(gap_s)
        self._changed = threading.Condition()
        self._watching = False
        self._begun = False  # to watch, and nothing has been looked at since
        self._over = False
        self._said: tuple[Sign | None] | None = None
        self._thread: threading.Thread | None = None
        self.looked = threading.Event()  # set after each look

    def start(self) -> None:
        """Look in a thread of its own: an X server that hangs must not hang the agent."""
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Look no more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_LIMIT_S)

    def state_changed(self, state: StateName) -> None:
        """Warnings and challenges are left by their answers alone, so nothing is looked at then."""
        with self._changed:
            watching = state is StateName.SIGNED_IN
            if watching and not self._watching:
                self._presence.begin(self._clock.now())
                self._begun = True
                self._changed.notify_all()
            self._watching = watching

    def keep_to(self, policy: Policy) -> None:
        """Another policy holds from here on."""
        with self._changed:
            self._presence.keep_to(policy.gap_s)

    def observe(self, what: object) -> None:
        """What the runner sees happen, among it the input in the portal."""
        if isinstance(what, PortalActivity):
            with self._changed:
                self._presence.portal(self._clock.now())

    def _run(self) -> None:
        pause_s = RETRY_FIRST_S
        while not self._over:
            hopeless = False
            try:
                reader = self._open_reader(self._clock)
                try:
                    reader.read()
                    pause_s = RETRY_FIRST_S
                    self._say()
                    self._look_on(reader)
                finally:
                    reader.close()
            except InputUnreadableError as error:
                why, hopeless = str(error), error.hopeless
            except Exception as error:  # a sense that is dead must be seen to be
                log.exception("the PC's input cannot be looked at")
                why = f"{type(error).__name__}: {error}"
            else:
                return
            self._said = None
            self._report.absent(f"Input outside the portal is not noticed: {why}", "It is tried again by itself.")
            if hopeless:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._over, pause_s)
            pause_s = min(RETRY_LONGEST_S, pause_s * 2)

    def _look_on(self, reader: Reader) -> None:
        """Until it is over."""
        while self._wait():
            reading = reader.read()
            now = self._clock.now()
            with self._changed:
                # the state may have changed meanwhile, and a look says nothing of another state
                before = self._presence.here_at
                notice = self._presence.look(reading, now) if self._watching else None
                is_somebody = self._presence.here_at > before
            if is_somebody:
                self._note(Fact.PC_INPUT)
            self.looked.set()
            self._say()
            if notice is not None:
                self._post(ChangeSignalled(SIGNALS[notice]))

    def _wait(self) -> bool:
        """Until the next look is due; false: it is over. Without a portal session there is no wake-up at all.

        The first look is due as soon as a portal session begins: what comes later is told from it.
        """
        with self._changed:
            if self._watching:
                pause_s = self._presence.next_look_s(self._clock.now())
                self._changed.wait_for(lambda: self._over or self._begun, pause_s)
            self._changed.wait_for(lambda: self._over or self._watching)
            self._begun = False
            return not self._over

    def _say(self) -> None:
        noise = self._presence.noise
        if self._said == (noise,):
            return  # every word of a report wakes the event loop
        self._said = (noise,)
        if noise is None:
            self._report.working()
        else:
            self._report.degraded(*NOISY[noise])
