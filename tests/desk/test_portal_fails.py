"""The portal misbehaves at the worst moment: the browser goes all the same, and what is not proved is not claimed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant
from kiosk_agent.practice.switches import Credentials, LogoutWay, Outage, Provider, Quirk, Switches
from tests.desk.conftest import Desks
from tests.desk.whole_desk import WholeDesk, until
from tests.support.living import lives

USER = "resident-a"
STORED = 'localStorage.getItem("practice-token")'


@dataclass(frozen=True)
class Case:
    """What is wrong with the portal, what happens in the visit before its end, and what may be claimed afterwards."""

    proof: str
    switches: Switches = field(default_factory=Switches)
    variant: Variant = Variant.PLAIN
    before_end: Callable[[WholeDesk, PracticePortal], None] = lambda _desk, _portal: None
    incident: bool = True


def outage(kind: Outage) -> Callable[[WholeDesk, PracticePortal], None]:
    def begins(_desk: WholeDesk, portal: PracticePortal) -> None:
        portal.switches = Switches(outage=kind)

    return begins


def goes_down(_desk: WholeDesk, portal: PracticePortal) -> None:
    portal.go_down()


def runs(*scripts: str) -> Callable[[WholeDesk, PracticePortal], None]:
    """Scripts of the page that may never answer."""

    def run(desk: WholeDesk, _portal: PracticePortal) -> None:
        for script in scripts:
            desk.do("run", script=script)

    return run


def dialogs(script: str) -> Case:
    return Case("revoked", Switches(quirks=frozenset({Quirk.DIALOGS})), before_end=runs(script), incident=False)


CASES = {
    "down": Case("unproven", before_end=goes_down),
    "hanging": Case("unproven", before_end=outage(Outage.HANGS)),
    "answering 503": Case("unproven", before_end=outage(Outage.ERROR)),
    "logout hangs": Case("half", Switches(logout=LogoutWay.HANGS)),
    "logout answers 500": Case("half", Switches(logout=LogoutWay.ERROR)),
    "logout drops the cookie only": Case("cleared", Switches(logout=LogoutWay.COOKIE_ONLY)),
    "logout drops the cookie only, as its profile says": Case(
        "cleared", Switches(logout=LogoutWay.COOKIE_ONLY), Variant.CLEARED, incident=False
    ),
    "logout of the portal, not of the provider": Case("half", Switches(provider=Provider.HALF), Variant.PROVIDER),
    "provider asks for consent only": Case("half", Switches(provider=Provider.CONSENT), Variant.PROVIDER),
    "provider logs out too": Case("revoked", Switches(provider=Provider.FULL), Variant.PROVIDER, incident=False),
    "session in localStorage": Case(
        "revoked", Switches(credentials=Credentials.STORAGE), Variant.STORAGE, incident=False
    ),
    "endless loop": Case(
        "revoked",
        Switches(quirks=frozenset({Quirk.LOOPS})),
        before_end=runs("document.getElementById('loop').click()"),
        incident=False,
    ),
    "alert": dialogs("document.getElementById('alert').click()"),
    "confirm": dialogs("document.getElementById('confirm').click()"),
    "prompt": dialogs("document.getElementById('prompt').click()"),
    "print": dialogs("print()"),
    "alert after alert": dialogs("for (;;) alert('once more')"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_whatever_the_portal_does_the_browser_goes_and_the_proof_says_what_is_known(
    desks: Desks, portal: PracticePortal, case: Case
) -> None:
    portal.switches = case.switches
    desk = desks.shared(variant=case.variant)
    before = len(desk.entries("Outcome"))
    incidents = len(desk.entries("Incident"))
    resting = {process.pid for process in desk.browsers()}
    desk.do("start")
    desk.do("sign_in", user=USER)
    browser = [process for process in desk.browsers() if process.pid not in resting]
    assert browser
    case.before_end(desk, portal)
    desk.do("next_person")
    desk.do("wait", states=["Confirming"], limit_s=60.0)
    assert [process for process in browser if lives(process)] == []
    portal.switches = Switches(credentials=case.switches.credentials, provider=case.switches.provider)
    if case.before_end is goes_down:
        portal.come_up()
    outcome = desk.entries("Outcome")[before]
    assert (outcome["reason"], outcome["proof"], outcome["saw_sign_in"]) == ("change_of_person", case.proof, True)
    told = {incident["code"] for incident in desk.entries("Incident")[incidents:]}
    assert ("proof_less_than_expected" in told) == case.incident
    assert len(desk.entries("Confirmation")) == before, "nothing goes on before the support worker has confirmed"
    desk.do("confirm")
    next_visit_is_clean(desk, portal, case)


def next_visit_is_clean(desk: WholeDesk, portal: PracticePortal, case: Case) -> None:
    desk.do("start")
    try:
        assert "practice_session" not in desk.do("visit")["cookies"]
        if case.variant is Variant.STORAGE:
            assert desk.do("read", script=STORED)["answer"] is None
        desk.do("goto", url=f"{portal.url}/account")
        desk.do("see", selector="#user")  # the portal asks to sign in
    finally:
        desk.do("end")
        desk.do("confirm")


@pytest.mark.parametrize("button", ["same", "other"])
def test_a_page_that_fights_the_warning_gets_the_native_window_with_the_same_answers(
    desks: Desks, portal: PracticePortal, button: str
) -> None:
    portal.switches = Switches(quirks=frozenset({Quirk.FIGHTS}))
    desk = desks.shared(idle_limit_s=3.0)
    before = len(desk.entries("Outcome"))
    desk.do("start")
    desk.do("sign_in", user=USER)
    until(lambda: desk.do("look")["panel"] == "warning")
    assert desk.do("look")["state"] == "Warning"
    desk.do("answer", button=button)
    if button == "same":
        desk.do("wait", states=["SignedIn"])
        until(lambda: not desk.do("look")["covered"])
        assert len(desk.entries("Outcome")) == before
        desk.do("next_person")
    desk.do("confirm")
    outcome = desk.entries("Outcome")[before]
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
    assert outcome["extensions"] == (button == "same")


def test_a_hung_page_is_warned_about_in_the_native_window(desks: Desks, portal: PracticePortal) -> None:
    portal.switches = Switches(quirks=frozenset({Quirk.LOOPS}))
    desk = desks.shared(idle_limit_s=3.0)
    desk.do("start")
    desk.do("sign_in", user=USER)
    desk.do("run", script="document.getElementById('loop').click()")
    until(lambda: desk.do("look")["panel"] == "warning")
    desk.do("answer", button="other")
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


def test_an_open_dialog_of_the_page_does_not_keep_the_warning_away(desks: Desks, portal: PracticePortal) -> None:
    portal.switches = Switches(quirks=frozenset({Quirk.DIALOGS}))
    desk = desks.shared(idle_limit_s=3.0)
    warnings = len(desk.entries("WarningGiven"))
    desk.do("start")
    desk.do("sign_in", user=USER)
    desk.do("run", script="document.getElementById('confirm').click()")
    desk.do("wait", states=["Warning"])
    desk.do("read", script="1")  # the page answers again: its dialog is gone
    until(lambda: len(desk.entries("WarningGiven")) == warnings + 1)
    desk.do("next_person")
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"
