"""The session machine, broken on purpose: each break is one small change of its source, and breaks one invariant.

A broken machine is a loaded copy of the machine's modules with the changed text in place of the original one. The text
to be replaced must stand in the source exactly once: a list that no longer fits the source fails.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import kiosk_agent.session

FOLDER = Path(kiosk_agent.session.__file__).parent
# in the order of imports
COPIED = (
    *("state", "step", "guards", "form_guards", "end_guards", "hold_guards"),
    *("visiting", "ends", "forms", "settling", "finishing", "holding"),
    *("transitions", "machine"),
)
COPY = "broken_session"


@dataclass(frozen=True)
class Mutation:
    """One break. ``world``: the small world of the exploration in which it shows."""

    law: int
    name: str
    module: str
    old: str
    new: str
    world: str = "people"


@contextmanager
def broken(mutation: Mutation) -> Iterator[ModuleType]:
    """The machine with this break. Raises ValueError where the text to be replaced is not there exactly once."""
    package = ModuleType(COPY)
    sys.modules[COPY] = package
    try:
        for name in COPIED:
            setattr(package, name, _load(name, mutation))
        yield package.machine
    finally:
        for name in (COPY, *(f"{COPY}.{name}" for name in COPIED)):
            sys.modules.pop(name, None)


def _load(name: str, mutation: Mutation) -> ModuleType:
    path = FOLDER / f"{name}.py"
    source = path.read_text(encoding="utf-8")
    if name == mutation.module:
        if source.count(mutation.old) != 1:
            raise ValueError(f"{mutation.name}: stands {source.count(mutation.old)} times in {path.name}")
        source = source.replace(mutation.old, mutation.new)
    names = "|".join(COPIED)
    source = re.sub(rf"\bkiosk_agent\.session\.({names})\b", rf"{COPY}.\1", source)
    source = re.sub(rf"\bfrom kiosk_agent\.session import ({names})\b", rf"from {COPY} import \1", source)
    module = ModuleType(f"{COPY}.{name}")
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - the project's own source
    return module


MUTATIONS = (
    # 1: while a portal session may be alive, a certain change of person leads to shield and end, in every state
    Mutation(
        1,
        "an end begins without the cover",
        "ends",
        "    step.commands.insert(0, do.RaiseShield())",
        "    step.commands.insert(0, do.HideWarning())",
    ),
    Mutation(
        1,
        "a certain sign is only noted while a warning is shown",
        "transitions",
        "_rows(VISIT, ev.ChangeSignalled, when.certain,",
        "_rows((OPEN, SIGNED_IN, CHALLENGE), ev.ChangeSignalled, when.certain,",
    ),
    Mutation(
        1,
        "another account is overlooked",
        "guards",
        "return step.visit.account is not None and event.tag != step.visit.account",
        "return step.visit.account is None and event.tag != step.visit.account",
    ),
    Mutation(
        1,
        "“somebody else” is not heard in a challenge",
        "guards",
        "    return event.answer is Answer.OTHER\n",
        "    return event.answer is Answer.OTHER and step.state.challenged is None\n",
    ),
    Mutation(
        1,
        "the logout is run before the cover is seen",
        "ends",
        "    step.record(en.EndBegan(step.visit.visit_id, reason, source))",
        "    step.record(en.EndBegan(step.visit.visit_id, reason, source))\n"
        "    step.emit(do.RunLogout(step.visit.visit_id, True))",
    ),
    Mutation(
        1,
        "the end waits for its cover for ever",
        "ends",
        "phase=Phase.SHIELDING, until=step.now + step.policy.shield_limit_s)",
        "phase=Phase.SHIELDING, until=None)",
    ),
    Mutation(
        1,
        "another card before a form is sent is no certain sign",
        "form_guards",
        "    return event.verdict is CardVerdict.DIFFERENT and of_this_visit(step, event)",
        "    return False",
        world="forms",
    ),
    # 2: no way from one visit to the next but a destroyed browser and a recorded confirmation or override
    Mutation(
        2,
        "the gate opens when the confirmation is pressed, not when it is recorded",
        "transitions",
        "_rows(CONFIRMING, ev.Confirmed, hold_when.confirmed, se.record_confirmation)",
        "_rows(CONFIRMING, ev.Confirmed, hold_when.confirmed, lambda step, event: se.enter_gate(step), GATE)",
        world="ends",
    ),
    Mutation(
        2,
        "any recorded entry is taken for the confirmation",
        "hold_guards",
        "    return confirmation is not None and due is not None and confirmation.visit_id == due.visit_id",
        "    return due is not None",
        world="ends",
    ),
    Mutation(
        2,
        "a stuck browser is taken for gone",
        "transitions",
        "_rows(ENDING, ev.BrowserStuck, end_when.destroying, fi.hold_stuck, HELD)",
        "_rows(ENDING, ev.BrowserStuck, end_when.destroying, fi.clean)",
        world="ends",
    ),
    Mutation(
        2,
        "a supervisor releases a desk whose browser is stuck",
        "transitions",
        "        _rows(HELD, ev.Released, hold_when.released_stuck, ho.destroy_again),\n",
        "",
        world="senses",
    ),
    Mutation(
        2,
        "the browser opens before the visit is recorded",
        "guards",
        "    return started is not None and started.visit_id == step.visit.visit_id",
        "    return step.visit.browser is BrowserIs.NOT_ASKED",
    ),
    Mutation(
        2,
        "the next visit begins while the confirmation is due",
        "transitions",
        "_rows(GATE, ev.StartRequested, when.always, vi.start_visit, OPEN)",
        "_rows((GATE, CONFIRMING), ev.StartRequested, when.always, vi.start_visit, OPEN)",
        world="ends",
    ),
    # 3: input alone never leaves a warning or a challenge
    Mutation(
        3,
        "input takes the warning away",
        "transitions",
        "        # warning and challenge: no input leads out of them\n",
        "        _rows(WARNING, ev.PortalActivity, when.always,"
        " lambda step, event: (vi.count_input(step, event), step.put(name=SIGNED_IN, warned=None)), SIGNED_IN),\n",
    ),
    Mutation(
        3,
        "input takes the challenge away",
        "transitions",
        "        # warning and challenge: no input leads out of them\n",
        "        _rows(CHALLENGE, ev.PortalActivity, when.always,"
        " lambda step, event: (vi.count_input(step, event), step.put(name=SIGNED_IN, challenged=None)), SIGNED_IN),\n",
    ),
    Mutation(
        3,
        "input moves the end of the countdown",
        "transitions",
        "        # warning and challenge: no input leads out of them\n",
        "        _rows(WARNING, ev.PortalActivity, when.always,"
        " lambda step, event: (vi.count_input(step, event),"
        " step.put(warned=vi.warning_at(step.visit, step.now, step.policy)))),\n",
    ),
    Mutation(
        3,
        "after a gap the resident's own answer counts",
        "guards",
        "        return not warned.worker_only",
        "        return True",
    ),
    Mutation(
        3,
        "a challenge is over without the worker's mark",
        "guards",
        "event.answer is Answer.SAME and is_signed(step, event.mark)",
        "event.answer is Answer.SAME",
        world="signed",
    ),
    Mutation(
        3,
        "the worker's word is taken for the card that is asked for",
        "form_guards",
        "_check(step) not in (None, Check.CARD_WANTED)",
        "_check(step) is not None",
        world="forms",
    ),
    Mutation(
        3,
        "the answer to one question is taken for the answer to another",
        "guards",
        " or challenged.check is not event.check:",
        ":",
        world="forms",
    ),
    Mutation(
        3,
        "a card answers a sign that no card knows of",
        "form_guards",
        "    return _check(step) is Check.CARD_WANTED and possible(step, event) and event.signal not in OF_THE_CARD",
        "    return False",
        world="forms",
    ),
    Mutation(
        3,
        "a card answers before anybody has asked for it",
        "form_guards",
        "    covered = challenged is not None and challenged.cover_by is None\n",
        "    covered = True\n",
        world="forms",
    ),
    Mutation(
        3,
        "a form stays held although the portal is shown again",
        "forms",
        "    step.emit(do.LetFormGo(step.visit.visit_id))\n",
        "",
        world="forms",
    ),
    Mutation(
        3,
        "a form that wants the card is forgotten over another question",
        "form_guards",
        "    return same_person(step, event) and challenged is not None and challenged.card_next",
        "    return False",
        world="forms",
    ),
    # 4: without an answer a session ends at most one idle limit and one warning after the last input in the portal
    Mutation(
        4,
        "the warning is counted from when it is shown",
        "state",
        "        deadline=last_moment(visit, policy),",
        "        deadline=now + policy.warning_s,",
    ),
    Mutation(
        4,
        "a challenge lasts as long as it likes",
        "visiting",
        "    return min(step.now + wait_s, last_moment(step.visit, step.policy))",
        "    return step.now + wait_s",
    ),
    Mutation(
        4,
        "a refused address counts as input",
        "visiting",
        "step.put_visit(refusals=step.visit.refusals + 1)",
        "step.put_visit(refusals=step.visit.refusals + 1, last_input_at=step.now)",
    ),
    Mutation(
        4,
        "a card taken away counts as input",
        "visiting",
        "        step.record(en.SignalNoted(",
        "        step.put_visit(last_input_at=step.now)\n        step.record(en.SignalNoted(",
    ),
    # 5: each visit gets exactly one outcome, also after power loss at any point
    Mutation(
        5,
        "what is being recorded is recorded again when the ledger works again",
        "holding",
        "        if item.failed:\n",
        "        if item.ticket:\n",
        world="ledger",
    ),
    Mutation(
        5,
        "a visit found unfinished is forgotten",
        "hold_guards",
        "    return HoldReason.STARTING in step.state.holds and event.unfinished is not None",
        "    return HoldReason.STARTING in step.state.holds and event.unfinished is not None and step.state.stopping",
        world="ledger",
    ),
    Mutation(
        5,
        "an outcome that the ledger refuses is dropped",
        "visiting",
        "        elif not isinstance(owed.entry, en.Confirmation):",
        "        elif not isinstance(owed.entry, en.Confirmation | en.Outcome):",
        world="ledger",
    ),
    Mutation(
        5,
        "any recorded entry is taken for the outcome",
        "end_guards",
        "    return outcome is not None and outcome.visit_id == step.visit.visit_id",
        "    return _phase(step) is Phase.RECORDING",
        world="ends",
    ),
    # 6: what was not proven is never counted as proven
    Mutation(
        6,
        "no answer is taken for a refusal",
        "finishing",
        "in (Proof.REVOKED, Proof.CLEARED, Proof.HALF) else Proof.UNPROVEN",
        "in (Proof.REVOKED, Proof.CLEARED, Proof.HALF) else Proof.REVOKED",
        world="ends",
    ),
    Mutation(
        6,
        "a proof that ran out of time is taken for good",
        "finishing",
        '    """The logout counts as unproven; write the outcome."""\n'
        "    _ran_out(step)\n"
        "    step.put_ending(proof=Proof.UNPROVEN)",
        "    _ran_out(step)\n    step.put_ending(proof=Proof.CLEARED)",
        world="ends",
    ),
    Mutation(
        6,
        "a logout after which nobody looked is counted as cleared",
        "finishing",
        "    if ending.proof is Proof.CLEARED and ending.half is None:\n",
        "    if ending.proof is Proof.CLEARED and ending.half is True:\n",
        world="ends",
    ),
    Mutation(
        6,
        "a half logout is bettered by the proof",
        "finishing",
        "    if ending.half:\n",
        "    if ending.half and ending.proof is None:\n",
        world="ends",
    ),
    Mutation(
        6,
        "a visit found unfinished needs no proof where no sign-in was recorded",
        "holding",
        "    begin_end(step, EndReason.FOUND_UNFINISHED)\n    step.put_ending(proof=Proof.UNPROVEN)",
        "    begin_end(step, EndReason.FOUND_UNFINISHED)",
        world="ledger",
    ),
    Mutation(
        6,
        "a sign-in that is noticed during the end is forgotten",
        "end_guards",
        "    return unconcluded(step, event) and not step.visit.saw_sign_in",
        "    return shielding(step, event) and not step.visit.saw_sign_in",
        world="ends",
    ),
    Mutation(
        6,
        "residue that was not removed in time is taken for removed",
        "finishing",
        "    _ran_out(step)\n    step.put_ending(residue_clean=False)",
        "    _ran_out(step)",
        world="ends",
    ),
    Mutation(
        6,
        "what could not be looked at is taken for removed",
        "finishing",
        "    if not event.clean or not all_clean(event.found):",
        "    if not event.clean:",
        world="ends",
    ),
    Mutation(
        6,
        "what was removed is not counted",
        "finishing",
        "    step.put_ending(residue=event.found)\n",
        "",
        world="ends",
    ),
    Mutation(
        6,
        "less proof than expected is no incident",
        "finishing",
        "PROOF_RANK[proof] < PROOF_RANK[expect]:",
        "PROOF_RANK[proof] > PROOF_RANK[expect]:",
        world="ends",
    ),
    Mutation(
        6,
        "a retry may better a proof that was not open",
        "hold_guards",
        "    return event.visit_id in step.state.revisable and event.proof in PROVEN_LATER",
        "    return event.proof in PROVEN_LATER",
        world="ends",
    ),
    # 7: extensions are counted and limited, at least ten are offered, and a warning lasts at least 20 s
    Mutation(
        7,
        "extensions are not counted",
        "visiting",
        "    extension = step.visit.extensions + 1\n",
        "    extension = step.visit.extensions\n",
    ),
    Mutation(
        7,
        "extensions have no limit",
        "state",
        "can_extend=kind is WarningKind.IDLE and visit.extensions < policy.max_extensions,",
        "can_extend=kind is WarningKind.IDLE,",
        world="long",
    ),
    Mutation(
        7,
        "one extension less is offered than the policy says",
        "state",
        "visit.extensions < policy.max_extensions,",
        "visit.extensions < policy.max_extensions - 1,",
    ),
    Mutation(
        7,
        "the warning comes too late to be answered",
        "state",
        "        visit.last_input_at + policy.idle_limit_s,\n",
        "        visit.last_input_at + policy.idle_limit_s + policy.warning_s / 2,\n",
    ),
    # 8: a visit is judged by one policy
    Mutation(
        8,
        "another policy is taken in the middle of a visit",
        "transitions",
        "        _rows(GATE, ev.PolicyChanged, when.always, se.keep_to),",
        "        _rows((GATE, SIGNED_IN), ev.PolicyChanged, when.always, se.keep_to),",
    ),
    Mutation(
        8,
        "another policy is taken unrecorded",
        "settling",
        "    step.record(en.PolicyTaken(event.revision))\n",
        "",
        world="central",
    ),
    # 9: what central has closed is opened by central alone
    Mutation(
        9,
        "a supervisor at the desk opens what central has closed",
        "holding",
        "    step.put(releasing=releasable_holds(state))",
        "    step.put(releasing=state.holds)",
        world="central",
    ),
    Mutation(
        9,
        "a visit goes on at a desk that was closed",
        "transitions",
        "        _rows(VISIT, ev.DeskClosed, when.always, ends.end_closed, ENDING),",
        "        _rows((OPEN, WARNING, CHALLENGE), ev.DeskClosed, when.always, ends.end_closed, ENDING),",
    ),
    Mutation(
        9,
        "that it is closed is forgotten at the end of the visit",
        "visiting",
        "    add_hold(step, HoldReason.CLOSED_BY_CENTRAL)",
        "    pass",
        world="central",
    ),
)
