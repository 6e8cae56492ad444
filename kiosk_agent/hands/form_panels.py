"""What the native cover asks about a form that is held. Neither name is ever on it."""

from __future__ import annotations

from kiosk_agent.hands.panels import mark_entry
from kiosk_agent.hands.ports import Panel, PanelButton
from kiosk_agent.hands.visit_language import BUTTON, Voices
from kiosk_agent.locale import Translate
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import Check

KIND = "form_"  # then the check: an answer counts for the very question that was on the screen


def asked_by(kind: str) -> Check | None:
    """What a panel of this kind asked about a form; None: it is another one."""
    return next((check for check in Check if kind == KIND + check), None)


def check_sentence(check: Check, t: Translate) -> str:
    """Why the support worker is asked, in one plain sentence."""
    sentences = {
        Check.NAME_DIFFERENT: t("The name in the form is not the name at the portal."),
        Check.NAME_UNREADABLE: t("The name in the form could not be compared with the name at the portal."),
        Check.CARD_WANTED: "",  # the resident is asked for the card
        Check.CARD_ABSENT: t("No card was put on the reader."),
        Check.CARD_UNTELLABLE: t("It cannot be told whether this is the card of this visit."),
        Check.CARD_NO_READER: t("There is no card reader that works."),
    }
    return sentences[check]


def form_panel(check: Check, seconds: float, whole_s: float, mark: MarkPolicy, voices: Voices) -> Panel:
    """A form has not been sent yet: whose is it?"""
    if check is Check.CARD_WANTED:
        return _card_panel(seconds, whole_s, voices)
    t, residents = voices.t, voices.residents
    is_said = residents.tag == voices.worker_tag  # the worker's line says enough to whoever can read it
    return Panel(
        kind=KIND + check,
        title=t("Is the form about the same person?"),
        lines=(
            check_sentence(check, t),
            t("The form has not been sent yet."),
            t("Support worker: please ask the person at the desk, then answer."),
        ),
        tone="warning",
        countdown_s=seconds,
        countdown_whole_s=whole_s,
        countdown_label=t("Without an answer, the logout begins in {seconds} seconds."),
        buttons=(
            PanelButton("same", t("The same person: send the form"), "primary", mark is not MarkPolicy.NONE),
            PanelButton("other", t("Another person: log out"), "danger"),
        ),
        entries=mark_entry(mark, t),
        language=voices.worker_tag,
        note="" if is_said else residents.speak("Please wait. The support worker will ask you."),
        note_language=residents.tag,
        languages_label=BUTTON if residents.offered else "",
    )


def _card_panel(seconds: float, whole_s: float, voices: Voices) -> Panel:
    residents = voices.residents
    speak = residents.speak
    return Panel(
        kind=KIND + Check.CARD_WANTED,
        title=speak("Please put your card on the reader again"),
        lines=(speak("The form is sent once the card of this visit is on the reader."),),
        tone="warning",
        countdown_s=seconds,
        countdown_whole_s=whole_s,
        countdown_label=speak("Without a card, the support worker is asked in {seconds} seconds."),
        buttons=(PanelButton("other", speak("No, I am somebody else"), "danger"),),
        language=residents.tag,
        languages_label=BUTTON if residents.offered else "",
    )
