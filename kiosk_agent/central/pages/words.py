"""The texts of the pages: Japanese first, English second."""

from __future__ import annotations

from collections.abc import Callable

from kiosk_agent.central.pages.texts import codes, commands, dashboard, setting, staff

JAPANESE, ENGLISH = "ja", "en"


def _all() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for texts in (staff.TEXTS, dashboard.TEXTS, setting.TEXTS, commands.TEXTS, codes.TEXTS):
        if both := found.keys() & texts.keys():
            raise ValueError(f"texts that are there twice: {sorted(both)}")
        found |= texts
    return found


TEXTS = _all()


def language_of(accepted: str) -> str:
    """The language of ``Accept-Language`` (RFC 9110, 12.5.4): English only where it is wanted more than Japanese."""
    wanted = {JAPANESE: 0.0, ENGLISH: 0.0}
    for part in accepted.split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        primary = name.strip().lower().partition("-")[0]
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if primary in wanted:
            wanted[primary] = max(wanted[primary], weight)
    return ENGLISH if wanted[ENGLISH] > wanted[JAPANESE] else JAPANESE


def words(language: str) -> Callable[..., str]:
    """A function that gives the text of a key, with its values filled in. Raises KeyError where there is none."""
    column = 1 if language == ENGLISH else 0

    def text(key: str, **values: object) -> str:
        return TEXTS[key][column].format(**values)

    return text
