"""One agent on one desk: a locked file in the data folder, which the operating system lets go of however we end."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from kiosk_agent.errors import DeskBusyError

RETRY_S = 0.05
# Windows locks bytes, and nobody may read a locked one: this one lies far behind the text.
LOCKED_BYTE = 1 << 20


class DeskLock:
    """Held from :meth:`acquire` until :meth:`release` or the end of the process.

    ``role``: the supervisor and its agent each hold one of their own in the same ``data_dir``. A supervisor that
    was started again finds its predecessor's agent still logging out: ``wait_s`` seconds are allowed for that.
    """

    def __init__(self, data_dir: Path, role: str = "agent", *, wait_s: float = 0.0) -> None:
        self.path = data_dir / f"{role}.lock"
        self._role = role
        self._wait_s = wait_s
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises DeskBusyError, which names the process that holds it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + self._wait_s
        while not _try_lock(descriptor):
            if time.monotonic() >= until:
                holder = self._holder(descriptor)
                os.close(descriptor)
                raise DeskBusyError(
                    f"Another {self._role}{holder} already guards this desk ({self.path} is locked).",
                    "Use the one that runs, or end it first.",
                )
            time.sleep(RETRY_S)
        with contextlib.suppress(OSError):  # a full disk: the lock holds without saying whose it is
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes hold a lock of that name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> DeskLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @staticmethod
    def _holder(descriptor: int) -> str:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, 32).decode(errors="replace").strip()
        return f" (process {text})" if text.isdecimal() else ""


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
