"""The door to PC/SC: pyscard's lowest level, which is the system's own interface and nothing else.

pyscard's own monitor is not used: its thread ends for good when the service is missing or goes away. Everything here
blocks, so it is called in threads of their own; no call is ever made while Python's lock is held.

How a card is touched: shared, without a transaction, and left as it was found (SCARD_SHARE_SHARED, SCARD_LEAVE_CARD).
Measured with pcsc-lite: while another program holds a transaction, connecting and transmitting wait for its end; while
it is connected exclusively, connecting fails at once.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import msgspec

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"  # changes when a reader comes or goes; PC/SC part 5, and pcsc-lite
# pcsc-lite tells of a reader that comes or goes only while it is waited for; one that comes between two waits is found
# after this long.
WAIT_MS = 10_000


class Trouble(enum.StrEnum):
    """Why PC/SC did not do what it was asked."""

    NO_PYSCARD = "no_pyscard"
    NO_SERVICE = "no_service"
    BUSY = "busy"  # another program has the card to itself
    GONE = "gone"  # the card or the reader is no longer there
    CANCELLED = "cancelled"
    OTHER = "other"


class PcscError(Exception):
    """PC/SC did not do what it was asked; the text is the system's own."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble


class ReaderNow(msgspec.Struct, frozen=True):
    """How a reader is. ``state``: the system's own word, to be handed back. ``count``: how often cards came or went.

    ``answers``: it is there; a reader whose cable was pulled may stay in the list and say nothing more.
    """

    state: int
    has_card: bool
    atr: bytes
    count: int
    in_use: bool = False  # another program is connected to the card
    answers: bool = True


class CardLine(Protocol):
    """A card that can be spoken to."""

    def transmit(self, command: bytes) -> bytes:
        """Its answer, with the status word at the end. Raises PcscError."""
        ...


class PcscContext(Protocol):
    """A conversation with the service."""

    def readers(self) -> tuple[str, ...]:
        """The names of the readers that are attached. Raises PcscError."""
        ...

    def wait(self, known: Mapping[str, int], *, limit_ms: int = WAIT_MS) -> dict[str, ReaderNow]:
        """Wait until a reader is not as ``known`` says (0: look at it now), comes, goes, or the time is over.

        Returns the readers of ``known`` as they are. Raises PcscError.
        """
        ...

    def cancel(self) -> None:
        """Let a :meth:`wait` in another thread raise PcscError(CANCELLED), if there is one; never raises."""
        ...

    def card_in(self, reader: str) -> AbstractContextManager[CardLine]:
        """Speak to the card in ``reader``. Raises PcscError."""
        ...

    def release(self) -> None:
        """End it; never raises."""
        ...


class Pcsc(Protocol):
    """The system's PC/SC."""

    def establish(self) -> PcscContext:
        """Begin a conversation. Raises PcscError, also where pyscard is not installed."""
        ...


class SystemPcsc:
    """The real one."""

    def establish(self) -> PcscContext:
        try:
            from smartcard import scard
        except ImportError as error:
            raise PcscError(Trouble.NO_PYSCARD, str(error)) from error
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(scard, result)
        return _Context(scard, context)


class _Context:
    def __init__(self, scard: Any, context: int) -> None:
        self._scard = scard
        self._context = context

    def readers(self) -> tuple[str, ...]:
        result, names = self._scard.SCardListReaders(self._context, [])
        if _code(result) == _code(self._scard.SCARD_E_NO_READERS_AVAILABLE):
            return ()
        _check(self._scard, result)
        return tuple(names)

    def wait(self, known: Mapping[str, int], *, limit_ms: int = WAIT_MS) -> dict[str, ReaderNow]:
        scard = self._scard
        # the upper half of the notification's state is the number of readers that we know of
        asked = [*known.items(), (PLUG_AND_PLAY, len(known) << 16)]
        result, answers = scard.SCardGetStatusChange(self._context, limit_ms, asked)
        if _code(result) != _code(scard.SCARD_E_TIMEOUT):
            _check(scard, result)
        return {
            name: ReaderNow(
                state=state & ~scard.SCARD_STATE_CHANGED,
                has_card=bool(state & scard.SCARD_STATE_PRESENT),
                atr=bytes(atr),
                count=(state >> 16) & 0xFFFF,
                in_use=bool(state & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE)),
                answers=not state & (scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_UNKNOWN),
            )
            for name, state, atr in answers
            if name in known
        }

    def cancel(self) -> None:
        self._scard.SCardCancel(self._context)

    @contextmanager
    def card_in(self, reader: str) -> Iterator[CardLine]:
        scard = self._scard
        both = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_SHARED, both)
        _check(scard, result)
        try:
            yield _Line(scard, card, protocol)
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def release(self) -> None:
        self._scard.SCardReleaseContext(self._context)


class _Line:
    def __init__(self, scard: Any, card: int, protocol: int) -> None:
        self._scard = scard
        self._card = card
        self._pci = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

    def transmit(self, command: bytes) -> bytes:
        result, answer = self._scard.SCardTransmit(self._card, self._pci, list(command))
        _check(self._scard, result)
        return bytes(byte & 0xFF for byte in answer)


def _code(result: int) -> int:
    return result & 0xFFFFFFFF  # negative on Windows, positive on Linux


def _check(scard: Any, result: int) -> None:
    if result == scard.SCARD_S_SUCCESS:
        return
    troubles = {
        Trouble.NO_SERVICE: (
            scard.SCARD_E_NO_SERVICE,
            scard.SCARD_E_SERVICE_STOPPED,
            scard.SCARD_E_INVALID_HANDLE,
            scard.SCARD_F_COMM_ERROR,
            scard.SCARD_F_INTERNAL_ERROR,
        ),
        Trouble.BUSY: (scard.SCARD_E_SHARING_VIOLATION, scard.SCARD_W_RESET_CARD),
        Trouble.GONE: (
            scard.SCARD_E_NO_SMARTCARD,
            scard.SCARD_W_REMOVED_CARD,
            scard.SCARD_E_READER_UNAVAILABLE,
            scard.SCARD_E_UNKNOWN_READER,
        ),
        Trouble.CANCELLED: (scard.SCARD_E_CANCELLED, scard.SCARD_E_SYSTEM_CANCELLED),
    }
    text = f"{scard.SCardGetErrorMessage(result).strip()} (0x{_code(result):08X})"
    for trouble, results in troubles.items():
        if _code(result) in map(_code, results):
            raise PcscError(trouble, text)
    raise PcscError(Trouble.OTHER, text)
