"""All states that can be reached in a small world, each met with every event.

The world is small so that it is finite: limits are multiples of one quantum, one extension, one sense, and what no
decision depends on (which reason ended a visit, how many signs were noted) is folded together. ``now`` is always 0;
time passes by moving everything else into the past.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.state import Phase, Rules
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CardVerdict,
    Check,
    EndReason,
    EndSource,
    HoldReason,
    Proof,
    Signal,
    StateName,
    Weight,
)
from tests.session.witness import LAWS, VISIT, BrokenLawError, Moment, Witness, after_crash, watch

QUANTUM_S = 10.0
UNTOLD = ev.ResidueRemoved(True, (Residue(ResidueKind.PRINT_JOBS, unknown=True),))
STAYS = ev.ResidueRemoved(False, (Residue(ResidueKind.CLIPBOARD, left=1),))
SMALL = Policy(
    idle_limit_s=20,
    warning_s=20,
    max_visit_s=70,
    max_extensions=1,
    gap_s=15,
    challenge_s=20,
    card_wait_s=10,
    open_limit_s=20,
    record_limit_s=10,
    shield_limit_s=10,
    logout_limit_s=10,
    destroy_limit_s=10,
    residue_limit_s=10,
    proof_limit_s=10,
    mandatory_senses=("s",),
)
LATE_S = 10.0  # how far a timer may come too late, one quantum; suspend is a move of its own
ASLEEP_S = 1000.0
FLOOR_S = -200.0  # what lies further in the past than every limit is all the same
ASKED = (Check.NAME_DIFFERENT, Check.CARD_WANTED, Check.CARD_UNTELLABLE)  # the others decide nothing else
AWAITED = en.VisitStarted | en.Outcome | en.Confirmation | en.Override

LAWS_OF_EVENTS = {1, 3}

Node = tuple[Any, Witness]


@dataclass
class Findings:
    """What an exploration met."""

    nodes: int = 0
    steps: int = 0
    pairs: set[tuple[StateName, type[ev.Event]]] = field(default_factory=set)
    rows: set[Any] = field(default_factory=set)


@dataclass(frozen=True)
class Config:
    """One small world: its rules, and the events whose results are followed further."""

    name: str
    rules: Rules
    follows: Callable[[ev.Event], bool]
    crashes: bool = False
    ledger_is_slow: bool = False  # else what nothing waits for is recorded at once
    within: frozenset[StateName] = frozenset(StateName)  # other states are met with every event, but not followed


def events_for(node: Node) -> Iterator[ev.Event]:
    """Every event, with every content that can make a difference."""
    state, seen = node
    yield from (ev.TimerFired(), ev.StopRequested(), ev.StartRequested("new"))
    yield from (ev.EndRequested(EndSource.TRAY), ev.EndRequested(EndSource.NUDGE))
    yield from (ev.Confirmed(True, True, True, "ab"), ev.Confirmed(True, True, True), ev.Confirmed(True, False, True))
    yield from (ev.Confirmed(False, True, True, "ab"), ev.Confirmed(True, True, False, "ab"), ev.Released("cd"))
    yield from (ev.VisitBrowserOpened(), ev.VisitBrowserFailed(), ev.VisitBrowserLost(crashed=True))
    yield ev.VisitBrowserLost(crashed=False)
    yield from (ev.PortalActivity(), ev.SignInSeen(), ev.SignOutSeen(), ev.AccountSeen("a"), ev.AccountSeen("b"))
    yield from (ev.OperationFinished("o"), ev.NavigationRefused())
    for signal in (Signal.NEXT_PERSON, Signal.CARD_REMOVED, Signal.OS_LOCKED, Signal.FOREIGN_BROWSER):
        yield ev.ChangeSignalled(signal)
    for sense in ("s", "other"):
        yield from (ev.SenseLost(sense), ev.SenseRecovered(sense))
    yield from (ev.DeskClosed(), ev.DeskOpened(), ev.PolicyChanged(SMALL, 7), ev.EndRequested(EndSource.CENTRAL))
    yield from (ev.WarningShown(), ev.WarningNotShown())
    for answer in Answer:
        for mark in ("", "ab"):
            yield from (ev.ChallengeAnswered(answer, mark, check) for check in (None, *ASKED))
            yield from (ev.WarningAnswered(answer, by, mark) for by in Answerer)
    yield from (ev.FormHeld(Check.NAME_DIFFERENT), ev.FormHeld(Check.CARD_WANTED), ev.FormHeld(Check.CARD_ABSENT))
    yield from (ev.CardChecked(CardVerdict.SAME), ev.CardChecked(CardVerdict.SAME, "former"))
    yield from (ev.CardChecked(CardVerdict.DIFFERENT), ev.CardChecked(CardVerdict.UNTELLABLE))
    yield from (ev.ShieldShown(), ev.ShieldLost())
    yield from (ev.LogoutFinished(True, False), ev.LogoutFinished(False, None), ev.LogoutFinished(True, True))
    yield from (ev.BrowserGone(), ev.BrowserStuck(), ev.ResidueRemoved(True), STAYS)
    yield UNTOLD
    yield from (ev.ProofFinished(Proof.REVOKED), ev.ProofFinished(Proof.CLEARED), ev.ProofFinished(Proof.UNPROVEN))
    yield from (ev.BrowserGone("former"), ev.LogoutFinished(True, True, "former"), ev.BrowserStuck("former"))
    yield from (ev.ResidueRemoved(True, (), "former"), ev.ProofFinished(Proof.REVOKED, "former"))
    for visit_id in ("this", "former"):
        yield from (ev.ProofRevised(visit_id, Proof.REVOKED), ev.ProofRevised(visit_id, Proof.UNPROVEN))
    yield from (ev.LedgerFailed(HoldReason.LEDGER_FULL), ev.LedgerRecovered())
    for record in seen.pending[:1]:  # the ledger works through its entries in order; other orders: histories
        yield from (ev.EntryRecorded(record.ticket), ev.LedgerFailed(HoldReason.LEDGER_FULL, record.ticket))
    yield ev.EntryRecorded(999)
    yield from (ev.GateFailed(), ev.GateRecovered())
    if HoldReason.STARTING in state.holds:
        yield after_crash(seen, 0)[1]
    else:
        yield ev.AgentStarted()


class World:
    """A machine (the real one, or one broken on purpose), its rules, and the laws that are judged."""

    def __init__(self, machine: ModuleType, rules: Rules, laws: Iterable[int] = LAWS) -> None:
        self.machine = machine
        self.rules = rules
        self.laws = {number: LAWS[number] for number in laws}
        self._asked: Any = None
        self._answer: float | None = None

    def step(self, node: Node, event: ev.Event, now: float) -> Node:
        """The next node. Raises BrokenLawError where a law does not hold."""
        state, seen = node
        after, commands = self.machine.transition(state, event, now, self.rules)
        now_seen = watch(seen, state, after, event, now, commands, self.rules.policy)
        changed = after is not state or bool(commands) or now_seen is not seen
        before = self._deadline(state)
        at = Moment(
            before=state,
            after=after,
            event=event,
            now=now,
            commands=commands,
            deadline_before=before,
            deadline_after=self._deadline(after) if changed else before,
            seen_before=seen,
            seen=now_seen,
            rules=self.rules,
        )
        for number, law in self.laws.items():
            if changed or number in LAWS_OF_EVENTS:  # the others held before, and nothing has changed
                law(at)
        return after, now_seen

    def _deadline(self, state: Any) -> float | None:
        if self._asked is not state:
            self._asked, self._answer = state, self.machine.next_deadline(state, self.rules.policy)
        return self._answer

    def acknowledge(self, node: Node, now: float, but: int) -> Node:
        """Record at once whatever nothing waits for, but for the last ``but`` entries."""
        pending = node[1].pending
        for record in pending[: len(pending) - but]:
            if not isinstance(record.entry, AWAITED):
                node = self.step(node, ev.EntryRecorded(record.ticket), now)
        return node

    def ends_by_itself(self, node: Node, now: float = 0.0) -> bool:
        """Whether an end, left to its timers, comes to where the desk is covered or confirmed."""
        for _ in range(20):
            state = node[0]
            if state.name is not StateName.ENDING or state.stopped:
                return True
            deadline = self.machine.next_deadline(state, self.rules.policy)
            if deadline is None:
                return False
            now = max(now, deadline)
            node = self.step(node, ev.TimerFired(), now)
        return False


# folding


def _past(moment: float | None, dt: float) -> float | None:
    return None if moment is None else max(FLOOR_S, moment - dt)


def _wait(moment: float | None, dt: float) -> float | None:
    """How far past it a report's time limit is makes no difference."""
    return None if moment is None else max(0.0, moment - dt)


def _check(check: Check | None) -> Check | None:
    """Why a card gave no answer makes no difference."""
    return Check.CARD_UNTELLABLE if check in (Check.CARD_ABSENT, Check.CARD_NO_READER) else check


def _entry(entry: en.Entry, rename: dict[str, str]) -> en.Entry:
    changes: dict[str, Any] = {}
    visit_id = getattr(entry, "visit_id", None)
    if visit_id is not None:
        changes["visit_id"] = rename.get(visit_id, visit_id)
    if isinstance(entry, en.Outcome):
        changes |= {"length_s": 0.0, "reason": EndReason.IDLE, "extensions": 0, "steps_ok": None, "residue_clean": True}
        changes["residue"] = ()
    if isinstance(entry, en.Confirmation | en.Override):
        changes["mark"] = "ab"
    if isinstance(entry, en.Incident):
        changes["detail"] = ""
    return replace(entry, **changes) if changes else entry


def _fold_ending(state: Any, seen: Witness, dt: float) -> tuple[Any, Witness]:
    """An end, and what was seen of it. Once the outcome is written, only the proof that it names still matters."""
    ending = state.ending
    told = replace(
        seen,
        signed_in=False,
        found=False,
        logout_asked=False,
        steps_ok=None,
        half=False,
        asked_again=False,
        residue_asked=False,
        residue_clean=None,
        residue=(),
        proof_asked=False,
        proved=None,
        incident=False,
    )
    if seen.outcomes_kept:
        told = replace(told, browser_asked=told.browser_asked or told.browser_gone, sign_in_kept=True)
    if ending is None:
        return None, seen if state.name in VISIT else told
    own = ending.reason is EndReason.OWN_LOGOUT and ending.phase == Phase.SHIELDING
    ending = replace(
        ending,
        reason=EndReason.OWN_LOGOUT if own else EndReason.IDLE,
        source=None,
        until=_wait(ending.until, dt),
        shield_lost=False,
    )
    if ending.phase == Phase.RECORDING:
        return replace(ending, steps_ok=None, half=None, residue_clean=True, residue=(), proof=None), told
    if ending.phase != Phase.LOGGING_OUT and bool(ending.steps_ok) <= bool(seen.steps_ok):
        ending, seen = replace(ending, steps_ok=None), replace(seen, steps_ok=None)
    if not ending.residue_clean:
        seen = replace(seen, residue_clean=False)
    return ending, seen


def fold(node: Node, dt: float) -> Node:
    """``node`` after ``dt`` seconds, in the one form that stands for all that cannot be told apart."""
    state, seen = node
    if state.stopped:
        state = replace(type(state)(), name=state.name, holds=frozenset(), stopped=True)
    rename = {"this": "former", "new": "this"} if seen.visit == "new" else {}
    tickets = sorted({o.ticket for o in state.owed} | {r.ticket for r in seen.pending})
    number = {ticket: index for index, ticket in enumerate(tickets, start=1)}

    def due(item: Any) -> Any:
        name = rename.get(item.visit_id, item.visit_id)
        return replace(item, visit_id=name, reason=EndReason.IDLE, residue_clean=True, residue=())

    def renamed(visit_id: str) -> str:
        return rename.get(visit_id, visit_id)

    names = {"this", "former"} if state.name in VISIT else {"this"}
    revisable = tuple(name for name in map(renamed, state.revisable) if name in names)
    visit = state.visit
    if visit is not None:
        visit = replace(
            visit,
            visit_id=renamed(visit.visit_id),
            started_at=_past(visit.started_at, dt),
            last_input_at=_past(visit.last_input_at, dt),
            opens_by=_past(visit.opens_by, dt),
            account="a" if visit.account else None,  # two accounts: which of them is the visit's is all the same
            noted=frozenset(),
            refusals=0,
        )
        if state.ending is not None:
            visit = replace(visit, started_at=0.0, last_input_at=0.0, extensions=0, opens_by=None, account=None)

    def warned(item: Any) -> Any:
        return None if item is None else replace(item, deadline=_past(item.deadline, dt))

    challenged = state.challenged
    if challenged is not None:
        challenged = replace(
            challenged,
            deadline=_past(challenged.deadline, dt),
            cover_by=_past(challenged.cover_by, dt),
            warned=None if challenged.warned is None else replace(challenged.warned, deadline=0.0),
            check=_check(challenged.check),
        )
    ending, seen = _fold_ending(state, seen, dt)
    # the ledger answers in order, so only the first limit to run out makes a difference
    first = min((o.until for o in state.owed if o.until is not None), default=None)
    until = (_past if state.name in VISIT else _wait)(first, dt)
    holds = state.holds - {HoldReason.LEDGER_UNWRITABLE} if HoldReason.LEDGER_FULL in state.holds else state.holds
    folded = replace(
        state,
        visit=visit,
        warned=warned(state.warned),
        challenged=challenged,
        ending=ending,
        due=None if state.due is None else due(state.due),
        last=None,
        revisable=revisable,
        holds=holds,
        releasing=state.releasing & holds,
        owed=tuple(
            replace(o, ticket=number[o.ticket], entry=_entry(o.entry, rename), until=None if o.until is None else until)
            for o in state.owed
        ),
        next_ticket=len(tickets) + 1,
    )
    seen_warned = seen.warned if state.name is StateName.WARNING else None
    seen = replace(
        seen,
        visit=None if seen.visit is None else renamed(seen.visit),
        account="a" if seen.account and state.ending is None else None,
        usable=seen.usable if state.name in VISIT else False,
        started_at=_past(seen.started_at, dt) if state.name in VISIT else 0.0,
        last_input=_past(seen.last_input, dt) if state.name in VISIT else 0.0,
        extensions=seen.extensions if state.name in VISIT else 0,
        held=seen.held if state.name in VISIT else None,
        asked=None if seen.asked is None else do.ShowChallenge(0.0, _check(seen.asked.check)),
        doubt=seen.doubt and state.name is StateName.CHALLENGE,
        warned=None if seen_warned is None else replace(seen_warned, deadline=_past(seen_warned.deadline, dt)),
        pending=tuple(do.Record(number[r.ticket], _entry(r.entry, rename)) for r in seen.pending),
    )
    return folded, seen


# the search


def explore(world: World, config: Config, findings: Findings | None = None) -> Findings:
    """Every node of the small world. Raises BrokenLawError at the first law that does not hold."""
    findings = findings if findings is not None else Findings()
    row_for = world.machine.row_for

    def seen_row(*arguments: Any) -> Any:
        row = row_for(*arguments)
        findings.rows.add(row)
        return row

    world.machine.row_for = seen_row
    try:
        _search(world, config, findings)
    finally:
        world.machine.row_for = row_for
    return findings


def _search(world: World, config: Config, findings: Findings) -> None:
    machine, rules = world.machine, config.rules
    start: Node = (machine.State(), Witness())
    known = {start}
    queue = deque([start])

    def add(node: Node, dt: float = 0.0) -> None:
        node = fold(world.acknowledge(node, 0.0, 1 if config.ledger_is_slow else 0), dt)
        if node not in known:
            known.add(node)
            queue.append(node)

    while queue:
        node = queue.popleft()
        state, seen = node
        findings.nodes += 1
        if state.name is StateName.ENDING and not world.ends_by_itself(node):
            raise BrokenLawError(1, "an end that is left to its timers does not come to an end")
        for event in events_for(node):
            findings.steps += 1
            findings.pairs.add((state.name, type(event)))
            after = world.step(node, event, 0.0)
            if config.follows(event) and state.name in config.within and after != node:
                add(after)
        if state.name not in config.within:
            continue
        deadline = machine.next_deadline(state, rules.policy)
        if deadline is not None and deadline > -LATE_S:
            add(node, QUANTUM_S)
        if deadline is not None and state.name in VISIT:
            for event in (ev.TimerFired(), ev.PortalActivity(), ev.ChangeSignalled(Signal.RESUMED)):
                add(_later(world, node, event))
        if config.crashes:
            for durable in {0, len(seen.pending)}:
                kept, started = after_crash(seen, durable)
                add(world.step((machine.State(), kept), started, 0.0))


def _later(world: World, node: Node, event: ev.Event) -> Node:
    """``event`` after the PC was asleep."""
    return world.step(fold(node, ASLEEP_S), event, 0.0)


OF_THE_LEDGER = (ev.LedgerFailed, ev.LedgerRecovered)
OF_THE_GATE = (ev.GateFailed, ev.GateRecovered, ev.StopRequested)
OF_CENTRAL = (ev.DeskClosed, ev.DeskOpened, ev.PolicyChanged)
OF_THE_SENSES = (ev.SenseLost, ev.SenseRecovered, ev.BrowserStuck)
PLAIN = (
    ev.AgentStarted,
    ev.TimerFired,
    ev.StartRequested,
    ev.VisitBrowserOpened,
    ev.SignInSeen,
    ev.EndRequested,
    ev.ShieldShown,
    ev.BrowserGone,
    ev.EntryRecorded,
    ev.Confirmed,
    ev.Released,
)
ANSWERS = (ev.LogoutFinished, ev.ResidueRemoved, ev.ProofFinished)
UNUSUAL = (
    ev.LogoutFinished(True, True),
    ev.LogoutFinished(False, None),
    STAYS,
    UNTOLD,
    ev.ProofFinished(Proof.CLEARED),
    ev.ProofFinished(Proof.UNPROVEN),
)


def _until_the_end(event: ev.Event) -> bool:
    """Everything that residents and support workers do, up to the beginning of an end. Forms: a world of their own."""
    failures = (*OF_THE_LEDGER, *OF_THE_GATE, *OF_THE_SENSES, *OF_CENTRAL)
    beyond = (*failures, *ANSWERS, ev.Released, ev.BrowserGone, ev.ShieldLost, ev.FormHeld)
    return not isinstance(event, beyond)


def _ends(event: ev.Event) -> bool:
    """Every way in which an end can go."""
    ways = (ev.ShieldLost, ev.SignOutSeen, ev.VisitBrowserLost, ev.ProofRevised, ev.BrowserStuck)
    return isinstance(event, (*PLAIN, *ANSWERS, *ways)) or event == ev.ChangeSignalled(Signal.CARD_REMOVED)


def _plain(event: ev.Event) -> bool:
    return isinstance(event, (*PLAIN, *ANSWERS)) and event not in UNUSUAL


def _ledger(event: ev.Event) -> bool:
    """The ledger fails, the agent stops or dies; the visits are plain."""
    return isinstance(event, (*OF_THE_LEDGER, ev.StopRequested)) or _plain(event)


def _gate(event: ev.Event) -> bool:
    """The gate fails, and the agent stops; the visits are plain."""
    return isinstance(event, OF_THE_GATE) or _plain(event)


def _senses(event: ev.Event) -> bool:
    """A sense and the browser's end fail; the visits are plain."""
    return isinstance(event, OF_THE_SENSES) or _plain(event)


def _central(event: ev.Event) -> bool:
    """Central closes and opens the desk, whose gate fails now and then; the visits are plain."""
    return isinstance(event, (*OF_CENTRAL, ev.GateFailed, ev.GateRecovered)) or _plain(event)


RUNNING = frozenset({StateName.HELD, StateName.GATE, *VISIT})


def _slow(event: ev.Event) -> bool:
    """The ledger answers late or never; a visit up to the beginning of its end."""
    opening = (
        ev.AgentStarted,
        ev.TimerFired,
        ev.StartRequested,
        ev.VisitBrowserOpened,
        ev.SignInSeen,
        ev.EntryRecorded,
    )
    return isinstance(event, opening) or event == ev.ChangeSignalled(Signal.CARD_REMOVED)


def _stays(event: ev.Event) -> bool:
    """A resident who has every warning answered."""
    opening = (ev.AgentStarted, ev.TimerFired, ev.StartRequested, ev.VisitBrowserOpened, ev.SignInSeen)
    return isinstance(event, (*opening, ev.EntryRecorded, ev.PortalActivity, ev.WarningAnswered))


def _forms(event: ev.Event) -> bool:
    """Forms are held, of somebody whose presence is in doubt now and then."""
    asking = (ev.FormHeld, ev.CardChecked, ev.ChallengeAnswered, ev.ShieldShown, ev.ChangeSignalled)
    return _stays(event) or isinstance(event, asking)


def _recovering(event: ev.Event) -> bool:
    """A sense is lost and back again, in a plain visit."""
    plain = (ev.AgentStarted, ev.StartRequested, ev.EntryRecorded, ev.EndRequested, ev.ShieldShown, ev.BrowserGone)
    return isinstance(event, (*plain, ev.SenseLost, ev.SenseRecovered)) or event == ev.ResidueRemoved(True)


CONFIGS = (
    Config("people", Rules(SMALL, Proof.REVOKED, "1"), _until_the_end),
    Config("signed", Rules(replace(SMALL, mark=MarkPolicy.INITIALS, gap_s=5), Proof.REVOKED, "1"), _until_the_end),
    Config("long", Rules(replace(SMALL, max_visit_s=120), Proof.REVOKED, "1"), _stays, within=RUNNING),
    Config(
        "certain gap",
        Rules(replace(SMALL, gap_s=5, weights={Signal.RETURN_AFTER_GAP: Weight.CERTAIN}), Proof.REVOKED, "1"),
        _until_the_end,
    ),
    Config("forms", Rules(replace(SMALL, mark=MarkPolicy.INITIALS), Proof.REVOKED, "1"), _forms, within=RUNNING),
    Config("ends", Rules(SMALL, Proof.REVOKED, "1"), _ends),
    Config("ledger", Rules(SMALL, Proof.CLEARED, "1"), _ledger, crashes=True),
    Config("slow ledger", Rules(SMALL, Proof.CLEARED, "1"), _slow, ledger_is_slow=True, within=RUNNING),
    Config("slow senses", Rules(SMALL, Proof.CLEARED, "1"), _recovering, ledger_is_slow=True),
    Config("gate", Rules(SMALL, Proof.CLEARED, "1"), _gate),
    Config("senses", Rules(SMALL, Proof.CLEARED, "1"), _senses),
    Config("central", Rules(SMALL, Proof.CLEARED, "1"), _central),
)
