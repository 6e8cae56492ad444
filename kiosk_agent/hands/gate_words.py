"""What the gate's page says: a :class:`GateView` in words."""

from __future__ import annotations

from typing import Any

from kiosk_agent.hands.health_words import health_sentence
from kiosk_agent.hands.panels import closed_remedy, hold_sentence
from kiosk_agent.hands.ports import GateView
from kiosk_agent.hands.residue_words import residue_notice
from kiosk_agent.hands.visit_language import Voices
from kiosk_agent.locale import LANGUAGES, SPOKEN, Translate
from kiosk_agent.session.vocabulary import EndReason, HoldReason, Proof

Words = dict[str, Any]

PROOF_TONE = {
    Proof.REVOKED: "green",
    Proof.NOT_NEEDED: "green",
    Proof.CLEARED: "amber",
    Proof.UNPROVEN: "red",
    Proof.HALF: "red",
}


def gate_words(view: GateView, voices: Voices) -> Words:
    """Everything that the page draws. What residents read is in their language, the rest in the workers'."""
    screens = {"visit": _visit, "confirm": _confirm, "held": _held}
    words: Words = {
        "screen": view.screen,
        "token": view.reason + view.hold_reason,
        "lang": voices.worker_tag,
        "workerLang": voices.worker_tag,
        "desk": view.desk,
        "languages": [],
        "workerLanguage": None,
        "lines": [],
        "notices": [],
        "buttons": [],
        "form": None,
        "state": None,
        "bulletins": None,
    }
    if view.screen == "start":
        return {**words, "lang": voices.residents.tag, **_start(view, voices)}
    if view.screen == "ending":
        return {**words, "lang": voices.residents.tag, **_ending(voices.residents.speak)}
    other = next(one for one in LANGUAGES if one != voices.worker)
    toggle = {"tag": SPOKEN[other].tag, "name": SPOKEN[other].name}
    return {**words, "workerLanguage": toggle, **screens[view.screen](view, voices.t)}


def _start(view: GateView, voices: Voices) -> Words:
    residents, t = voices.residents, voices.t
    speak = residents.speak
    notices = []
    if view.last_reason:
        notices.append(_proof_notice(Proof(view.last_proof), t, last=True))
    return {
        "title": speak("Welcome"),
        "lines": [speak("Press the button to begin.")],
        "buttons": [{"act": "start", "label": speak("Start"), "className": "primary big"}],
        "languages": [
            {"code": code, "tag": SPOKEN[code].tag, "name": SPOKEN[code].name, "chosen": code == residents.chosen}
            for code in residents.offered
        ],
        "languagesLabel": speak("Choose your language."),
        "notices": notices,
        "state": _state(view, t),
        "bulletins": _bulletins(view, t) if view.bulletins else None,
    }


def _bulletins(view: GateView, t: Translate) -> Words:
    """Closed until somebody wants to read: the start page is the resident's, too."""
    japanese = view.language == "ja"
    shown = [
        {
            "id": str(one.id),
            "title": one.title_ja if japanese else one.title_en,
            "lines": [line for line in (one.body_ja if japanese else one.body_en).splitlines() if line.strip()],
            "read": t("I have read it") if one.ask_read else "",
        }
        for one in view.bulletins
    ]
    title = t("From the central office: {title}", title=shown[0]["title"])
    return {"title": title, "count": f"+{len(shown) - 1}" if len(shown) > 1 else "", "shown": shown}


def _state(view: GateView, t: Translate) -> Words:
    titles = {
        "green": t("This desk is in order."),
        "amber": t("This desk works, but something needs attention."),
        "red": t("Something important does not work. Please tell IT support."),
    }
    lines = [f"{health_sentence(code, t)} ({code})" for code in view.checks]
    return {"tone": view.severity, "title": titles[view.severity], "lines": lines, "label": t("State of this desk")}


def _visit(view: GateView, t: Translate) -> Words:
    return {
        "title": t("A visit is running"),
        "lines": [t("When the person leaves, or the next person comes, press here.")],
        "buttons": [
            {"act": "next_person", "label": t("Next person"), "className": "primary"},
            {"act": "end", "label": t("End the visit")},
        ],
    }


def _ending(speak: Translate) -> Words:
    return {"title": speak("Please wait a moment."), "lines": [speak("This desk is being made safe.")]}


def _held(view: GateView, t: Translate) -> Words:
    reason = HoldReason(view.hold_reason)
    lines = [t("Please call the supervisor. This PC must not be used until then.")]
    if reason is HoldReason.CLOSED_BY_CENTRAL:
        lines = [*([view.hold_note] if view.hold_note else []), closed_remedy(t)]
    return {
        "title": t("This desk is closed"),
        "notices": [{"tone": "red", "title": hold_sentence(reason, t), "lines": lines}],
    }


def _confirm(view: GateView, t: Translate) -> Words:
    proof, reason = Proof(view.proof), EndReason(view.reason)
    notices = [_proof_notice(proof, t, last=False)]
    notices.append(residue_notice(view.residue, t, is_clean=view.residue_clean))
    marks = {"none": "", "initials": t("Support worker's initials"), "staff_number": t("Support worker's staff number")}
    lines = [t("Support worker: please check the desk.")]
    if reason is EndReason.FOUND_UNFINISHED:
        lines.insert(0, t("The PC or the agent stopped during the last visit."))
    return {
        "title": t("Is the desk clean?"),
        "lines": lines,
        "notices": notices,
        "form": {
            "legend": t("What you have checked"),
            "checks": [
                {"id": "card_returned", "label": t("The card has been given back")},
                {"id": "printouts_taken", "label": t("Printouts and papers have been taken")},
                {"id": "signed_out_seen", "label": t("I see no page of the last person")},
            ],
            "mark": marks[view.mark],
            "button": t("The desk is clean"),
            "missingChecks": t("Please check every line first."),
            "missingMark": t("Please fill in the field above first."),
        },
    }


def _proof_notice(proof: Proof, t: Translate, *, last: bool) -> Words:
    titles = {
        Proof.REVOKED: t("Logged out, and proved."),
        Proof.NOT_NEEDED: t("Nobody had signed in."),
        Proof.CLEARED: t("Logged out at this PC."),
        Proof.UNPROVEN: t("The logout could not be checked."),
        Proof.HALF: t("The logout was not complete."),
    }
    details = {
        Proof.REVOKED: t("The portal refuses the old session."),
        Proof.NOT_NEEDED: t("There was nothing to log out."),
        Proof.CLEARED: t("The next person cannot get in. The portal itself ends the session later."),
        Proof.UNPROVEN: t("The next person cannot get in here. Please report this to your supervisor."),
        Proof.HALF: t("The next person cannot get in here. Please report this to your supervisor."),
    }
    title = t("Last visit: {proof}", proof=titles[proof]) if last else titles[proof]
    return {"tone": PROOF_TONE[proof], "title": title, "lines": [] if last else [details[proof]]}
