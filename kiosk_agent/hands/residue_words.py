"""What the support worker is told of a visit's residue: kinds and numbers, never names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kiosk_agent.session.residue import Residue, ResidueKind

Translate = Callable[..., str]


def residue_notice(found: tuple[Residue, ...], t: Translate, *, is_clean: bool) -> dict[str, Any]:
    """One notice: what was there and is removed, and what stays."""
    removed = _removed(found, t)
    lines = [t("Removed: {what}", what=t(", ").join(removed))] if removed else []
    jobs = [one for one in found if one.kind is ResidueKind.PRINT_JOBS]
    if any(one.removed for one in jobs) and all(one.is_clean for one in jobs):
        lines.append(t("Please look whether paper is left in the printer."))
    if is_clean:
        return {"tone": "green", "title": t("Nothing of the visit is left on this PC."), "lines": lines}
    staying = [_staying(one, t) for one in found if not one.is_clean]
    if not staying:
        staying = [t("What is left could not be looked at.")]
    title = t("Something of the last visit may still be on this PC.")
    if any(one.left for one in found):
        title = t("Something of the last visit is still on this PC.")
    return {"tone": "red", "title": title, "lines": [*staying, *lines, t("Please tell IT support.")]}


def _removed(found: Iterable[Residue], t: Translate) -> list[str]:
    words: dict[ResidueKind, Callable[[int], str]] = {
        ResidueKind.DOWNLOADS: lambda count: t("saved files: {count}", count=count),
        ResidueKind.CLIPBOARD: lambda _count: t("what was copied"),
        ResidueKind.PRINT_JOBS: lambda count: t("print jobs: {count}", count=count),
        ResidueKind.PRINT_COPIES: lambda count: t("copies of printouts: {count}", count=count),
        ResidueKind.TEMPORARY_FILES: lambda count: t("temporary files: {count}", count=count),
        ResidueKind.PROCESSES: lambda count: t("programs: {count}", count=count),
    }
    return [words[one.kind](one.removed) for one in found if one.removed]


def _staying(one: Residue, t: Translate) -> str:
    known = {
        ResidueKind.DOWNLOADS: t("Saved files could not be removed: {count}", count=one.left),
        ResidueKind.CLIPBOARD: t("What was copied may still be kept."),
        ResidueKind.PRINT_JOBS: t("Print jobs could not be stopped: {count}. Please take the paper.", count=one.left),
        ResidueKind.PRINT_COPIES: t("Copies of printouts are kept by the print system: {count}", count=one.left),
        ResidueKind.TEMPORARY_FILES: t("Temporary files of the browser could not be removed."),
        ResidueKind.PROCESSES: t("A part of the browser still runs."),
    }
    unknown = {
        ResidueKind.PRINT_JOBS: t("Print jobs could not be checked. Please look at the printer."),
        ResidueKind.CLIPBOARD: known[ResidueKind.CLIPBOARD],
    }
    if one.unknown:
        return unknown.get(one.kind, t("What is left could not be looked at."))
    return known[one.kind]
