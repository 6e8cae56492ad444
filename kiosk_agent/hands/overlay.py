"""The warning and the nudge in the portal's own page: what they say. How they hold out is in ``web/overlay.js``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from kiosk_agent.hands.panels import other_label, warning_title
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
    asks_worker = view.can_extend and view.worker_only  # where time is over there is nothing to be asked
    if asks_worker:
        label = t("The same person: go on")
        buttons.append({"answer": "same", "label": label, "role": "primary", "mark": view.needs_mark})
    elif view.can_extend:
        buttons.append({"answer": "same", "label": t("Yes, it is me, go on"), "role": "primary", "mark": False})
    role = "danger" if view.can_extend else "primary"
    buttons.append({"answer": "other", "label": other_label(view, t), "role": role, "mark": False})
    return {
        "lang": view.language,
        "title": warning_title(view, t),
        "hint": t("This screen belongs to: {hint}", hint=view.hint) if view.hint else "",
        "ask": t("Support worker: please ask the person at the desk, then answer.") if asks_worker else "",
        "count": t("The logout begins in {seconds} seconds."),
        "seconds": view.seconds,
        "by": "worker" if view.worker_only else "resident",
        "mark": t("Support worker's initials or staff number") if view.needs_mark and asks_worker else "",
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
