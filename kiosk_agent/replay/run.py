"""Runs a stream of events through the real session machine, with stand-in answers from the hands and from people."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from kiosk_agent.recording.stream import Fact, Kind, Line, Part, Seen
from kiosk_agent.replay.people import People, Question, RecordedPeople, SimulatedPeople
from kiosk_agent.replay.senses import DERIVED, Senses
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.machine import Session
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import State, Visit
from kiosk_agent.session.transitions import VISIT
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CardVerdict,
    Check,
    EndSource,
    Proof,
    Signal,
    StateName,
)

# What the hands need, in seconds; measured where docs/figures.md has it, otherwise of its order.
OPEN_S = 0.5
LOGOUT_S = 3.0
DESTROY_S = 0.1
CLEAN_S = 0.2
PROVE_S = 1.0
CONFIRM_S = 10.0  # a support worker who looks at the desk and ticks three boxes
CARD_S = 5.0  # for the card to be put on the reader where it is asked for
MARK = "-"  # signs whatever the policy wants signed
FACTS = {Kind(fact.value): fact for fact in Fact}
FIRST, OTHER = "first", "other"  # the two accounts that a visit can show

Watch = Callable[[State, "ev.Event | None", list[do.Command], float], None]


class Replay:
    """One agent's run. ``watch`` hears each event, the state before it, and the commands; also each passing line.

    ``owner``: who is signed in, where that is known.
    """

    def __init__(self, policy: Policy, people: People, watch: Watch = lambda *_: None) -> None:
        self.session = Session(policy, version="replay")
        self.people = people
        self.owner: int | None = None
        self.now = 0.0
        self._watch = watch
        self._senses = Senses(policy)
        self._later: list[tuple[float, int, str, ev.Event]] = []
        self._order = 0
        self._visits = 0
        self._start_wanted = False
        self._sign_in_wanted = False
        self._at_once: deque[ev.Event] = deque()
        self._handling = False
        self._handle(ev.AgentStarted())

    @property
    def state(self) -> State:
        """The session's."""
        return self.session.state

    def run(self, lines: Iterable[Line]) -> None:
        """Hand in all lines, in the order of their time. What has not ended by the last one stays open."""
        for line in lines:
            self._advance(line.t)
            self._take(line)

    # time

    def _advance(self, until: float) -> None:
        while True:
            moments = [self.session.next_deadline(), self._senses.next_deadline()]
            if self._later:
                moments.append(self._later[0][0])
            due = min((moment for moment in moments if moment is not None), default=None)
            if due is None or due > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, due)
            if self._later and self._later[0][0] <= self.now:
                _, _, visit_id, event = heapq.heappop(self._later)
                if self._visit_id == visit_id or not visit_id:
                    self._handle(event)
            elif (signal := self._senses.tick(self.now)) is not None:
                self._signal(signal)
            else:
                self._handle(ev.TimerFired())

    def _after(self, delay_s: float, event: ev.Event, *, of_visit: bool = True) -> None:
        self._order += 1
        visit_id = self._visit_id if of_visit else ""
        heapq.heappush(self._later, (self.now + delay_s, self._order, visit_id, event))

    # what was recorded

    @property
    def _visit(self) -> Visit | None:
        return self.state.visit

    @property
    def _visit_id(self) -> str:
        if self.state.visit is not None:
            return self.state.visit.visit_id
        return self.state.due.visit_id if self.state.due is not None else ""

    def _take(self, line: Line) -> None:
        if (fact := FACTS.get(line.kind)) is not None:
            if (signal := self._senses.hear(fact, self.now)) is not None:
                self._signal(signal)
            return
        match line.kind:
            case Kind.START_REQUESTED:
                self._start()
            case Kind.PORTAL_ACTIVITY:
                self._input()
            case Kind.PERSON:
                self._watch(self.state, None, [], self.now)
            case Kind.CHANGE_SIGNALLED:
                if line.word not in DERIVED:
                    self._signal(Signal(line.word))
            case Kind.SIGN_IN_SEEN | Kind.ACCOUNT_SEEN:
                if self.owner is None and self.state.name in VISIT:
                    self.owner = self.people.person_at(self.now)
                self._sign_in_wanted = self._start_wanted  # it has not begun yet, so that it would not be heard
                self._handle(EVENTS[line.kind](line.word))
            case _ if line.kind in EVENTS:
                self._handle(EVENTS[line.kind](line.word))
            case _:
                pass  # a derived sign, or something about the recording itself

    def _start(self) -> None:
        """ "Start" was pressed. Where this policy's visit still runs, the support worker has to end it first."""
        person = self.people.person_at(self.now)
        if self.state.name in VISIT:
            if person and person == self.owner:
                return  # the visit of this person has begun already
            self._start_wanted = True
            self._handle(ev.EndRequested(EndSource.GATE))
        elif self.state.name is StateName.GATE:
            self._visits += 1
            self._handle(ev.StartRequested(f"{self._visits:032x}"))
        else:
            self._start_wanted = True  # the end is under way

    def _input(self) -> None:
        if self.state.name is StateName.GATE:
            self._begin_again()
        self._senses.portal(self.now)
        self._handle(ev.PortalActivity())

    def _begin_again(self) -> None:
        """Simulated people who were thrown out, or come to a desk made safe, sign in. Of others it is not known."""
        person = self.people.person_at(self.now)
        if person:
            self._visits += 1
            self.owner = person
            self._handle(ev.StartRequested(f"{self._visits:032x}"))
            for event in (ev.VisitBrowserOpened(), ev.SignInSeen()):
                self._handle(event)

    # the machine

    def _signal(self, signal: Signal) -> None:
        self._handle(ev.ChangeSignalled(signal))

    def _handle(self, event: ev.Event) -> None:
        """Hand an event in, and then all that is answered to it at once, in order."""
        self._at_once.append(event)
        if self._handling:
            return
        self._handling = True
        while self._at_once:
            self._hand_in(self._at_once.popleft())
        self._handling = False

    def _hand_in(self, event: ev.Event) -> None:
        before = self.state
        commands = self.session.handle(event, self.now)
        if self.state.name is not before.name:
            self._senses.state_changed(self.state.name, self.now)
        self._watch(before, event, commands, self.now)
        if self.state.name is StateName.CONFIRMING:
            self.owner = None
        for command in commands:
            self._stand_in(command)

    def _stand_in(self, command: do.Command) -> None:
        """What hands and people answer to a command."""
        match command:
            case do.Record():
                self._handle(ev.EntryRecorded(command.ticket))
            case do.OpenVisitBrowser():
                self._after(OPEN_S, ev.VisitBrowserOpened())
            case do.RaiseShield():
                self._handle(ev.ShieldShown())
            case do.ShowWarning() if command.can_extend:
                question = Question(self.now, command.deadline, command.worker_only, self.owner)
                if (reply := self.people.reply(question)) is not None:
                    mark = MARK if reply.by is Answerer.WORKER else ""
                    self._after(reply.at - self.now, ev.WarningAnswered(reply.answer, reply.by, mark))
            case do.ShowChallenge() if command.check is not Check.CARD_WANTED:
                question = Question(self.now, command.deadline, worker_only=True, owner=self.owner)
                if (reply := self.people.reply(question)) is not None:
                    self._after(reply.at - self.now, ev.ChallengeAnswered(reply.answer, MARK, command.check))
            case do.CheckCard():
                self._after(CARD_S, ev.CardChecked(CardVerdict.SAME))
            case do.RunLogout():
                self._after(LOGOUT_S if command.steps else PROVE_S, ev.LogoutFinished(steps_ok=True, half=False))
            case do.DestroyBrowser():
                self._after(DESTROY_S, ev.BrowserGone())
            case do.RemoveResidue():
                self._after(CLEAN_S, ev.ResidueRemoved(clean=True))
            case do.ProveLogout():
                self._after(PROVE_S, ev.ProofFinished(Proof.REVOKED))
            case do.AskConfirmation():
                sure = ev.Confirmed(card_returned=True, printouts_taken=True, signed_out_seen=True, mark=MARK)
                self._after(CONFIRM_S, sure)
            case do.ShowGate() if self._start_wanted:
                self._start_wanted = False
                self._start()
                if self._sign_in_wanted:
                    self._sign_in_wanted = False
                    self.owner = self.people.person_at(self.now)
                    self._after(OPEN_S, ev.SignInSeen(), of_visit=False)
            case _:
                pass  # shows something


def _account(word: str) -> ev.Event:
    return ev.AccountSeen(OTHER if word == Seen.OTHER else FIRST)


def _warning_answer(word: str) -> ev.Event:
    answer, _, by = word.partition("/")
    return ev.WarningAnswered(Answer(answer), Answerer(by), MARK)


def _challenge_answer(word: str) -> ev.Event:
    answer, _, check = word.partition("/")
    return ev.ChallengeAnswered(Answer(answer), MARK, Check(check) if check else None)


# The events of the lines that are handed in as they are.
EVENTS: dict[Kind, Callable[[str], ev.Event]] = {
    Kind.STOP_REQUESTED: lambda _word: ev.StopRequested(),
    Kind.END_REQUESTED: lambda word: ev.EndRequested(EndSource(word)),
    Kind.BROWSER_LOST: lambda word: ev.VisitBrowserLost(crashed=word == "crashed"),
    Kind.SIGN_IN_SEEN: lambda _word: ev.SignInSeen(),
    Kind.SIGN_OUT_SEEN: lambda _word: ev.SignOutSeen(),
    Kind.ACCOUNT_SEEN: _account,
    Kind.OPERATION_FINISHED: lambda _word: ev.OperationFinished(""),
    Kind.NAVIGATION_REFUSED: lambda _word: ev.NavigationRefused(),
    Kind.WARNING_ANSWERED: _warning_answer,
    Kind.CHALLENGE_ANSWERED: _challenge_answer,
    Kind.FORM_HELD: lambda word: ev.FormHeld(Check(word)),
    Kind.CARD_CHECKED: lambda word: ev.CardChecked(CardVerdict(word)),
}


def people_of(part: Part) -> People:
    """The people of a part: known where it is simulated."""
    seed = part.header.seed
    return RecordedPeople(part.lines) if seed is None else SimulatedPeople(part.lines, seed)
