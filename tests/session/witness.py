"""Somebody who watches a session from outside: events in, commands out, and a ledger that can lose power.

A witness never looks at what the session keeps to itself, only at its state's name and its next deadline. The laws
of the design are judged by what the witness knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.state import Rules
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CardVerdict,
    Check,
    Proof,
    Signal,
    StateName,
    WarningKind,
)

OPEN, SIGNED_IN, WARNING, CHALLENGE = (
    StateName.OPEN,
    StateName.SIGNED_IN,
    StateName.WARNING,
    StateName.CHALLENGE,
)
VISIT = (OPEN, SIGNED_IN, WARNING, CHALLENGE)
UNCOVERED = (OPEN, SIGNED_IN)
SEEN = (OPEN, SIGNED_IN, WARNING)  # a warning may come at once

# Written out again on purpose: the laws must not follow the code that they judge.
CERTAIN_SIGNALS = {
    Signal.NEXT_PERSON,
    Signal.ACCOUNT_DIFFERENT,
    Signal.CARD_DIFFERENT,
    Signal.OS_USER_CHANGED,
    Signal.FOREIGN_WINDOW_STUCK,
}
POSSIBLE_SIGNALS = {
    Signal.CARD_UNTELLABLE,
    Signal.CARD_REMOVED,
    Signal.OS_LOCKED,
    Signal.RETURN_AFTER_GAP,
    Signal.RESUMED,
}
OF_THE_CARD = {Signal.CARD_REMOVED, Signal.CARD_UNTELLABLE}  # natural while a card is asked for
HELD_FIRST = {Check.NAME_DIFFERENT, Check.NAME_UNREADABLE, Check.CARD_WANTED}
GOODNESS = {Proof.HALF: 0, Proof.UNPROVEN: 1, Proof.CLEARED: 2, Proof.REVOKED: 3}


class BrokenLawError(AssertionError):
    """A law does not hold. ``law`` is its number in the design."""

    def __init__(self, law: int, text: str) -> None:
        super().__init__(f"law {law}: {text}")
        self.law = law


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """What has been seen of the newest visit, and what the ledger durably holds of it."""

    visit: str | None = None
    started_at: float = 0.0
    browser_asked: bool = False
    usable: bool = False  # reported so, or somebody has signed in
    destroy_asked: bool = False
    browser_gone: bool = False
    signed_in: bool = False
    found: bool = False  # at the agent's start: who did what in it is not known
    account: str | None = None
    last_input: float = 0.0
    covered: bool = True
    logout_asked: bool = False
    steps_ok: bool | None = None  # the first answer counts; so for residue and proof
    half: bool = False
    asked_again: bool = False  # the same browser was asked to sign in after the logout
    residue_asked: bool = False
    residue_clean: bool | None = None
    residue: tuple[Residue, ...] = ()
    proof_asked: bool = False
    proved: Proof | None = None
    told: Proof | None = None  # the proof that the newest outcome, or its revision, names
    extensions: int = 0
    warned: do.ShowWarning | None = None
    held: Check | None = None  # a form that has not been let go
    asked: do.ShowChallenge | None = None  # the newest question on the cover
    doubt: bool = False  # a sign that no card answers came, and nobody has answered since
    closed: bool = False  # by central, which has not opened it since
    incident: bool = False  # less proof than expected was recorded as an incident
    pending: tuple[do.Record, ...] = ()  # neither recorded nor refused yet
    # the ledger
    start_kept: bool = False
    sign_in_kept: bool = False
    outcomes_kept: int = 0
    cleared: str = ""  # "confirmed" or "overridden"


@dataclass(slots=True)
class Moment:
    """One call of the session, seen from outside."""

    before: Any
    after: Any
    event: ev.Event
    now: float
    commands: list[do.Command]
    deadline_before: float | None
    deadline_after: float | None
    seen_before: Witness
    seen: Witness
    rules: Rules

    @property
    def policy(self) -> Policy:
        return self.rules.policy


def keep(seen: Witness, entry: en.Entry) -> Witness:
    """The ledger holds ``entry``."""
    match entry:
        case en.VisitStarted() if entry.visit_id == seen.visit:
            return replace(seen, start_kept=True)
        case en.SignedIn() if entry.visit_id == seen.visit:
            return replace(seen, sign_in_kept=True)
        case en.Outcome() if entry.visit_id == seen.visit:
            return replace(seen, outcomes_kept=seen.outcomes_kept + 1)
        case en.Confirmation() if entry.visit_id == seen.visit:
            return replace(seen, cleared="confirmed")
        case en.Override() if entry.visit_id == seen.visit:
            return replace(seen, cleared="overridden")
        case _:
            return seen


def see_event(seen: Witness, event: ev.Event, now: float, name: StateName, after: StateName) -> Witness:
    """What an event tells, before the session's answer to it."""
    running = seen.browser_asked and not seen.browser_gone
    if getattr(event, "visit_id", "") not in ("", seen.visit):
        return seen  # of another visit
    match event:
        case ev.DeskClosed() | ev.DeskOpened():
            seen = replace(seen, closed=isinstance(event, ev.DeskClosed))
        case ev.EntryRecorded():
            done = [record for record in seen.pending if record.ticket == event.ticket]
            seen = replace(seen, pending=tuple(r for r in seen.pending if r.ticket != event.ticket))
            for record in done:
                seen = keep(seen, record.entry)
        case ev.LedgerFailed() if event.ticket is not None:
            seen = replace(seen, pending=tuple(r for r in seen.pending if r.ticket != event.ticket))
        case ev.VisitBrowserOpened() if running and name is OPEN and after is OPEN:
            seen = replace(seen, last_input=seen.last_input if seen.usable else now, usable=True)
        case ev.PortalActivity() if name in UNCOVERED and after in UNCOVERED:
            seen = replace(seen, last_input=now)
        case ev.SignInSeen() if running:
            seen = _somebody_signs_in(seen, now)
        case ev.AccountSeen() if running:
            seen = replace(_somebody_signs_in(seen, now), account=seen.account or event.tag)
        case ev.WarningAnswered(answer=Answer.SAME) if name is WARNING and after in UNCOVERED:
            seen = replace(seen, last_input=now, extensions=seen.extensions + 1)
        case ev.ChallengeAnswered(answer=Answer.SAME) if name is CHALLENGE and after in SEEN:
            seen = replace(seen, last_input=now)
        case ev.CardChecked(verdict=CardVerdict.SAME) if name is CHALLENGE and after in SEEN:
            seen = replace(seen, last_input=now)
        case ev.FormHeld() if running and name in VISIT and after is CHALLENGE and event.check in HELD_FIRST:
            seen = replace(_somebody_signs_in(seen, now), held=seen.held or event.check)
        case ev.LogoutFinished() if seen.logout_asked:
            steps_ok = event.steps_ok if seen.steps_ok is None else seen.steps_ok
            asked = seen.asked_again or event.half is False
            seen = replace(seen, steps_ok=steps_ok, half=seen.half or event.half is True, asked_again=asked)
        case ev.BrowserGone() if seen.destroy_asked:
            seen = replace(seen, browser_gone=True)
        case ev.ResidueRemoved() if seen.residue_asked and seen.residue_clean is None:
            clean = event.clean and not any(one.left or one.unknown for one in event.found)
            seen = replace(seen, residue_clean=clean, residue=event.found)
        case ev.ProofFinished() if seen.proof_asked and seen.proved is None:
            seen = replace(seen, proved=event.proof)
        case ev.AgentStarted(unfinished=str()) if name is StateName.HELD and after is StateName.ENDING:
            # of the browser of a dead agent nothing is known, until it is reported gone
            seen = replace(seen, browser_asked=True, browser_gone=False, found=True)
            seen = replace(seen, signed_in=event.unfinished_saw_sign_in)
        case _:
            pass
    return seen


def _somebody_signs_in(seen: Witness, now: float) -> Witness:
    return replace(seen, signed_in=True, usable=True, last_input=seen.last_input if seen.usable else now)


def see_command(seen: Witness, command: do.Command, now: float) -> Witness:
    """What a command tells."""
    match command:
        case do.RaiseShield() | do.Hold():
            return replace(seen, covered=True)
        case do.LowerShield():
            return replace(seen, covered=False)
        case do.OpenVisitBrowser():
            return replace(seen, browser_asked=True, covered=False, last_input=now)
        case do.ShowWarning():
            return replace(seen, warned=command)
        case do.ShowChallenge():
            return replace(seen, asked=command)
        case do.LetFormGo():
            return replace(seen, held=None)
        case do.RunLogout():
            return replace(seen, logout_asked=True)
        case do.DestroyBrowser():
            return replace(seen, destroy_asked=True)
        case do.RemoveResidue():
            return replace(seen, residue_asked=True)
        case do.ProveLogout():
            return replace(seen, proof_asked=True)
        case do.Record():
            return _see_record(seen, command, now)
        case _:
            return seen


def _see_record(seen: Witness, command: do.Record, now: float) -> Witness:
    seen = replace(seen, pending=(*seen.pending, command))
    match command.entry:
        case en.VisitStarted(visit_id=visit_id) if visit_id != seen.visit:
            return Witness(
                visit=visit_id,
                started_at=now,
                last_input=now,
                covered=seen.covered,
                pending=seen.pending,
                closed=seen.closed,
            )
        case en.Outcome(visit_id=visit_id, proof=proof) | en.OutcomeRevised(visit_id=visit_id, proof=proof):
            return replace(seen, told=proof) if visit_id == seen.visit else seen
        case en.Incident(code="proof_less_than_expected"):
            return replace(seen, incident=True)
        case _:
            return seen


def watch(
    seen: Witness, before: Any, after: Any, event: ev.Event, now: float, commands: list[do.Command], policy: Policy
) -> Witness:
    """What is known after one call of the session."""
    asked = seen.asked
    seen = see_event(seen, event, now, before.name, after.name)
    for command in commands:
        seen = see_command(seen, command, now)
    if after.name is not CHALLENGE:
        return replace(seen, doubt=False, asked=None) if before.name is CHALLENGE else seen
    return replace(seen, doubt=_in_doubt(seen, before.name, event, asked, policy))


def _in_doubt(seen: Witness, name: StateName, event: ev.Event, asked: do.ShowChallenge | None, policy: Policy) -> bool:
    """Whether a sign of another person waits for an answer that only the support worker can give."""
    match event:
        case ev.ChangeSignalled(signal=signal):
            possible = policy.weights.get(signal, "possible" if signal in POSSIBLE_SIGNALS else "") == "possible"
            # while a card is asked for, the card itself comes and goes
            wanted = (asked.check if asked is not None else seen.held) is Check.CARD_WANTED
            return seen.doubt or (possible and not (wanted and signal in OF_THE_CARD))
        case ev.PortalActivity() if name is not CHALLENGE:
            return True
        case ev.ChallengeAnswered(answer=Answer.SAME, check=check) if asked is not None and asked.check is check:
            return seen.doubt and seen.asked is asked
        case _:
            return seen.doubt


def after_crash(seen: Witness, durable: int) -> tuple[Witness, ev.AgentStarted]:
    """Agent and browser die. Of what was being recorded, the first ``durable`` entries reached the disk."""
    for record in seen.pending[:durable]:
        seen = keep(seen, record.entry)
    unfinished = seen.start_kept and seen.outcomes_kept == 0
    unconfirmed = seen.outcomes_kept > 0 and not seen.cleared
    started = ev.AgentStarted(
        unfinished=seen.visit if unfinished else None,
        unconfirmed=seen.visit if unconfirmed else None,
        unfinished_saw_sign_in=seen.sign_in_kept,
    )
    if not seen.start_kept:
        return Witness(), started
    kept = Witness(
        visit=seen.visit,
        started_at=seen.started_at,
        browser_asked=seen.browser_asked,
        destroy_asked=False,
        browser_gone=True,
        told=seen.told if seen.outcomes_kept else None,
        incident=seen.incident,
        start_kept=True,
        sign_in_kept=seen.sign_in_kept,
        outcomes_kept=seen.outcomes_kept,
        cleared=seen.cleared,
    )
    return kept, started


# the laws


def law_1(at: Moment) -> None:
    """While a portal session may be alive, a certain change of person leads to shield and end, in every state."""
    alive = at.seen_before.browser_asked and not at.seen.browser_gone
    weights = at.policy.weights
    match at.event:
        case ev.ChangeSignalled(signal=signal):
            changed = signal in CERTAIN_SIGNALS or weights.get(signal) == "certain"
        case ev.AccountSeen(tag=tag):
            changed = at.seen_before.account is not None and tag != at.seen_before.account
        case ev.WarningAnswered(answer=Answer.OTHER):
            changed = at.before.name is WARNING
        case ev.ChallengeAnswered(answer=Answer.OTHER):
            changed = at.before.name is CHALLENGE
        case ev.CardChecked(verdict=CardVerdict.DIFFERENT, visit_id=visit_id):
            changed = at.before.name in VISIT and visit_id in ("", at.seen_before.visit)
        case _:
            changed = False
    if alive and changed:
        if at.after.name not in (StateName.ENDING, StateName.HELD):
            raise BrokenLawError(1, f"{at.event} in {at.before.name} left the session in {at.after.name}")
        if not at.seen.covered:
            raise BrokenLawError(1, f"{at.event} in {at.before.name} left the portal uncovered")
    running = at.seen.browser_asked and not at.seen.browser_gone
    if at.after.name in (CHALLENGE, StateName.ENDING, StateName.HELD) and running and not at.seen.covered:
        raise BrokenLawError(1, f"{at.after.name} leaves the portal uncovered")
    if at.after.name is StateName.ENDING and at.deadline_after is None and not at.after.stopped:
        raise BrokenLawError(1, "an end that waits for ever is no end")
    if any(isinstance(command, do.RunLogout) for command in at.commands) and not isinstance(at.event, ev.ShieldShown):
        raise BrokenLawError(1, "the logout was run before the shield was seen")


def law_2(at: Moment) -> None:
    """No way from one visit to the next except through a destroyed browser and a recorded confirmation or override."""
    seen, opened = at.seen, any(isinstance(command, do.OpenVisitBrowser) for command in at.commands)
    if opened and not seen.start_kept:
        raise BrokenLawError(2, "a visit runs unrecorded")
    ended = seen.visit is not None and (seen.browser_asked or seen.start_kept)
    if at.after.name is StateName.GATE and ended:
        if not seen.browser_gone:
            raise BrokenLawError(2, "the gate opened while the last browser was not gone")
        if not seen.cleared:
            raise BrokenLawError(2, "the gate opened without a recorded confirmation or override")
    if at.after.name is StateName.CONFIRMING and seen.browser_asked and not seen.browser_gone:
        raise BrokenLawError(2, "a confirmation was asked for while the browser was not gone")
    new = any(isinstance(c, do.Record) and isinstance(c.entry, en.VisitStarted) for c in at.commands)
    if new and at.before.name is not StateName.GATE and not isinstance(at.event, ev.LedgerRecovered | ev.Released):
        raise BrokenLawError(2, f"a visit began in {at.before.name}")
    if at.before.name not in (StateName.GATE, *VISIT) and at.after.name in VISIT:
        raise BrokenLawError(2, f"a visit goes on after {at.before.name}")


def law_3(at: Moment) -> None:
    """Input alone never leaves Warning or Challenge."""
    _form_waits(at)
    if at.before.name not in (WARNING, CHALLENGE):
        return
    on_time = at.deadline_before is None or at.now < at.deadline_before
    inputs = ev.PortalActivity | ev.NavigationRefused | ev.OperationFinished | ev.SignInSeen | ev.WarningShown
    if isinstance(at.event, inputs) and on_time:
        if at.after.name is not at.before.name:
            raise BrokenLawError(3, f"{at.event} led from {at.before.name} to {at.after.name}")
        if at.deadline_after is None or (at.deadline_before is not None and at.deadline_after > at.deadline_before):
            raise BrokenLawError(3, f"{at.event} moved the deadline of {at.before.name}")
    if at.after.name in UNCOVERED and not _lets_go_on(at):
        raise BrokenLawError(3, f"{at.event} led from {at.before.name} to {at.after.name}")


def _form_waits(at: Moment) -> None:
    """A held form goes only where the portal is seen again, by an answer; and it does go there."""
    if any(isinstance(command, do.LetFormGo) for command in at.commands):
        if at.seen_before.held is None:
            raise BrokenLawError(3, "a form was let go that nobody held")
        if at.after.name not in SEEN or not _lets_go_on(at):
            raise BrokenLawError(3, f"{at.event} let a form go in {at.before.name}")
    elif at.after.name in SEEN and at.seen.held is not None:
        raise BrokenLawError(3, f"{at.event} showed the portal again with a form undecided")


def _lets_go_on(at: Moment) -> bool:
    asked = at.seen_before.asked
    match at.event:
        case ev.WarningAnswered(answer=Answer.SAME, by=by, mark=mark) if at.before.name is WARNING:
            warned = at.seen_before.warned
            if warned is None or not warned.can_extend or at.now >= warned.deadline:
                return False
            return bool(mark) or at.policy.mark == "none" if by is Answerer.WORKER else not warned.worker_only
        case ev.ChallengeAnswered(answer=Answer.SAME, mark=mark, check=check) if at.before.name is CHALLENGE:
            if asked is None or asked.check is not check or check is Check.CARD_WANTED:
                return False
            return bool(mark) or at.policy.mark == "none"
        case ev.CardChecked(verdict=CardVerdict.SAME, visit_id=visit_id) if at.before.name is CHALLENGE:
            asked_for = asked is not None and asked.check is Check.CARD_WANTED and not at.seen_before.doubt
            return asked_for and visit_id in ("", at.seen_before.visit)
        case _:
            return False


def law_4(at: Moment) -> None:
    """Without an answer a session ends at most ``idle_limit_s + warning_s`` after the last input in the portal."""
    if at.after.name in VISIT and at.seen.signed_in:
        last = at.seen.last_input + at.policy.idle_limit_s + at.policy.warning_s
        if at.now >= last:
            raise BrokenLawError(4, f"alive {at.now - last:g} s past its last moment")
        if at.deadline_after is None or at.deadline_after > last:
            raise BrokenLawError(4, f"would be woken at {at.deadline_after}, past its last moment {last:g}")


def law_5(at: Moment) -> None:
    """Each visit gets exactly one outcome, also after power loss."""
    if at.seen.outcomes_kept > 1:
        raise BrokenLawError(5, "two outcomes of one visit are in the ledger")
    ended = at.after.name in (StateName.GATE, StateName.CONFIRMING) and at.seen.start_kept
    if ended and at.seen.outcomes_kept != 1:
        raise BrokenLawError(5, f"{at.after.name} with {at.seen.outcomes_kept} outcomes of the last visit")


def law_6(at: Moment) -> None:
    """What was not proven is never counted as proven."""
    seen = at.seen
    again = isinstance(at.event, ev.LedgerRecovered | ev.Released)
    for command in at.commands:
        match command:
            case do.Record(entry=en.Outcome() as outcome):
                told = at.seen_before.told
                if told is None:
                    _outcome_is_true(outcome, seen, at.rules)
                elif outcome.proof is not told:
                    raise BrokenLawError(6, f"an outcome of {told} was recorded again as {outcome.proof}")
            case do.Record(entry=en.OutcomeRevised(visit_id=visit_id, proof=proof)):
                if not again:
                    said = isinstance(at.event, ev.ProofRevised) and at.event.proof is proof
                    was_open = visit_id != seen.visit or at.seen_before.told is Proof.UNPROVEN
                    if not said or not was_open or (proof is not Proof.HALF and seen.half and visit_id == seen.visit):
                        raise BrokenLawError(6, f"an outcome was revised to {proof}")
            case do.AskConfirmation(visit_id=visit_id, proof=proof) if visit_id == seen.visit:
                if proof not in (seen.told, Proof.UNPROVEN):
                    raise BrokenLawError(6, f"the confirmation speaks of {proof}, the outcome of {seen.told}")
            case _:
                pass


def _outcome_is_true(outcome: en.Outcome, seen: Witness, rules: Rules) -> None:
    if outcome.proof in (Proof.REVOKED, Proof.CLEARED) and (seen.proved is not outcome.proof or seen.half):
        raise BrokenLawError(6, f"{outcome.proof} was counted, {seen.proved} was proved, half: {seen.half}")
    if outcome.proof is Proof.CLEARED and not seen.asked_again:
        raise BrokenLawError(6, "nobody saw that it was cleared: it may have been half")
    if outcome.proof is Proof.UNPROVEN and seen.half:
        raise BrokenLawError(6, "a half logout was counted as merely unproven")
    if outcome.proof is Proof.NOT_NEEDED and (seen.signed_in or outcome.saw_sign_in):
        raise BrokenLawError(6, "a visit with a sign-in was counted as needing no proof")
    if outcome.proof is Proof.NOT_NEEDED and seen.found:
        raise BrokenLawError(6, "a visit whose agent died was counted as needing no proof")
    if outcome.residue_clean and not seen.residue_clean:
        raise BrokenLawError(6, "residue that was not reported gone was counted as gone")
    if outcome.residue != seen.residue:
        raise BrokenLawError(6, f"{seen.residue} was reported, {outcome.residue} is counted")
    if outcome.steps_ok and not seen.steps_ok:
        raise BrokenLawError(6, "a logout that did not finish was counted as finished")
    if outcome.proof is not Proof.NOT_NEEDED and GOODNESS[outcome.proof] < GOODNESS[rules.expect] and not seen.incident:
        raise BrokenLawError(6, "less proof than expected was no incident")


def law_7(at: Moment) -> None:
    """Extensions are counted and limited, at least ten are offered, and a warning lasts at least 20 s."""
    if at.seen.extensions > at.policy.max_extensions:
        raise BrokenLawError(7, f"{at.seen.extensions} extensions")
    for command in at.commands:
        match command:
            case do.ShowWarning(kind=kind, deadline=deadline, can_extend=can_extend):
                on_time = at.deadline_before == at.now
                if on_time and deadline - at.now < at.policy.warning_s:
                    raise BrokenLawError(7, f"a warning of {deadline - at.now:g} s")
                left = at.seen.extensions < at.policy.max_extensions
                if kind is WarningKind.IDLE and can_extend is not left:
                    raise BrokenLawError(7, f"can_extend {can_extend} after {at.seen.extensions} extensions")
                if kind is WarningKind.MAX_LENGTH and can_extend:
                    raise BrokenLawError(7, "a visit was to be extended past its full length")
                ends_at = at.seen.started_at + at.policy.max_visit_s
                if kind is WarningKind.MAX_LENGTH and at.now + 2 * at.policy.warning_s <= ends_at:
                    raise BrokenLawError(7, "an extension was withheld long before the visit's full length")
            case do.Record(entry=en.WarningResponse(answer=Answer.SAME, extension=extension)):
                if isinstance(at.event, ev.WarningAnswered) and extension < at.seen.extensions:
                    raise BrokenLawError(7, f"extension {at.seen.extensions} was counted as {extension}")
            case _:
                pass


def law_8(at: Moment) -> None:
    """A visit is judged by one policy: another one is taken at the gate alone, and recorded."""
    taken = [command.policy for command in at.commands if isinstance(command, do.KeepTo)]
    recorded = [command for command in at.commands if _records(command, en.PolicyTaken)]
    if taken and (at.before.name is not StateName.GATE or at.after.name in VISIT):
        raise BrokenLawError(8, f"another policy was taken in {at.before.name}")
    if len(taken) != len(recorded) and not isinstance(at.event, ev.LedgerRecovered | ev.Released):  # recorded again
        raise BrokenLawError(8, "another policy was taken unrecorded")


def law_9(at: Moment) -> None:
    """What central has closed is opened by central alone: no visit runs, and none can begin."""
    if at.seen.closed and not at.after.stopped and at.after.name not in (StateName.ENDING, StateName.HELD):
        raise BrokenLawError(9, f"{at.event} in {at.before.name} led a closed desk to {at.after.name}")


def _records(command: do.Command, kind: type[en.Entry]) -> bool:
    return isinstance(command, do.Record) and isinstance(command.entry, kind)


LAWS = {
    1: law_1,
    2: law_2,
    3: law_3,
    4: law_4,
    5: law_5,
    6: law_6,
    7: law_7,
    8: law_8,
    9: law_9,
}
