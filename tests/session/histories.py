"""Random lives of a desk, under every policy that may be configured.

A life is a list of moves. Most of them are what a desk's world would do next, so that a life gets somewhere; the others
are any event at all, at any time, a PC that was asleep, or an agent that dies with any part of its entries on the disk.
All times are quarters of a second: sums of them are exact, so a law is never broken by rounding alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from kiosk_agent.config_load import LIMITS, MOST_EXTENSIONS
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import CLASSIFICATION, MIN_EXTENSIONS, MarkPolicy, Policy
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.state import Phase, Rules
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CardVerdict,
    Check,
    EndSource,
    HoldReason,
    Proof,
    Signal,
    StateName,
    Weight,
)
from tests.session.explore import Node, World
from tests.session.witness import LAWS, BrokenLawError, Witness, after_crash

MOST_MOVES = 80
TICK_S = 0.25
PROVEN = (Proof.REVOKED, Proof.CLEARED, Proof.HALF, Proof.UNPROVEN)
LEDGER_FAILS = (HoldReason.LEDGER_FULL, HoldReason.LEDGER_LOCKED, HoldReason.LEDGER_DAMAGED)


@dataclass(frozen=True)
class Expected:
    """What the world would do next; ``which`` of several such things. ``prompt``: the ledger keeps up with it."""

    which: int
    prompt: bool = True


@dataclass(frozen=True)
class Patience:
    """A resident who lets every warning come and has it answered, so many times."""

    times: int


@dataclass(frozen=True)
class Question:
    """Somebody signs in, if nobody has, and a form is held, or another ``sign`` is seen; the question is ``shown``, or
    is not yet; ``meanwhile`` something else happens, and then comes an answer: the one of ``which`` that may come."""

    sign: ev.Event
    meanwhile: ev.Event | None
    which: int
    shown: bool = True


@dataclass(frozen=True)
class Death:
    """Agent and browser die. Of the entries that are being recorded, the first ``durable`` reached the disk."""

    durable: int


@dataclass(frozen=True)
class Ledger:
    """The ledger answers for one of the entries that are being recorded, in any order."""

    which: int
    reason: HoldReason | None  # None: it is recorded


What = Expected | Patience | Question | Death | Ledger | ev.Event


@dataclass(frozen=True)
class Move:
    """Something happens ``wait_s`` after the last move, or as much after (before) the next deadline."""

    what: What
    wait_s: float = 0.0
    from_deadline: bool = False


# what can happen

FOUND = ((), (Residue(ResidueKind.DOWNLOADS, 2),), (Residue(ResidueKind.PRINT_JOBS, unknown=True),))
EVENTS: st.SearchStrategy[ev.Event] = st.one_of(
    st.builds(ev.ChangeSignalled, st.sampled_from(Signal)),
    st.builds(ev.AccountSeen, st.sampled_from(("a", "b"))),
    st.builds(ev.EndRequested, st.sampled_from(EndSource)),
    st.builds(ev.WarningAnswered, st.sampled_from(Answer), st.sampled_from(Answerer), st.sampled_from(("", "ab"))),
    st.builds(
        ev.ChallengeAnswered, st.sampled_from(Answer), st.sampled_from(("", "ab")), st.sampled_from((None, *Check))
    ),
    st.builds(ev.FormHeld, st.sampled_from(Check)),
    st.builds(ev.CardChecked, st.sampled_from(CardVerdict), st.sampled_from(("", "0"))),
    st.builds(ev.Confirmed, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(("", "ab"))),
    st.builds(ev.VisitBrowserLost, st.booleans()),
    st.builds(ev.LogoutFinished, st.booleans(), st.sampled_from((None, False, True)), st.sampled_from(("", "0"))),
    st.builds(ev.BrowserGone, st.sampled_from(("", "0"))),
    st.builds(ev.BrowserStuck, st.sampled_from(("", "0"))),
    st.builds(ev.ResidueRemoved, st.booleans(), st.sampled_from(FOUND), st.sampled_from(("", "0"))),
    st.builds(ev.ProofFinished, st.sampled_from(PROVEN), st.sampled_from(("", "0"))),
    st.builds(ev.ProofRevised, st.sampled_from(("0", "1", "2")), st.sampled_from(PROVEN)),
    st.builds(ev.SenseLost, st.sampled_from(("tray", "hotkey"))),
    st.builds(ev.SenseRecovered, st.sampled_from(("tray", "hotkey"))),
    st.builds(ev.LedgerFailed, st.sampled_from(LEDGER_FAILS)),
    st.builds(ev.OperationFinished, st.just("o")),
    st.builds(ev.Released, st.just("cd")),
    st.builds(ev.StartRequested, st.just("once more")),
    st.builds(ev.EntryRecorded, st.just(999_999)),
    st.sampled_from(
        [
            kind()
            for kind in (
                *(ev.TimerFired, ev.StopRequested, ev.VisitBrowserOpened, ev.VisitBrowserFailed, ev.PortalActivity),
                *(ev.SignInSeen, ev.SignOutSeen, ev.NavigationRefused, ev.WarningShown, ev.WarningNotShown),
                *(ev.ShieldShown, ev.ShieldLost, ev.LedgerRecovered, ev.GateFailed, ev.GateRecovered, ev.AgentStarted),
            )
        ]
    ),
)
LEDGERS = st.builds(Ledger, st.integers(0, 2), st.one_of(st.none(), st.none(), st.sampled_from(LEDGER_FAILS)))
OF_CENTRAL: st.SearchStrategy[ev.Event] = st.sampled_from(
    [ev.DeskClosed(), ev.DeskOpened(), ev.PolicyChanged(Policy(), 7)]
)
DEATHS = st.builds(Death, st.integers(0, 4))
MOMENTS = st.sampled_from((TICK_S, 1.0, 10.0, 60.0, 1000.0, 100_000.0))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question and what becomes of it; as often as not the usual answer, and nothing that has no bearing on it."""
    sign: ev.Event = draw(st.sampled_from((ev.FormHeld(Check.NAME_DIFFERENT), ev.FormHeld(Check.CARD_WANTED), LOCKED)))
    luck = draw(st.integers(0, 3))  # one_of would count each kind of EVENTS as a choice of its own
    meanwhile: ev.Event | None = None
    if luck == 1:
        meanwhile = LOCKED
    elif luck == 2:
        meanwhile = draw(st.builds(ev.FormHeld, st.sampled_from(Check)))
    elif luck == 3:
        meanwhile = draw(EVENTS)
    which = draw(st.sampled_from((0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)))
    return Question(sign, meanwhile, which, shown=draw(st.integers(0, 3)) > 0)


@st.composite
def moves(draw: st.DrawFn) -> Move:
    """One move: three of four are the expected ones, so that most lives get through a visit."""
    if draw(st.integers(0, 9)) == 9:
        return Move(ev.TimerFired(), from_deadline=True)
    luck = draw(st.integers(0, 42))
    what: What
    if luck < 29:
        what = Expected(draw(st.integers(0, 17)), draw(st.integers(0, 2)) > 0)
    elif luck == 29:
        what = Patience(draw(st.integers(1, 25)))
    elif luck < 35:
        what = draw(EVENTS)
    elif luck == 40:
        what = draw(OF_CENTRAL)
    elif luck > 40:
        what = draw(questions())
    else:
        what = draw(DEATHS if luck == 35 else LEDGERS)
    luck = draw(st.integers(0, 29))
    if luck < 26:
        return Move(what)
    if luck < 28:
        return Move(what, draw(st.integers(-4, 4)) * TICK_S, from_deadline=True)
    return Move(what, draw(MOMENTS) if luck == 28 else draw(st.integers(0, 4000)) * TICK_S)


LIVES = st.lists(moves(), min_size=30, max_size=MOST_MOVES)
# Short ones of a desk whose forms are held again and again: what happens about a form is rare in the others.
LIVES_WITH_FORMS = st.lists(st.one_of(st.builds(Move, questions()), moves()), min_size=3, max_size=MOST_MOVES // 4)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy that the configuration accepts; often the default."""
    if draw(st.booleans()):
        return Policy(mark=draw(st.sampled_from(MarkPolicy)), mandatory_senses=draw(st.sampled_from(((), ("tray",)))))
    limits = {}
    for name, (least, most, _why) in LIMITS.items():
        ticks = st.integers(-int(-least // TICK_S), int(most // TICK_S))
        limits[name] = draw(st.one_of(st.just(ticks_of(getattr(Policy(), name))), ticks)) * TICK_S
    limits["max_visit_s"] = max(limits["max_visit_s"], limits["idle_limit_s"] + limits["warning_s"])
    weights: dict[Signal, Weight] = {}
    for signal, usual in CLASSIFICATION.items():
        if usual is not Weight.CERTAIN:  # what is certain stays so
            weights[signal] = draw(st.sampled_from((usual, *Weight)))
    return Policy(
        **limits,
        max_extensions=draw(st.integers(MIN_EXTENSIONS, 12) | st.just(MOST_EXTENSIONS)),
        mark=draw(st.sampled_from(MarkPolicy)),
        mandatory_senses=draw(st.sampled_from(((), ("tray",), ("tray", "hotkey")))),
        weights=weights,
    )


def ticks_of(seconds: float) -> int:
    return int(seconds / TICK_S)


def rules() -> st.SearchStrategy[Rules]:
    """Any rules of a desk."""
    return st.builds(Rules, policies(), st.sampled_from((Proof.REVOKED, Proof.CLEARED)), st.just("1"))


# a life


class Life:
    """One desk that lives through its moves and is judged after each."""

    def __init__(self, machine: ModuleType, desk_rules: Rules, laws: Iterable[int] = LAWS) -> None:
        self.world = World(machine, desk_rules, laws)
        self.now = 1000.0
        self.node: Node = (machine.State(), Witness())
        self._visits = 0

    def live(self, moves: Iterable[Move]) -> None:
        """Raises BrokenLawError at the first move after which a law does not hold."""
        for move in moves:
            self._wait(move)
            self._do(move.what)
            if 1 in self.world.laws and not self.world.ends_by_itself(self.node, self.now):
                raise BrokenLawError(1, "an end that is left to its timers does not come to an end")

    def _do(self, what: What) -> None:
        if isinstance(what, Patience):
            for _ in range(what.times):
                self._sit_through_a_warning()
        elif isinstance(what, Question):
            self._ask(what)
        elif isinstance(what, Death):
            self._die(what.durable)
        elif isinstance(what, Expected) and self.node[0].stopped:
            self._die(len(self.node[1].pending))  # it has stopped in good order, and is started again
        else:
            prompt = isinstance(what, Expected) and what.prompt
            if prompt:
                self._record_all()
            event = self._event(what)
            if isinstance(event, ev.StartRequested):
                self._visits += 1
                event = ev.StartRequested(str(self._visits))  # fresh, as the contract says
            if event is not None:
                self._step(event)
            if prompt:
                self._record_all()

    def _step(self, event: ev.Event) -> None:
        self.node = self.world.step(self.node, event, self.now)

    def _record_all(self) -> None:
        for record in self.node[1].pending:
            self._step(ev.EntryRecorded(record.ticket))

    def _sit_through_a_warning(self) -> None:
        self._record_all()
        self._wait(Move(ev.TimerFired(), from_deadline=True))
        if self.node[0].name in (StateName.OPEN, StateName.SIGNED_IN):
            self._step(ev.TimerFired())
            self._record_all()
            self._step(SIGNED_WORD)

    def _ask(self, question: Question) -> None:
        self._sign_in()
        if self.node[0].name is not StateName.SIGNED_IN:
            return
        for event in (question.sign, ev.ShieldShown() if question.shown else None, question.meanwhile):
            if event is not None:
                self._step(event)
                self._record_all()
        asked = self.node[1].asked
        check = asked.check if asked is not None else getattr(question.sign, "check", None)
        answers = [SAME_PERSON, ev.ChallengeAnswered(Answer.SAME)] if check is None else about_form(check)
        self._step(answers[question.which % len(answers)])
        self._record_all()

    def _sign_in(self) -> None:
        """From the gate or an open portal to somebody who is signed in."""
        self._record_all()
        if self.node[0].name is StateName.GATE:
            self._visits += 1
            self._step(ev.StartRequested(str(self._visits)))
            self._record_all()
        if self.node[0].name is StateName.OPEN:
            self._step(ev.VisitBrowserOpened())
            self._step(ev.AccountSeen("a"))
            self._record_all()

    def _wait(self, move: Move) -> None:
        moment = self.now
        if move.from_deadline:
            deadline = self.world.machine.next_deadline(self.node[0], self.world.rules.policy)
            moment = moment if deadline is None else deadline
        self.now = max(self.now, moment + move.wait_s)

    def _die(self, durable: int) -> None:
        kept, started = after_crash(self.node[1], durable)
        self.node = (self.world.machine.State(), kept)
        self._step(started)

    def _event(self, what: Expected | Ledger | ev.Event) -> ev.Event | None:
        pending = self.node[1].pending
        match what:
            case ev.AgentStarted():
                return after_crash(self.node[1], 0)[1]
            case Ledger() if not pending:
                return None
            case Ledger(which=which, reason=None):
                return ev.EntryRecorded(pending[which % len(pending)].ticket)
            case Ledger(which=which, reason=reason):
                return ev.LedgerFailed(reason, pending[which % len(pending)].ticket)
            case Expected(which=which):
                events = self._expected()
                return events[which % len(events)]
            case _:
                return what

    def _expected(self) -> list[ev.Event]:
        state, seen = self.node
        if HoldReason.STARTING in state.holds:
            return [after_crash(seen, 0)[1]]
        # the ledger answers soon, as a rule
        recorded: list[ev.Event] = [ev.EntryRecorded(record.ticket) for record in seen.pending[:1]]
        if state.name is StateName.GATE and not recorded:
            return [ev.StartRequested("")]
        if state.name is StateName.CHALLENGE and seen.asked is not None and seen.asked.check is not None:
            return [*recorded, *about_form(seen.asked.check)]
        if state.name is StateName.ENDING:
            return [*recorded, *FINISHING[state.ending.phase]]
        if state.name is StateName.HELD and seen.closed:
            recorded.append(ev.DeskOpened())
        return [*recorded, *EXPECTED.get(state.name, [])] or [ev.TimerFired()]


def about_form(check: Check) -> list[ev.Event]:
    """What may come once a form is in question."""
    same, unsigned = ev.ChallengeAnswered(Answer.SAME, "ab", check), ev.ChallengeAnswered(Answer.SAME, "", check)
    cards = [ev.CardChecked(verdict) for verdict in CardVerdict] if check is Check.CARD_WANTED else []
    return [*cards, same, unsigned, SAME_PERSON, LOCKED]


LOCKED = ev.ChangeSignalled(Signal.OS_LOCKED)
SAME_PERSON = ev.ChallengeAnswered(Answer.SAME, "ab")
SIGNED_WORD = ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "ab")
CARD_TAKEN = ev.ChangeSignalled(Signal.CARD_REMOVED)
NEXT = ev.ChangeSignalled(Signal.NEXT_PERSON)
REVISED = [ev.ProofRevised("1", Proof.REVOKED), ev.ProofRevised("1", Proof.HALF)]
# Of each kind the usual thing first, then what people and portals do all the same.
EXPECTED: dict[StateName, list[ev.Event]] = {
    StateName.OPEN: [ev.VisitBrowserOpened(), ev.AccountSeen("a"), ev.SignInSeen(), ev.EntryRecorded(999_999)],
    StateName.SIGNED_IN: [
        *(ev.AccountSeen("a"), ev.PortalActivity(), CARD_TAKEN, ev.NavigationRefused()),
        *(ev.FormHeld(Check.NAME_DIFFERENT), ev.FormHeld(Check.CARD_WANTED)),
    ],
    StateName.WARNING: [SIGNED_WORD, ev.WarningAnswered(Answer.SAME, Answerer.RESIDENT), ev.PortalActivity(), NEXT],
    StateName.CHALLENGE: [
        *(ev.ShieldShown(), ev.ChallengeAnswered(Answer.SAME, "ab"), ev.ChallengeAnswered(Answer.SAME)),
        *(ev.PortalActivity(), ev.ChallengeAnswered(Answer.OTHER), ev.AccountSeen("b")),
        *(ev.FormHeld(Check.CARD_WANTED), ev.FormHeld(Check.NAME_DIFFERENT), ev.CardChecked(CardVerdict.SAME)),
    ],
    StateName.CONFIRMING: [ev.Confirmed(True, True, True, "ab"), ev.StartRequested("too early"), *REVISED],
    StateName.HELD: [ev.BrowserGone(), ev.LedgerRecovered(), ev.Released("cd"), ev.GateRecovered()],
}

FINISHING: dict[str, list[ev.Event]] = {
    Phase.SHIELDING: [ev.ShieldShown()],
    Phase.LOGGING_OUT: [ev.LogoutFinished(True, False), ev.LogoutFinished(True, True)],
    Phase.DESTROYING: [ev.BrowserGone(), ev.BrowserGone(), ev.BrowserStuck(), ev.SignInSeen()],
    Phase.CLEANING: [ev.ResidueRemoved(True), *(ev.ResidueRemoved(True, found) for found in FOUND)],
    Phase.PROVING: [ev.ProofFinished(proof) for proof in PROVEN],
    Phase.RECORDING: [ev.LedgerRecovered()],
}


def live(machine: ModuleType, desk_rules: Rules, moves: list[Move], law: int) -> Any:
    """One life, judged by one law. The node that it ends at."""
    life = Life(machine, desk_rules, [law])
    life.live(moves)
    return life.node
