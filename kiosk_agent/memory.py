"""What the agent leaves alone, and gives back early: it shares a small PC with a browser."""

from __future__ import annotations

import ctypes
import importlib
import sys

# mallopt(3) of the GNU C library
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
SMALL = 64 * 1024  # bytes; what is larger is given back as soon as it is freed


def keep_little() -> bool:
    """Give memory back early, and let all threads share one arena; says whether this C library can be told so.

    By default each thread gets an arena of its own, and an arena keeps what it had once. The agent's threads wait,
    so that they do not compete. To be called before threads are started.
    """
    if sys.platform == "win32":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl, macOS
        return False
    return all(
        mallopt(option, value) == 1
        for option, value in ((M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, SMALL), (M_MMAP_THRESHOLD, SMALL))
    )


def give_back() -> None:
    """Give back what is free between things that are not; does nothing where this C library cannot.

    Whoever starts, opens a page or signs in leaves holes of about a megabyte in all. Takes about a millisecond.
    """
    if sys.platform == "win32":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def import_asyncio_without_tls() -> None:
    """Import asyncio as on a Python that was built without TLS; to be called before anything else imports it.

    asyncio imports ``ssl`` for connections that a desk without a central never makes: three megabytes. Whoever imports
    ``ssl`` afterwards gets it as always.
    """
    if "ssl" in sys.modules or "asyncio" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # documented: importing it now raises ImportError
    try:
        importlib.import_module("asyncio")
    finally:
        del sys.modules["ssl"]
