"""The warning and the nudge in the portal's own page: what they say. How they hold out is in ``web/overlay.js``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from kiosk_agent.hands.ports import WarningView

Translate = Callable[..., str]


@cache
def overlay_source() -> str:
    """The script that defines ``__kiosk_overlay`` in a world of the agent's own."""
    folder = resources.files("kiosk_agent.hands.web")
    return folder.joinpath("overlay.js").read_text(encoding="utf-8")


def overlay_view(view: WarningView, t: Translate) -> dict[str, Any]:
    """The warning in words: everything that the script shows. It decides nothing, and the count is only shown."""
    buttons = []
    if view.can_extend and view.worker_only:
        label = t("The same person: go on")
        buttons.append({"answer": "same", "label": label, "role": "primary", "mark": view.needs_mark})
    elif view.can_extend:
        buttons.append({"answer": "same", "label": t("Yes, it is me, go on"), "role": "primary", "mark": False})
    other = t("No, I am somebody else") if view.can_extend else t("Log out now")
    role = "danger" if view.can_extend else "primary"
    buttons.append({"answer": "other", "label": other, "role": role, "mark": False})
    return {
        "lang": view.language,
        "title": t("Are you still there?") if view.can_extend else t("The time for this visit is over"),
        "hint": t("This screen belongs to: {hint}", hint=view.hint) if view.hint else "",
        "ask": t("Support worker: please ask the person at the desk, then answer.") if view.worker_only else "",
        "count": t("The logout begins in {seconds} seconds."),
        "seconds": view.seconds,
        "by": "worker" if view.worker_only else "resident",
        "mark": t("Support worker's initials or staff number") if view.needs_mark and view.worker_only else "",
        "markMissing": t("Please fill in the field above first."),
        "buttons": buttons,
    }


def nudge_view(language: str, t: Translate) -> dict[str, Any]:
    """The panel after a finished operation."""
    return {
        "lang": language,
        "title": t("You have finished."),
        "text": t("Please log out before you leave the desk."),
        "button": t("Log out"),
        "close": t("Close"),
    }
