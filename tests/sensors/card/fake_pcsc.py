"""A PC/SC without service and readers, held to the same contract as the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from kiosk_agent.sensors.card.pcsc import WAIT_MS, CardLine, PcscContext, PcscError, ReaderNow, Trouble

Answers = Callable[[bytes], bytes]  # a command's answer; may raise PcscError


class FakePcsc:
    """``runs``: the service. Each reader has a card's ATR and answers, or None."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._runs = True
        self._readers: dict[str, tuple[bytes, Answers] | None] = {"Fake reader 00 00": None}
        self._counts: dict[str, int] = {}
        self._silent: set[str] = set()

    def establish(self) -> PcscContext:
        with self._news:
            self.need_service()
            return _Context(self)

    # what happens to it

    def put(self, atr: bytes, answers: Answers, reader: str = "Fake reader 00 00") -> None:
        self._change(reader, (atr, answers))

    def take(self, reader: str = "Fake reader 00 00") -> None:
        self._change(reader, None)

    def _change(self, reader: str, card: tuple[bytes, Answers] | None) -> None:
        with self._news:
            self._readers[reader] = card
            self._counts[reader] = self._counts.get(reader, 0) + 1
            self._news.notify_all()

    def swap_unseen(self, atr: bytes, answers: Answers, *, counted: int = 2) -> None:
        """Another card takes the place without anybody seeing the reader empty; a new service counts from the start."""
        reader = "Fake reader 00 00"
        with self._news:
            self._readers[reader] = (atr, answers)
            self._counts[reader] += counted
            self._news.notify_all()

    def unplug(self, reader: str = "Fake reader 00 00") -> None:
        with self._news:
            del self._readers[reader]
            self._news.notify_all()

    def pull_cable(self, reader: str = "Fake reader 00 00") -> None:
        """The service still lists it."""
        with self._news:
            self._silent.add(reader)
            self._news.notify_all()

    def push_cable(self, reader: str = "Fake reader 00 00") -> None:
        with self._news:
            self._silent.discard(reader)
            self._news.notify_all()

    def plug(self, reader: str = "Fake reader 00 00") -> None:
        self._change(reader, None)

    def run(self, runs: bool) -> None:
        with self._news:
            self._runs = runs
            self._news.notify_all()

    # for its contexts, which hold the lock

    def need_service(self) -> None:
        if not self._runs:
            raise PcscError(Trouble.NO_SERVICE, "Service not available.")

    @property
    def news(self) -> threading.Condition:
        return self._news

    def names(self) -> tuple[str, ...]:
        self.need_service()
        return tuple(self._readers)

    def now(self, reader: str) -> ReaderNow:
        self.need_service()
        if reader not in self._readers:
            raise PcscError(Trouble.GONE, "Unknown reader specified.")
        if reader in self._silent:
            return ReaderNow(0x8, has_card=False, atr=b"", count=0, answers=False)
        card, count = self._readers[reader], self._counts.get(reader, 0)
        state = count << 16 | (0x20 if card else 0x10)
        return ReaderNow(state, card is not None, card[0] if card else b"", count)

    def card(self, reader: str) -> CardLine:
        if not self.now(reader).has_card:
            raise PcscError(Trouble.GONE, "No smart card inserted.")
        card = self._readers[reader]
        assert card is not None
        return _Line(card[1])


class _Line:
    def __init__(self, answers: Answers) -> None:
        self.transmit = answers


class _Context:
    def __init__(self, pcsc: FakePcsc) -> None:
        self._pcsc = pcsc
        self._cancelled = False

    def readers(self) -> tuple[str, ...]:
        with self._pcsc.news:
            return self._pcsc.names()

    def wait(self, known: Mapping[str, int], *, limit_ms: int = WAIT_MS) -> dict[str, ReaderNow]:
        pcsc = self._pcsc

        def is_news() -> bool:
            return (
                self._cancelled
                or set(pcsc.names()) != set(known)
                or any(pcsc.now(name).state != state for name, state in known.items())
            )

        with pcsc.news:
            self._cancelled = False
            pcsc.news.wait_for(is_news, limit_ms / 1000)
            if self._cancelled:
                raise PcscError(Trouble.CANCELLED, "Command cancelled.")
            return {name: pcsc.now(name) for name in known}

    def cancel(self) -> None:
        with self._pcsc.news:
            self._cancelled = True
            self._pcsc.news.notify_all()

    @contextmanager
    def card_in(self, reader: str) -> Iterator[CardLine]:
        with self._pcsc.news:
            line = self._pcsc.card(reader)
        yield line

    def release(self) -> None:
        pass
