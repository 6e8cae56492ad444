"""The choice itself: for one visit, in memory."""

from __future__ import annotations

from kiosk_agent.hands.visit_language import VisitLanguage


def test_a_visit_begins_in_the_desks_language_and_the_next_one_does_again() -> None:
    language = VisitLanguage("en", ("ja", "en", "vi"))
    heard: list[str] = []
    forget = language.on_change(lambda: heard.append(language.chosen))
    assert (language.chosen, language.tag) == ("en", "en")
    language.choose("vi")
    language.choose("vi")
    language.choose("zh")  # this desk does not offer it
    language.go_back()
    assert heard == ["vi", "en"]
    forget()
    forget()
    language.choose("ja")
    assert heard == ["vi", "en"]
    assert "ja" not in repr(language), "what is printed of it says nothing about a person"
