"""Asks a card what it can be recognised by; blocks, so that it runs in a thread of its own.

Most cards are never spoken to: what the ATR tells is enough to know that they have no UID that lasts. Of the others
one answer of the reader is read. Only with ``compare_certificate`` is the card itself asked for something.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from kiosk_agent.sensors.card.identity import CardKey, Identity, is_lasting_uid, may_have_lasting_uid
from kiosk_agent.sensors.card.pcsc import CardLine, Pcsc, PcscError, ReaderNow, Trouble

log = logging.getLogger(__name__)

OK = b"\x90\x00"  # ISO/IEC 7816-4, 5.6
GET_UID = bytes.fromhex("FFCA000000")  # PC/SC part 3, 3.2.2.1.3: answered by the reader, not by the card
# The My Number Card's application for public personal authentication (JPKI), and in it the certificate for user
# authentication: an elementary file that is read without a PIN. The issuer publishes no specification; these are the
# identifiers that OpenSC's driver for the card (card-jpki, pkcs15-jpki) and many other open programs use.
SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_CERTIFICATE = bytes.fromhex("00A4020C02000A")
LONGEST_CERTIFICATE_BYTES = 0x2000  # a real one has about 1500; more is no certificate
CHUNK_BYTES = 0x100
SEQUENCE, TWO_LENGTH_BYTES = 0x30, 0x82  # how a certificate of 256 bytes or more begins: X.690, 8.1.3.5

RETRY_S = 0.1  # while another program has the card to itself
SLOW_RETRY_S = 1.0  # ... and keeps it
QUICK_TRIES = 20


def identity_by_atr(reader: ReaderNow, *, certificate: bool) -> Identity | None:
    """A blank identity where the card need not be asked, because nothing it could answer would count."""
    return None if certificate or may_have_lasting_uid(reader.atr) else Identity()


def identify(line: CardLine, atr: bytes, key: CardKey, *, certificate: bool) -> Identity:
    """Ask the card. Raises PcscError where it cannot be asked now."""
    if certificate:
        found = _certificate(line)
        return Identity(certificate=key.tag(found)) if found else Identity()
    uid = _answer(line, GET_UID)
    return Identity(uid=key.tag(uid)) if uid is not None and is_lasting_uid(atr, uid) else Identity()


def _answer(line: CardLine, command: bytes) -> bytes | None:
    """The data of a good answer; None where the card has no such thing."""
    answer = line.transmit(command)
    return answer[:-2] if answer.endswith(OK) and len(answer) >= len(OK) else None


def _certificate(line: CardLine) -> bytes | None:
    if _answer(line, SELECT_JPKI) is None or _answer(line, SELECT_CERTIFICATE) is None:
        return None
    data = _answer(line, _read_binary(0, 4))
    if data is None or len(data) < 4 or (data[0], data[1]) != (SEQUENCE, TWO_LENGTH_BYTES):
        return None
    total = 4 + int.from_bytes(data[2:4], "big")
    if total > LONGEST_CERTIFICATE_BYTES:
        return None
    while len(data) < total:
        more = _answer(line, _read_binary(len(data), min(CHUNK_BYTES, total - len(data))))
        if not more:
            return None
        data += more
    return data


def _read_binary(offset: int, count: int) -> bytes:
    return bytes((0x00, 0xB0, offset >> 8, offset & 0xFF, count & 0xFF))


class Reading:
    """One card being asked, until it has answered, is gone, or :meth:`give_up` is called.

    ``done`` is called in the reading's thread, at most once.
    """

    def __init__(
        self,
        pcsc: Pcsc,
        reader: str,
        atr: bytes,
        key: CardKey,
        done: Callable[[Reading, Identity], None],
        *,
        certificate: bool,
    ) -> None:
        self._pcsc = pcsc
        self._reader = reader
        self._atr = atr
        self._key = key
        self._done = done
        self._certificate = certificate
        self._over = threading.Event()
        threading.Thread(target=self._run, name="card", daemon=True).start()

    def give_up(self) -> None:
        """Its answer is wanted no more; returns at once."""
        self._over.set()

    def _run(self) -> None:
        tries = 0
        while not self._over.is_set():
            try:
                identity = self._ask()
            except PcscError as error:
                if error.trouble is Trouble.NO_SERVICE:
                    return  # when the service is back, the card is seen anew
                log.debug("the card cannot be asked now: %s", error)
            except Exception as error:  # noqa: BLE001  # the card counts as one that cannot be told; nothing is hidden
                log.error("the card cannot be asked: %s", type(error).__name__)  # no data in the log
                return
            else:
                if identity is not None:
                    if not self._over.is_set():
                        self._done(self, identity)
                    return
            tries += 1
            self._over.wait(RETRY_S if tries < QUICK_TRIES else SLOW_RETRY_S)

    def _ask(self) -> Identity | None:
        """None: it must not be asked now."""
        with contextlib.closing(_Closing(self._pcsc)) as pcsc:
            if self._certificate and pcsc.context.wait({self._reader: 0}, limit_ms=0)[self._reader].in_use:
                # selecting an application in a card that another program speaks to would pull it away from under it
                return None
            with pcsc.context.card_in(self._reader) as line:
                return identify(line, self._atr, self._key, certificate=self._certificate)


class _Closing:
    def __init__(self, pcsc: Pcsc) -> None:
        self.context = pcsc.establish()

    def close(self) -> None:
        self.context.release()
