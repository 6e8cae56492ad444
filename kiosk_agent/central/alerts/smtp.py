"""SMTP with one end for the whole conversation: smtplib waits anew for each byte, so a server may drip for ever."""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

STEP_S = 20.0  # for the server to say or take anything at all
PIECE_BYTES = 16_384  # a record of TLS: the socket's own limit holds for one of them


class TimedSMTP(smtplib.SMTP):
    """``left_s`` says how many seconds are left for all of it. Raises as smtplib does once there are none."""

    def __init__(self, host: str, port: int, left_s: Callable[[], float], **more: Any) -> None:
        self._left_s = left_s
        left_now_s = left_s()
        if left_now_s <= 0:
            raise TimeoutError("timed out")
        super().__init__(host, port, timeout=min(STEP_S, left_now_s), **more)

    def getreply(self) -> tuple[int, bytes]:
        """What the server says next."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Arriving(self._in_time))
        return super().getreply()

    def send(self, s: Any) -> None:
        """Say something, in pieces that each have what time is left."""
        told = s.encode(self.command_encoding) if isinstance(s, str) else memoryview(s)
        for start in range(0, len(told), PIECE_BYTES):
            self._in_time()
            super().send(bytes(told[start : start + PIECE_BYTES]))

    def _in_time(self) -> socket.socket:
        left_s = self._left_s()
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if left_s <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(min(STEP_S, left_s))
        return self.sock


class TimedSMTPS(TimedSMTP, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""

    def __init__(self, host: str, port: int, left_s: Callable[[], float], context: ssl.SSLContext) -> None:
        super().__init__(host, port, left_s, context=context)


class _Arriving(io.RawIOBase):
    """What comes from the server."""

    def __init__(self, in_time: Callable[[], socket.socket]) -> None:
        super().__init__()
        self._in_time = in_time

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._in_time().recv_into(buffer)
