"""When a row about a held form applies. Each is a question about the state, the event and the time.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import events as ev
from kiosk_agent.session.guards import browser_asked, of_this_visit, possible, same_person
from kiosk_agent.session.state import last_moment
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import CardVerdict, Check, Signal

OF_THE_CARD = frozenset({Signal.CARD_REMOVED, Signal.CARD_UNTELLABLE})  # what a card that is asked for brings along
HELD_FIRST = frozenset({Check.NAME_DIFFERENT, Check.NAME_UNREADABLE, Check.CARD_WANTED})


def _check(step: Step) -> Check | None:
    return step.state.challenged.check if step.state.challenged is not None else None


def can_be_asked(step: Step, event: ev.FormHeld) -> bool:
    """It is held for a name or for the card."""
    return event.check in HELD_FIRST


def held_by_browser(step: Step, event: ev.FormHeld) -> bool:
    """It is held for a name or for the card, and the browser has been started."""
    return can_be_asked(step, event) and browser_asked(step, event)


def name_in_doubt(step: Step, event: ev.FormHeld) -> bool:
    """It is held for a name, and no other form is in question."""
    is_free = step.state.challenged is not None and not step.state.challenged.card_next and _check(step) is None
    return is_free and event.check in (Check.NAME_DIFFERENT, Check.NAME_UNREADABLE)


def card_wanted_too(step: Step, event: ev.FormHeld) -> bool:
    """It is held for the card, and no other form is in question."""
    return event.check is Check.CARD_WANTED and _check(step) is None


def same_person_card_next(step: Step, event: ev.ChallengeAnswered) -> bool:
    """The same, and a form is held that wants the card."""
    challenged = step.state.challenged
    return same_person(step, event) and challenged is not None and challenged.card_next


def same_person_form(step: Step, event: ev.ChallengeAnswered) -> bool:
    """The same, and it was asked about a form. Where the card is asked for, nobody's word counts."""
    return same_person(step, event) and _check(step) not in (None, Check.CARD_WANTED)


def same_person_no_form(step: Step, event: ev.ChallengeAnswered) -> bool:
    """The question is on screen, and the support worker's answer, signed where the policy asks, is "the same"."""
    return same_person(step, event) and _check(step) is None


def card_differs(step: Step, event: ev.CardChecked) -> bool:
    """It is another card."""
    return event.verdict is CardVerdict.DIFFERENT and of_this_visit(step, event)


def same_card(step: Step, event: ev.CardChecked) -> bool:
    """The card is asked for, and it is the same."""
    challenged = step.state.challenged
    covered = challenged is not None and challenged.cover_by is None
    wanted = covered and _check(step) is Check.CARD_WANTED
    return wanted and event.verdict is CardVerdict.SAME and of_this_visit(step, event)


def card_no_answer(step: Step, event: ev.CardChecked) -> bool:
    """The card is asked for, and nothing can be told by it."""
    no_answer = event.verdict in (CardVerdict.UNTELLABLE, CardVerdict.ABSENT, CardVerdict.NO_READER)
    return _check(step) is Check.CARD_WANTED and no_answer and of_this_visit(step, event)


def possible_while_card_wanted(step: Step, event: ev.ChangeSignalled) -> bool:
    """The sign is possible, no card can answer it, and only a card is asked for."""
    return _check(step) is Check.CARD_WANTED and possible(step, event) and event.signal not in OF_THE_CARD


def card_wait_over(step: Step, event: ev.TimerFired) -> bool:
    """No card has come in time, and there is time to ask."""
    challenged = step.state.challenged
    if challenged is None or challenged.cover_by is not None or challenged.check is not Check.CARD_WANTED:
        return False
    return challenged.deadline <= step.now < last_moment(step.visit, step.policy)
