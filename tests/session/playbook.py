"""A desk's session, told as a story: events go in, and what it does and records is there to be looked at."""

from __future__ import annotations

from typing import TypeVar

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.machine import Session
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Proof, StateName

Kind = TypeVar("Kind", bound=en.Entry)

SURE = ev.Confirmed(card_returned=True, printouts_taken=True, signed_out_seen=True)


class Story:
    """A desk at its gate, unless ``found`` says what the ledger held at its start.

    The ledger records at once whatever it is given, until ``ledger_works`` is set to false.
    """

    def __init__(
        self, policy: Policy | None = None, found: ev.Event | None = None, expect: Proof = Proof.REVOKED
    ) -> None:
        self.session = Session(policy or Policy(), expect=expect, version="1")
        self.now = 1000.0
        self.ledger_works = True
        self.written: list[en.Entry] = []  # what the ledger was given, in order
        self.script: list[tuple[ev.Event, float]] = []
        self.hear(found or ev.AgentStarted())

    @property
    def state(self) -> StateName:
        return self.session.state.name

    def hear(self, *events: ev.Event) -> list[do.Command]:
        """What is done in answer to ``events``, but for the writing."""
        done: list[do.Command] = []
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            self.script.append((event, self.now))
            recorded: list[ev.Event] = []
            for command in self.session.handle(event, self.now):
                if isinstance(command, do.Record):
                    self.written.append(command.entry)
                    recorded.append(ev.EntryRecorded(command.ticket))
                else:
                    done.append(command)
            if self.ledger_works:
                waiting = recorded + waiting
        return done

    def wait(self, seconds: float) -> list[do.Command]:
        """Time passes, and each timer fires when it should."""
        until, done = self.now + seconds, list[do.Command]()
        while (deadline := self.session.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            done += self.hear(ev.TimerFired())
        self.now = until
        return done

    def sleep(self, seconds: float) -> list[do.Command]:
        """The PC sleeps: the clock goes on, and the timers fire too late."""
        self.now += seconds
        return self.hear(ev.TimerFired())

    def entries(self, kind: type[Kind]) -> list[Kind]:
        return [entry for entry in self.written if isinstance(entry, kind)]

    @property
    def outcome(self) -> en.Outcome:
        """The one outcome of the story."""
        (outcome,) = self.entries(en.Outcome)
        return outcome

    # what comes in almost every story

    def open(self, visit_id: str = "a") -> list[do.Command]:
        return self.hear(ev.StartRequested(visit_id), ev.VisitBrowserOpened())

    def sign_in(self, account: str = "a") -> list[do.Command]:
        return self.open() + self.hear(ev.SignInSeen(), ev.AccountSeen(account))

    def finish(self, proof: Proof = Proof.REVOKED) -> list[do.Command]:
        """The hands carry an end out, from the cover to the proof."""
        return self.hear(
            ev.ShieldShown(),
            ev.LogoutFinished(steps_ok=True, half=False),
            ev.BrowserGone(),
            ev.ResidueRemoved(clean=True),
            ev.ProofFinished(proof),
        )


def ordinary_visit() -> list[tuple[ev.Event, float]]:
    """Each event of a visit from start to confirmation, with its time."""
    story = Story()
    story.sign_in()
    story.wait(20)
    story.hear(ev.PortalActivity(), ev.OperationFinished("bank account"), ev.SignOutSeen())
    story.finish()
    story.hear(SURE)
    assert story.state is StateName.GATE
    return story.script
