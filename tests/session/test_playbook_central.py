"""What central says from afar: another policy, the end of a visit, a desk that is closed and opened again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import EndReason, EndSource, HoldReason, Proof, StateName
from tests.session.playbook import SURE, Story

SHORT = replace(Policy(), idle_limit_s=50.0)
CHANGED = ev.PolicyChanged(SHORT, 7)
CLOSED = do.Hold(HoldReason.CLOSED_BY_CENTRAL)


def test_another_policy_holds_from_the_gate_on_and_is_recorded() -> None:
    story = Story()
    assert story.hear(CHANGED) == [do.KeepTo(SHORT)]
    assert story.session.policy == SHORT
    assert story.entries(en.PolicyTaken) == [en.PolicyTaken(7)]
    story.sign_in()
    story.wait(50)
    assert story.state is StateName.WARNING


def test_a_visit_goes_on_under_the_policy_that_it_began_with() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(CHANGED) == []
    story.wait(119)
    assert story.state is StateName.SIGNED_IN
    story.hear(ev.EndRequested(EndSource.GATE))
    assert story.hear(CHANGED) == []
    story.finish()
    assert story.hear(CHANGED) == []
    story.hear(SURE)
    assert (story.session.policy, story.hear(CHANGED)) == (Policy(), [do.KeepTo(SHORT)])


def test_centrals_staff_end_a_visit_in_the_ordinary_way() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(ev.EndRequested(EndSource.CENTRAL)) == [do.RaiseShield()]
    story.finish()
    assert (story.outcome.reason, story.outcome.proof) == (EndReason.CENTRAL_ENDED, Proof.REVOKED)
    assert story.entries(en.EndBegan)[0].source is EndSource.CENTRAL
    assert story.state is StateName.CONFIRMING


def test_a_closed_desk_begins_no_visit_until_it_is_opened_again() -> None:
    story = Story()
    assert story.hear(ev.DeskClosed()) == [CLOSED]
    assert story.hear(ev.StartRequested("a"), ev.DeskClosed()) == []
    assert story.entries(en.DeskHeld) == [en.DeskHeld(None, HoldReason.CLOSED_BY_CENTRAL)]
    assert story.hear(ev.DeskOpened()) == [do.ShowGate(), do.LowerShield()]
    assert story.hear(ev.DeskOpened()) == []


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_visit_at_a_desk_that_is_closed_is_ended_and_confirmed_once_it_is_open_again(signed_in: bool) -> None:
    story = Story()
    if signed_in:
        story.sign_in()
    else:
        story.open()
    assert story.hear(ev.DeskClosed()) == [do.RaiseShield()]
    story.finish()
    assert (story.outcome.reason, story.state) == (EndReason.CENTRAL_ENDED, StateName.HELD)
    asked = story.hear(ev.DeskOpened())
    assert isinstance(asked[0], do.AskConfirmation)
    assert story.hear(SURE)[-1] == do.LowerShield()
    assert story.state is StateName.GATE


def test_a_supervisor_releases_from_everything_but_what_central_has_closed() -> None:
    story = Story()
    story.hear(ev.GateFailed())
    assert story.hear(ev.DeskClosed()) == []  # the gate's reason is still the one that is shown
    assert story.hear(ev.Released("cd")) == [CLOSED]
    assert story.entries(en.Override) == [en.Override(None, HoldReason.GATE_FAILED, "cd")]
    assert story.hear(ev.Released("cd")) == []
    assert story.hear(ev.DeskOpened())[-1] == do.LowerShield()


def test_a_desk_that_was_closed_before_the_agent_started_is_closed_from_the_start() -> None:
    story = Story(found=ev.DeskClosed())
    assert story.hear(ev.AgentStarted()) == []
    assert story.state is StateName.HELD
    assert story.hear(ev.Released("cd"), ev.StartRequested("a")) == []
    assert story.hear(ev.DeskOpened())[-1] == do.LowerShield()


def test_opened_while_its_visit_ends_a_desk_goes_on_as_if_it_had_not_been_closed() -> None:
    story = Story()
    story.sign_in()
    story.hear(ev.DeskClosed(), ev.DeskOpened())
    story.finish()
    assert story.state is StateName.CONFIRMING
