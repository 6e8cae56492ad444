"""A damaged ledger is evidence: it is kept under another name, with its journal, and never written over."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

JOURNAL_ENDINGS = ("-wal", "-shm")  # what SQLite keeps beside a file in WAL mode


def set_aside(path: Path, wall_stamp: str) -> str:
    """Keep what is at ``path`` under another name, with its journal; returns that name. Raises OSError."""
    kept = _free_name(path, wall_stamp)
    # The file first: a journal that is left alone is noticed at the next start, a file without its journal is not.
    for ending in ("", *JOURNAL_ENDINGS):
        with contextlib.suppress(FileNotFoundError):  # not every journal is there
            Path(f"{path}{ending}").replace(f"{kept}{ending}")
    return kept.name


def _free_name(path: Path, wall_stamp: str) -> Path:
    while True:
        kept = path.with_name(f"{path.stem}-damaged-{wall_stamp}-{secrets.token_hex(2)}{path.suffix}")
        if not any(os.path.lexists(f"{kept}{ending}") for ending in ("", *JOURNAL_ENDINGS)):
            return kept


def kept_aside(path: Path) -> list[str]:
    """The names under which damaged ledgers of ``path`` were kept, oldest first."""
    found = path.parent.glob(f"{path.stem}-damaged-*{path.suffix}*")
    return sorted({file.name.removesuffix("-wal").removesuffix("-shm") for file in found})


def journal_left_alone(path: Path) -> bool:
    """Whether the ledger is gone but entries of it still stand in its journal."""
    return not os.path.lexists(path) and os.path.lexists(f"{path}-wal")
