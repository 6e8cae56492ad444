"""The agent's end of the channel to its supervisor: heartbeat, cover, and the news that one of the two must end.

The channel is the agent's own standard input and output, which works on every system. The lifeline takes both over
when it starts: a stray ``print`` goes to standard error, and no program started by the agent inherits the channel.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Protocol

from kiosk_agent.clock import next_stroke
from kiosk_agent.process_tree import wake_when_parent_dies

# A busy PC may swallow a beat; two in a row are one hang. More beats would only wake a resting PC.
BEATS_IN_HANG_LIMIT = 2.5
LONGEST_BEAT_S = 2.0
# An orphan without a cover has this long to log out and to end; then it is ended. The limits of a visit's end
# (logout 20 s, browser 5 s, residue 10 s) fit in.
ORPHAN_LIMIT_S = 40.0

Message = Mapping[str, Any]
Listener = Callable[[Message], None]


class Lines(Protocol):
    """Where lines come from: a binary file, or something like it."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class Channel:
    """JSON lines over two pipes. Listeners run in the event loop; :meth:`send` may be called from any thread.

    Reading has a thread, and so has writing what the pipe does not take at once: a stopped partner never stops the
    event loop. What it takes at once is written where it is said, because to wake a thread for each heartbeat would
    cost a resting PC more than the heartbeat does.
    """

    def __init__(self, incoming: Lines, outgoing: BinaryIO, name: str) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._name = name
        self._listeners: list[Listener] = []
        self._ended: list[Callable[[], None]] = []
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._unwritten = 0  # messages that the writing thread has to write
        self._takes_at_once = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: threading.Thread | None = None
        self.open = False

    def start(self) -> None:
        """Begin to read and to write. Call it in the event loop."""
        self._loop = asyncio.get_running_loop()
        self.open = True
        with self._sending:
            if not self._unwritten:
                self._let_wait(False)
        threading.Thread(target=self._read, name=f"{self._name}-in", daemon=True).start()
        self._writer = threading.Thread(target=self._write, name=f"{self._name}-out", daemon=True)
        self._writer.start()

    def send(self, message: Message) -> None:
        """Hand over one message. It is lost if the partner is gone, which :meth:`on_end` tells."""
        line = json.dumps(message, ensure_ascii=False).encode() + b"\n"
        with self._sending:
            if self._outgoing.closed:
                return
            rest = line[self._write_at_once(line) :]
            if rest:
                if not self._unwritten:
                    self._let_wait(True)
                self._unwritten += 1
                self._outbox.put(rest)

    def on_message(self, listener: Listener) -> None:
        """``listener`` hears every message, in the event loop."""
        self._listeners.append(listener)

    def on_end(self, listener: Callable[[], None]) -> None:
        """``listener`` is called once, in the event loop, when the partner is gone."""
        self._ended.append(listener)

    def flush_and_close(self, limit_s: float = 1.0) -> None:
        """Let everything out that was sent, then close our side."""
        self._outbox.put(None)
        if self._writer is not None:
            self._writer.join(limit_s)

    def _write_at_once(self, line: bytes) -> int:
        """How many bytes of it are done with; never waits, and never overtakes what was said before."""
        if not self._takes_at_once:
            return 0
        try:
            return os.write(self._outgoing.fileno(), line)
        except BlockingIOError:
            return 0
        except OSError:
            return len(line)  # the reader sees the end of the other pipe and tells it

    def _let_wait(self, waits: bool) -> None:
        if sys.platform != "win32":  # there a pipe always waits
            os.set_blocking(self._outgoing.fileno(), waits)
            self._takes_at_once = not waits

    def _write(self) -> None:
        while (line := self._outbox.get()) is not None:
            try:
                self._outgoing.write(line)
                self._outgoing.flush()
                with self._sending:
                    self._unwritten -= 1
                    if not self._unwritten:
                        self._let_wait(False)
            except (OSError, ValueError):
                break  # the reader sees the end of the other pipe and tells it
        with self._sending, contextlib.suppress(OSError):
            self._outgoing.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._incoming:
                message = json.loads(line)
                if not self._in_loop(lambda message=message: self._tell(message)):  # type: ignore[misc]  # binds it
                    break
        with contextlib.suppress(OSError):
            self._incoming.close()
        self.open = False
        self._in_loop(self._tell_end)

    def _in_loop(self, work: Callable[[], None]) -> bool:
        assert self._loop is not None  # noqa: S101  # threads are started by start(), which sets it
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:
            return False  # the event loop is closed: the agent is at its end
        return True

    def _tell(self, message: Message) -> None:
        for listener in self._listeners:
            listener(message)

    def _tell_end(self) -> None:
        for listener in self._ended:
            listener()


def beat_for(hang_limit_s: float) -> float:
    """Seconds between two heartbeats, where ``hang_limit_s`` without one counts as hung."""
    return min(LONGEST_BEAT_S, hang_limit_s / BEATS_IN_HANG_LIMIT)


class Lifeline:
    """What ties an agent to its supervisor.

    ``on_stop``: asked to stop in good order. ``on_orphaned``: the supervisor is dead, so nothing covers the screen:
    end as soon as it is safe. Both run in the event loop. An orphan that has not ended after ``orphan_limit_s`` is
    killed by its own reader thread, also when the event loop hangs. ``beat_s``: between two heartbeats.
    """

    def __init__(
        self,
        on_stop: Callable[[], None],
        on_orphaned: Callable[[], None],
        *,
        beat_s: float,
        orphan_limit_s: float = ORPHAN_LIMIT_S,
    ) -> None:
        self._on_stop = on_stop
        self._on_orphaned = on_orphaned
        self._beat_s = beat_s
        self._orphan_limit_s = orphan_limit_s
        self._beats = 0
        self._timer: asyncio.TimerHandle | None = None
        self._hello: asyncio.Future[Message] | None = None
        incoming, outgoing = take_over_standard_streams()
        self.channel = Channel(_WatchedInput(incoming, self._input_ended), outgoing, "lifeline")
        self._closing = False

    async def start(self, hello_limit_s: float = 10.0) -> None:
        """Connect and begin to beat. Raises TimeoutError where nobody greets us: there is no supervisor."""
        wake_when_parent_dies()
        self._hello = asyncio.get_running_loop().create_future()
        self.channel.on_message(self._heard)
        self.channel.on_end(self._ended)
        self.channel.start()
        self._beat()
        async with asyncio.timeout(hello_limit_s):
            await self._hello

    @property
    def hello(self) -> Message:
        """How the supervisor greeted us: ``cover`` is ``native`` or ``none``; ``covered``: so is the screen."""
        if self._hello is None or not self._hello.done():
            return {}
        return self._hello.result()

    def tell_browser(self, pid: int, visit_id: str) -> None:
        """The visit's browser runs as ``pid``: to be killed if this process is lost."""
        self.channel.send({"browser": {"pid": pid, "visit": visit_id}})

    def tell_no_browser(self) -> None:
        """The visit's browser is gone."""
        self.channel.send({"browser": None})

    def tell_hang_panel(self, panel: Message) -> None:
        """What to show if this process is lost, in the visit's language (:class:`kiosk_agent.cover.panel.Panel`)."""
        self.channel.send({"hang": panel})

    def say(self, message: Message) -> None:
        """Tell whoever watches this run (the demo)."""
        self.channel.send({"say": message})

    def stopping(self) -> None:
        """From here on our end is no accident. Without this the supervisor starts another agent."""
        self.channel.send({"stopping": True})

    def close(self) -> None:
        """Let the last messages out and stop beating."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self.channel.flush_and_close()

    def _beat(self) -> None:
        # from the event loop on purpose: when the loop hangs, the heart stops
        self._beats += 1
        self.channel.send({"beat": self._beats})
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(next_stroke(loop.time(), self._beat_s), self._beat)

    def _heard(self, message: Message) -> None:
        if "hello" in message and self._hello is not None and not self._hello.done():
            self._hello.set_result(message["hello"])
        elif "stop" in message:
            self._on_stop()

    def _ended(self) -> None:
        if not self._closing:
            self._on_orphaned()

    def _input_ended(self) -> None:
        """In the reader's thread, so that it works while the event loop hangs."""
        timer = threading.Timer(self._orphan_limit_s, _end_at_once)
        timer.daemon = True
        timer.start()


class _WatchedInput:
    """An input that tells its end in the reading thread."""

    def __init__(self, incoming: BinaryIO, ended: Callable[[], None]) -> None:
        self._incoming = incoming
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._incoming
        finally:
            self._ended()

    def close(self) -> None:
        self._incoming.close()


def _end_at_once() -> None:
    # no handlers, no cleaning up: the browser and its driver die with us, and the next start finds the visit
    if sys.platform == "win32":
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)


def take_over_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for ourselves alone: what is left in their places is nothing, and standard error."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing
