"""Other processes that meet the ledger, as a test's children.

``python -m tests.ledger.other_process write FILE [LIMIT]``: appends visits for ever; prints each number once it is
durable. No file may grow past LIMIT bytes; what comes of that is the last line.
``python -m tests.ledger.other_process hold FILE MODE``: holds the file (``writing`` or ``everything``); prints "held",
and lets go when its input ends.
``python -m tests.ledger.other_process open FILE``: as a user without rights; prints what came of it.
``python -m tests.ledger.other_process unsynced FILE CALL``: appends an entry, and another one once CALL (``fsync`` or
``fdatasync``) fails; where there is no FILE yet, CALL fails from the start. Prints what came of each.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import LedgerError
from kiosk_agent.ledger import Ledger, LedgerWriter
from kiosk_agent.session import entries as en
from tests.ledger.visits import plain_visit
from tests.support.refused_syncs import refuse

NOBODY = 65534


def say(text: str) -> None:
    """One line, at once."""
    os.write(1, f"{text}\n".encode())


def write(path: Path, limit_bytes: int) -> None:
    """Append visits until somebody kills us, or the ledger refuses."""
    if limit_bytes and sys.platform != "win32":
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that the write itself fails, as under a quota
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    say("opening")
    number = os.getpid() << 32
    try:
        ledger = Ledger(path, SystemClock())
        while True:
            for entry in plain_visit(number):
                say(str(ledger.append(entry)))
            number += 1
    except LedgerError as error:
        say(f"{error.cause}: {error}")


def hold(path: Path, mode: str) -> None:
    """Keep all others from writing, or from reading as well."""
    db = sqlite3.connect(path, isolation_level=None)
    if mode == "everything":
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    db.execute("SELECT count(*) FROM entries").fetchone()
    say("held")
    sys.stdin.read()
    db.execute("ROLLBACK")
    db.close()


async def try_to_open(path: Path) -> None:
    """Without the rights of whoever looks after the PC."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    writer = LedgerWriter(path.parent, SystemClock())
    try:
        await writer.open()
        for entry in plain_visit(1):
            await writer.append(entry)
    except LedgerError as error:
        say(f"{error.cause}: {error}")
    else:
        say("written")
    finally:
        await writer.close()


def append_unsynced(path: Path, call: str) -> None:
    """Is an entry acknowledged that cannot be made durable?"""
    if not path.exists():
        refuse(call)
    try:
        ledger = Ledger(path, SystemClock())
        say(str(ledger.append(en.AgentRan(True, "1"))))
        refuse(call)
        say(str(ledger.append(en.AgentRan(False, "1"))))
    except LedgerError as error:
        say(f"{error.cause}: {error}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", file, *limit]:
            write(Path(file), int(limit[0]) if limit else 0)
        case ["hold", file, mode]:
            hold(Path(file), mode)
        case ["open", file]:
            asyncio.run(try_to_open(Path(file)))
        case ["unsynced", file, call]:
            append_unsynced(Path(file), call)
