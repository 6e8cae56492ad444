"""The warning and the nudge in the portal's own page: what they say. How they hold out is in ``web/overlay.js``.

The page gets the words of every language at once, so that the language button works at once, and also where the agent
is busy; the agent hears of the choice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from kiosk_agent.hands.panels import other_label, warning_title
from kiosk_agent.hands.ports import WarningView
from kiosk_agent.hands.visit_language import BUTTON, VisitLanguage, Voices
from kiosk_agent.locale import SPOKEN, Translate, speaker

Words = dict[str, Any]


@cache
def overlay_source() -> str:
    """The script that defines ``__kiosk_overlay`` in a world of the agent's own."""
    folder = resources.files("kiosk_agent.hands.web")
    return folder.joinpath("overlay.js").read_text(encoding="utf-8")


def overlay_view(view: WarningView, voices: Voices) -> Words:
    """The warning in words: everything that the script shows. It decides nothing, and the count is only shown.

    Where the support worker is asked, the question is in their language, and the resident is told to wait.
    """
    asks_worker = view.can_extend and view.worker_only  # where time is over there is nothing to be asked
    needs_mark = asks_worker and view.needs_mark
    answers = []
    if view.can_extend:
        answers.append({"answer": "same", "role": "primary", "mark": needs_mark})
    answers.append({"answer": "other", "role": "danger" if view.can_extend else "primary", "mark": False})

    def words(code: str) -> Words:
        speak = speaker(code)
        if asks_worker:
            tag = SPOKEN[code].tag
            wait = speak("Please wait. The support worker will ask you.") if tag != voices.worker_tag else ""
            return {**_of_worker(view, voices.t), "lang": voices.worker_tag, "wait": wait}
        return {**_of_resident(view, speak), "lang": SPOKEN[code].tag}

    return {
        "seconds": view.seconds,
        "answers": answers,
        "needsMark": needs_mark,
        **_in_each_language(words, voices.residents),
    }


def _of_resident(view: WarningView, speak: Translate) -> Words:
    labels = [speak("Yes, it is me, go on")] if view.can_extend else []
    return {
        "title": warning_title(view, speak),
        "hint": speak("This screen belongs to: {hint}", hint=view.hint) if view.hint else "",
        "count": speak("The logout begins in {seconds} seconds."),
        "labels": [*labels, other_label(view, speak)],
    }


def _of_worker(view: WarningView, t: Translate) -> Words:
    return {
        "title": t("Is this still the same person?"),
        "hint": t("This screen belongs to: {hint}", hint=view.hint) if view.hint else "",
        "ask": t("Support worker: please ask the person at the desk, then answer."),
        "count": t("The logout begins in {seconds} seconds."),
        "mark": t("Support worker's initials or staff number"),
        "markMissing": t("Please fill in the field above first."),
        "labels": [t("The same person: go on"), t("Another person: log out")],
    }


def nudge_view(language: VisitLanguage) -> Words:
    """The panel after a finished operation."""

    def words(code: str) -> Words:
        speak = speaker(code)
        return {
            "lang": SPOKEN[code].tag,
            "title": speak("You have finished."),
            "text": speak("Please log out before you leave the desk."),
            "button": speak("Log out"),
            "close": speak("Close"),
        }

    return _in_each_language(words, language)


def _in_each_language(words: Callable[[str], Words], language: VisitLanguage) -> Words:
    codes = dict.fromkeys((language.chosen, *language.offered))
    texts = {}
    for code in codes:
        speak = speaker(code)
        chooser = {"tag": SPOKEN[code].tag, "choose": speak("Choose your language."), "back": speak("Back")}
        texts[code] = {**words(code), **chooser}
    return {
        "language": language.chosen,
        "languages": [{"code": code, "tag": SPOKEN[code].tag, "name": SPOKEN[code].name} for code in language.offered],
        "languageButton": BUTTON,
        "texts": texts,
    }
