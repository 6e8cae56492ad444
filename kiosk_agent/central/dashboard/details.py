"""What desks report as codes, in the reader's words. Pure.

Alarms are kept as :mod:`kiosk_agent.central.ingest.arithmetic` writes them, in English; what it writes is read here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.pages.formats import Formats, Words
from kiosk_agent.central.pages.words import TEXTS

WENT_BACK = re.compile(r"(?P<name>[a-z][a-z0-9_.]*) (?P<before>[0-9]+) → (?P<after>[0-9]+)")
MORE = re.compile(r" and ([0-9]+) more$")
# kind, the form of the detail → the key of its words, which take the form's groups
FORMS: tuple[tuple[AlarmKind, re.Pattern[str], str], ...] = (
    (AlarmKind.CLONE, re.compile(r"desk (?P<desk>[0-9]+) has reported this ledger before"), "found_other_desk"),
    (AlarmKind.CLONE, re.compile(r"the same ledger is reported from two disks"), "found_other_disk"),
    (AlarmKind.CLONE, re.compile(r"two different reports have the number (?P<number>[0-9]+)"), "found_same_number"),
    (AlarmKind.CHAIN_FORKED, re.compile(r"entry (?P<entry>[0-9]+) has another digest .*"), "found_forked"),
    (AlarmKind.LEDGER_SHORTER, re.compile(r"(?P<before>[0-9]+) entries, later (?P<after>[0-9]+)"), "found_shorter"),
)


def warning_told(code: str, t: Words) -> str:
    """What a warning's code means; a newer agent may have others."""
    key = f"code_{code}"
    return t(key) if key in TEXTS else t("code_unknown", code=code)


def alarm_told(kind: AlarmKind, subject: str, detail: str, t: Words, f: Formats) -> str:
    """What an alarm found."""
    if kind is AlarmKind.COUNTER_SHRUNK:
        return _shrunk(subject, detail, t, f)
    for of, form, key in FORMS:
        if of is kind and (found := form.fullmatch(detail)) is not None:
            return t(key, **found.groupdict())
    return t("found_unknown", detail=f"{subject} {detail}".strip())


def _shrunk(subject: str, detail: str, t: Words, f: Formats) -> str:
    more = MORE.search(detail)
    parts = [WENT_BACK.fullmatch(part) for part in detail.removesuffix(more[0] if more else "").split(", ")]
    try:
        day = f.day(datetime.date.fromisoformat(subject))
    except ValueError:
        return t("found_unknown", detail=f"{subject} {detail}".strip())
    told = []
    for part in parts:
        if part is None:
            return t("found_unknown", detail=f"{subject} {detail}".strip())
        told.append(t("found_went_back", name=_count(part["name"], t), before=part["before"], after=part["after"]))
    if more:
        told.append(t("found_more", more=more[1]))
    return t("found_shrunk", day=day, counts=t("list_comma").join(told))


def _count(name: str, t: Callable[..., str]) -> str:
    key = f"count_{name}"
    return t(key) if key in TEXTS else t("count_other", name=name)
