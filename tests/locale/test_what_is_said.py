"""Everything that residents read, in every language, as it is handed to page, gate and cover."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kiosk_agent.cli.run import supervisor_panels
from kiosk_agent.hands import panels
from kiosk_agent.hands.borders import refusal_page
from kiosk_agent.hands.form_panels import form_panel
from kiosk_agent.hands.gate_words import gate_words
from kiosk_agent.hands.overlay import nudge_view, overlay_view
from kiosk_agent.hands.ports import GateView, WarningView
from kiosk_agent.hands.visit_language import VisitLanguage, Voices
from kiosk_agent.locale import RESIDENT_DOMAIN, SPOKEN, speaker, translator
from kiosk_agent.locale.extract import message_ids
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import Check, WarningKind

HINT = "山＊＊＊"


def warning(**changes: bool) -> WarningView:
    given = {"worker_only": False, "can_extend": True, "needs_mark": False, **changes}
    return WarningView(kind=WarningKind.IDLE, seconds=30.0, hint=HINT, **given)


def texts_in(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for value in said.values():
            yield from texts_in(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from texts_in(value)


def workers_of(language: str) -> str:
    """Support workers who do not read what the resident reads."""
    return "en" if language == "ja" else "ja"


def everything(language: str) -> list[str]:
    """All texts of all screens for a resident who has chosen ``language``; the cover's and the page's lists too."""
    residents = VisitLanguage()
    residents.choose(language)
    voices = Voices(workers_of(language), residents)
    warnings = [warning(), warning(can_extend=False), warning(worker_only=True)]
    in_page = [overlay_view(one, voices)["texts"][language] for one in warnings]
    asked = [panels.warning_panel(one, 30.0, MarkPolicy.NONE, voices) for one in warnings]
    shown = [
        *asked,
        panels.languages_panel(asked[0], residents),
        panels.challenge_panel(30.0, 30.0, HINT, MarkPolicy.NONE, voices),
        *(form_panel(check, 30.0, 30.0, MarkPolicy.NONE, voices) for check in Check),
        panels.shield_panel(residents),
        panels.starting_panel(residents),
        panels.hang_panel(residents),
    ]
    gates = [gate_words(GateView(screen=screen, language="ja", desk="窓口"), voices) for screen in ("start", "ending")]
    found = re.search(r"const texts = (\{.*\});", refusal_page(residents))
    assert found is not None
    refusal = json.loads(found[1])[language]
    return list(
        texts_in([in_page, nudge_view(residents)["texts"][language], msgspec.to_builtins(shown), gates, refusal])
    )


@pytest.mark.parametrize("language", SPOKEN)
def test_every_text_of_the_catalogue_is_said_and_filled_in(language: str) -> None:
    said = everything(language)
    assert [text for text in said if "{" in text.replace("{seconds}", "")] == [], "a field that nobody filled in"
    speak = speaker(language)
    for text, _file, _line in message_ids(RESIDENT_DOMAIN):
        expected = speak(text, hint=HINT) if "{hint}" in text else speak(text)
        assert expected in said, f"nobody is told {text!r}"


@pytest.mark.parametrize("language", SPOKEN)
def test_only_the_count_is_filled_in_later(language: str) -> None:
    counts = {text for text in everything(language) if "{seconds}" in text}
    speak = speaker(language)
    ours = {
        speak("The logout begins in {seconds} seconds."),
        speak("Without a card, the support worker is asked in {seconds} seconds."),
    }
    t = translator(workers_of(language))
    of_workers = {
        t("The logout begins in {seconds} seconds."),
        t("Without an answer, the logout begins in {seconds} seconds."),
    }
    assert counts == {*ours, *of_workers}


@pytest.mark.parametrize("language", SPOKEN)
def test_the_supervisors_first_panels_speak_the_desks_language(language: str) -> None:
    said = supervisor_panels(language)
    assert said["starting"]["title"] == speaker(language)("Preparing this desk")
    assert said["hang"]["title"] == speaker(language)("Making this desk safe")
    assert said["hang"]["language"] == SPOKEN[language].tag
    english = said["crash_loop"]["title"] == "This desk is closed"
    assert english is (language == "en"), "whom to call is the support worker's to read"


def test_the_page_for_a_refused_address_is_plain_html_whatever_it_says() -> None:
    page = refusal_page(VisitLanguage("vi", ("vi",)))
    assert "<nav" in page
    assert 'show("vi")' in page
    assert "{offered}" not in page
    assert page == html.unescape(page)
