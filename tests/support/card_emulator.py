"""A card for vsmartcard's virtual reader (vpcd), told by lines of JSON what lies on it.

``python -m tests.support.card_emulator PORT``. vpcd's protocol: the card connects; each message is two bytes of length
(big-endian) and a body. A body of one byte is the reader's own: 0 power off, 1 power on, 2 reset, 4 "your ATR?".
Anything else is a command for the card.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time
from typing import Any

CONNECT_TRIES = 200
GET_UID = bytes.fromhex("FFCA000000")
SELECT_APPLICATION = bytes.fromhex("00A404")
SELECT_FILE = bytes.fromhex("00A402")
READ_BINARY = bytes.fromhex("00B0")
COUNT = bytes.fromhex("80C0")  # a made-up command: answers how often it was sent since the last SELECT of "counter"
JPKI = bytes.fromhex("D392F000260100000001")
COUNTER = b"counter"
OK, NOT_FOUND, NO_SUCH = b"\x90\x00", b"\x6a\x82", b"\x6a\x81"


class Card:
    """One card on the reader."""

    def __init__(self, port: int, what: dict[str, Any]) -> None:
        self.atr = bytes.fromhex(what["atr"])
        self.commands: list[str] = []
        self._uid = what.get("uid")  # hex, "random", or none
        self._certificate = bytes.fromhex(what.get("certificate", ""))
        self._application, self._file, self._count = b"", b"", 0
        self._drawn = b""
        self._socket = self._connect(port)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _connect(self, port: int) -> socket.socket:
        for _ in range(CONNECT_TRIES):
            try:
                return socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                time.sleep(0.05)  # the reader is only just coming up
        raise ConnectionRefusedError(f"no virtual reader on port {port}")

    def take(self) -> None:
        """Take it away."""
        with contextlib.suppress(OSError):  # the reader was gone first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # taken away, or the reader is gone
            while True:
                (length,) = struct.unpack(">H", self._take(2))
                message = self._take(length)
                if length == 1:
                    if message == b"\x04":
                        self._give(self.atr)
                    elif message in (b"\x01", b"\x02"):
                        self._application = self._file = b""
                        self._drawn = b"\x08" + os.urandom(3)  # a UID that does not last begins so
                else:
                    self.commands.append(message.hex())
                    self._give(self._answer(message))

    def _take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise ConnectionResetError
            data += more
        return data

    def _give(self, data: bytes) -> None:
        self._socket.sendall(struct.pack(">H", len(data)) + data)

    def _answer(self, command: bytes) -> bytes:
        if command == GET_UID:
            if not self._uid:
                return NO_SUCH
            return (self._drawn if self._uid == "random" else bytes.fromhex(self._uid)) + OK
        if command.startswith(SELECT_APPLICATION):
            wanted = command[5 : 5 + command[4]]
            if wanted == COUNTER or (wanted == JPKI and self._certificate):
                self._application, self._file, self._count = wanted, b"", 0
                return OK
            return NOT_FOUND
        if command.startswith(SELECT_FILE) and self._application == JPKI:
            self._file = command[5:7]
            return OK if self._file == b"\x00\x0a" else NOT_FOUND
        if command.startswith(READ_BINARY) and self._file == b"\x00\x0a":
            offset, count = int.from_bytes(command[2:4], "big"), command[4] or 256
            return self._certificate[offset : offset + count] + OK
        if command.startswith(COUNT) and self._application == COUNTER:
            self._count += 1
            return struct.pack(">H", self._count) + OK
        return NO_SUCH


def main() -> None:
    """Do as the lines say; each is answered."""
    port, card = int(sys.argv[1]), None
    for line in sys.stdin:
        wish = json.loads(line)
        if card is not None and wish["do"] in ("put", "take"):
            card.take()
            card = None
        if wish["do"] == "put":
            card = Card(port, wish["card"])
        print(json.dumps({"commands": card.commands if card is not None else []}), flush=True)
    if card is not None:
        card.take()


if __name__ == "__main__":
    main()
