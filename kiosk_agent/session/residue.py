"""What a visit leaves on the PC: kinds and numbers, never names."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec


class ResidueKind(enum.StrEnum):
    """What can stay behind."""

    DOWNLOADS = "downloads"  # files that the resident saved
    CLIPBOARD = "clipboard"
    PRINT_JOBS = "print_jobs"  # still waiting, or printing
    PRINT_COPIES = "print_copies"  # what the print system keeps of jobs that are over
    TEMPORARY_FILES = "temporary_files"  # of the browser and of what it starts: its profile among them
    PROCESSES = "processes"  # of a browser whose agent died


class Residue(msgspec.Struct, frozen=True):
    """How much there was of one kind: files, jobs, processes; the clipboard counts as one.

    ``unknown``: it could not be looked at, or no answer came; ``left`` then counts what is known of.
    """

    kind: ResidueKind
    removed: int = 0
    left: int = 0
    unknown: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether nothing of this kind is left, as far as can be known."""
        return self.left == 0 and not self.unknown


def all_clean(found: Iterable[Residue]) -> bool:
    """Whether nothing is left of any kind."""
    return all(one.is_clean for one in found)


def unclean(found: Iterable[Residue]) -> str:
    """The kinds that stay, or may stay, for an incident's detail."""
    return ", ".join(one.kind if one.left else f"{one.kind} (unknown)" for one in found if not one.is_clean)


def combined(*parts: Iterable[Residue]) -> tuple[Residue, ...]:
    """One for each kind that there is anything to say of, in the order of the kinds."""
    told: list[Residue] = []
    for kind in ResidueKind:
        same = [one for part in parts for one in part if one.kind is kind]
        whole = Residue(
            kind, sum(one.removed for one in same), sum(one.left for one in same), any(one.unknown for one in same)
        )
        if whole != Residue(kind):
            told.append(whole)
    return tuple(told)
