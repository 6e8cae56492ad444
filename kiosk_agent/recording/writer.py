"""Writes the desk's stream of events, beside everything else: it never keeps the desk waiting, and never fails it."""

from __future__ import annotations

import asyncio
import datetime
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from kiosk_agent import __version__
from kiosk_agent.clock import Clock
from kiosk_agent.health import Health, Severity
from kiosk_agent.recording.kinds import KindOf
from kiosk_agent.recording.stream import FORMAT, VERSION, Fact, Header, Kind, Line, encode
from kiosk_agent.session.events import Event
from kiosk_agent.session.policy import Policy

log = logging.getLogger(__name__)

CODE = "recording"
FOLDER = "events"
SUFFIX = ".jsonl"
MOST_WAITING = 10_000  # lines for a disk that hangs, about a megabyte; what comes then is counted as lost
RETRY_S = 60.0
STOP_LIMIT_S = 2.0
MIB = 2**20
REMEDY = "The desk goes on; see whether the disk is full, and who may write into the data folder."


class _Happened(NamedTuple):
    now: float
    kind: Kind
    word: str


class EventRecording:
    """One agent's recording: a file a day in ``data_dir/events``. Files past ``keep_days`` or ``max_bytes`` go.

    ``observe`` and ``note`` may be called from any thread; the disk is only touched in a thread of its own.
    """

    def __init__(
        self, data_dir: Path, policy: Policy, clock: Clock, health: Health, *, keep_days: int, max_bytes: int
    ) -> None:
        self._folder = data_dir / FOLDER
        self._policy = policy
        self._clock = clock
        self._health = health
        self._keep_days = keep_days
        self._max_bytes = max_bytes
        self._kind_of = KindOf()
        self._waiting: queue.Queue[_Happened | Policy | None] = queue.Queue(MOST_WAITING)
        self._began_s = clock.now()
        self._began = clock.wall()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        # of the thread alone
        self._file: BinaryIO | None = None
        self._day: datetime.date | None = None
        self._is_full = False
        self._written_bytes = 0
        self._others_bytes = 0
        self._header_at_s = 0.0
        self._last_s = 0.0
        self._lost = 0
        self._retry_at_s: float | None = None
        self._said: str | None = None
        self._overflow = 0  # of the callers; one count too few in a race is still a count
        self.idle = threading.Event()  # everything so far is on disk, or counted as lost

    def start(self) -> None:
        """Begin, in a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=CODE, daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, and end. A disk that hangs is not waited for."""
        if self._thread is None:
            return
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            log.warning("the recording's disk hangs: its last lines are lost")
            return
        await asyncio.to_thread(self._thread.join, STOP_LIMIT_S)

    def observe(self, what: object, now: float) -> None:
        """An event that the session is told; what else the runner sees is not recorded."""
        if isinstance(what, Event) and (kept := self._kind_of(what)) is not None:
            self._put(_Happened(now, *kept))

    def keep_to(self, policy: Policy) -> None:
        """Another policy holds from here on: what follows is told under a header of its own."""
        try:
            self._waiting.put_nowait(policy)
        except queue.Full:
            self._overflow += 1

    def note(self, fact: Fact) -> None:
        """What a sense notices beneath its signs."""
        self._put(_Happened(self._clock.now(), Kind(fact.value), ""))

    def _put(self, happened: _Happened) -> None:
        self.idle.clear()
        try:
            self._waiting.put_nowait(happened)
        except queue.Full:
            self._overflow += 1

    # in the thread

    def _run(self) -> None:
        while (happened := self._waiting.get()) is not None:
            if isinstance(happened, Policy):
                self._policy = happened
                self._close()  # the next line opens it again, with a header
                continue
            self._lost, self._overflow = self._lost + self._overflow, 0
            self._write(happened)
            if self._waiting.empty():
                self.idle.set()
        self._close()

    def _write(self, happened: _Happened) -> None:
        if self._retry_at_s is not None and happened.now < self._retry_at_s:
            self._lost += 1
            return
        try:
            file = self._file_for(happened.now)
            if file is None:
                self._lost += 1
                self._tell(f"Events are not recorded: today's file has reached {self._max_bytes / MIB:g} MiB.")
                return
            # threads may be a tenth of a second out of order
            self._last_s = max(self._last_s, round(happened.now - self._header_at_s, 1))
            text = encode(Line(self._last_s, Kind.LOST, n=self._lost)) if self._lost else b""
            self._append(file, text + encode(Line(self._last_s, happened.kind, happened.word)))
        except OSError as error:
            self._close()
            self._lost += 1
            self._retry_at_s = happened.now + RETRY_S
            self._tell(f"Events are not recorded: {error.strerror or error}.")
        else:
            self._retry_at_s, self._lost = None, 0
            self._tell(None)

    def _append(self, file: BinaryIO, text: bytes) -> None:
        file.write(text)
        file.flush()
        self._written_bytes += len(text)

    def _file_for(self, now: float) -> BinaryIO | None:
        """Today's file, with room in it; None where it is full. Raises OSError."""
        at = self._began + datetime.timedelta(seconds=now - self._began_s)
        if self._day != at.date():
            self._close()
            self._day, self._is_full = at.date(), False
        if self._is_full:
            return None
        file = self._file or self._open(self._day, at, now)
        if self._others_bytes + self._written_bytes > self._max_bytes:
            self._make_room(self._day)
            if self._written_bytes > self._max_bytes:
                self._close()
                self._is_full = True
                return None
        return file

    def _open(self, day: datetime.date, at: datetime.datetime, now: float) -> BinaryIO:
        """Today's file, with a header of its own: each day, and each agent, can be read alone."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{day.isoformat()}{SUFFIX}"
        _cut_broken_line(path)
        file = self._file = path.open("ab")
        self._written_bytes = file.tell()
        self._make_room(day)
        self._header_at_s, self._last_s = now, 0.0
        header = Header(format=FORMAT, version=VERSION, agent=__version__, began=at, policy=self._policy)
        self._append(file, encode(header))
        return file

    def _make_room(self, day: datetime.date) -> None:
        """Remove what is too old, and the oldest as long as all together is too much. Raises OSError."""
        oldest = day - datetime.timedelta(days=self._keep_days - 1)
        kept = sorted(path for path in self._folder.glob(f"*{SUFFIX}") if path.stem < day.isoformat())
        sizes = {path: path.stat().st_size for path in kept}
        for path in kept:
            if path.stem < oldest.isoformat() or sum(sizes.values()) + self._written_bytes > self._max_bytes:
                path.unlink(missing_ok=True)
                del sizes[path]
        self._others_bytes = sum(sizes.values())

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                log.warning("the recording was not closed: %s", error)

    def _tell(self, problem: str | None) -> None:
        if problem == self._said or self._loop is None:
            return
        self._said = problem
        work: Callable[[], object] = (
            (lambda: self._health.recover(CODE))
            if problem is None
            else (lambda: self._health.fail(CODE, Severity.AMBER, problem, REMEDY))
        )
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:
            log.debug("the event loop is closed: nobody is left to tell of the recording")


def _cut_broken_line(path: Path) -> None:
    """Remove a last line without its end: the PC was switched off while it was written. Raises OSError."""
    try:
        with path.open("r+b") as file:
            text = file.read()
            if text and not text.endswith(b"\n"):
                file.truncate(text.rfind(b"\n") + 1)
    except FileNotFoundError:
        return
