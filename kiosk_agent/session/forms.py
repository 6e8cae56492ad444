"""What is done about a form that is held before it is sent: the worker's word, or the same card once more.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.ends import begin_end
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import (
    answer_by,
    begin_challenge,
    challenge_of,
    note_signal,
    put_question,
    somebody_signed_in,
    uncover,
    usable_by_sign_in,
)
from kiosk_agent.session.vocabulary import Answer, CardVerdict, Check, EndReason, Signal

CHECK_AFTER = {
    CardVerdict.UNTELLABLE: Check.CARD_UNTELLABLE,
    CardVerdict.ABSENT: Check.CARD_ABSENT,
    CardVerdict.NO_READER: Check.CARD_NO_READER,
}


def hold(step: Step, event: ev.FormHeld) -> None:
    """Raise the shield, and ask about the form. Whoever sends one is signed in."""
    step.emit(do.RaiseShield())
    if step.state.warned is not None:
        step.emit(do.HideWarning())
    usable_by_sign_in(step)
    somebody_signed_in(step)
    _note_held(step, event)
    begin_challenge(step, event.check)


def hold_too(step: Step, event: ev.FormHeld) -> None:
    """Ask about the form instead: that answers both."""
    _note_held(step, event)
    step.put(challenged=replace(challenge_of(step), check=event.check))
    put_question(step)


def want_card_next(step: Step, event: ev.FormHeld) -> None:
    """Ask for the card once the support worker has answered."""
    _note_held(step, event)
    step.put(challenged=replace(challenge_of(step), card_next=True))


def _note_held(step: Step, event: ev.FormHeld) -> None:
    step.record(en.FormHeld(step.visit.visit_id, event.check))


def ask_for_card(step: Step, event: ev.ChallengeAnswered) -> None:
    """Ask for the card; the screen stays covered."""
    step.record(en.ChallengeResponse(step.visit.visit_id, event.answer, event.mark))
    _ask(step, Check.CARD_WANTED)


def ask_in_place_of_card(step: Step, event: ev.CardChecked) -> None:
    """Ask the support worker: the card gave no answer."""
    _ask(step, CHECK_AFTER[event.verdict])


def ask_without_card(step: Step, event: ev.TimerFired) -> None:
    """Ask the support worker: no card came in time."""
    _ask(step, Check.CARD_ABSENT)


def ask_after_sign(step: Step, event: ev.ChangeSignalled) -> None:
    """Note the sign, and ask the support worker: a card is no answer to it."""
    note_signal(step, event.signal)
    _ask(step, Check.CARD_UNTELLABLE)


def _ask(step: Step, check: Check) -> None:
    step.put(challenged=replace(challenge_of(step), check=check, deadline=answer_by(step, check), card_next=False))
    put_question(step)


def let_go(step: Step, event: ev.ChallengeAnswered) -> None:
    """Lower the shield, and let the form go. The idle time begins anew."""
    _let_go(step, event.mark)


def let_go_by_card(step: Step, event: ev.CardChecked) -> None:
    """Lower the shield, and let the form go: the same card is here. The idle time begins anew."""
    _let_go(step, "")


def _let_go(step: Step, mark: str) -> None:
    check = challenge_of(step).check
    if check is None:
        raise LookupError("no form is held")
    uncover(step)
    step.emit(do.LetFormGo(step.visit.visit_id))
    step.record(en.FormDecision(step.visit.visit_id, check, Answer.SAME, mark))


def end_on_card(step: Step, event: ev.CardChecked) -> None:
    """End the visit: another card is here. A form that is held is never sent."""
    note_signal(step, Signal.CARD_DIFFERENT)
    challenged = step.state.challenged
    if challenged is not None and challenged.check is not None:
        step.record(en.FormDecision(step.visit.visit_id, challenged.check, Answer.OTHER, ""))
    begin_end(step, EndReason.CHANGE_OF_PERSON)
