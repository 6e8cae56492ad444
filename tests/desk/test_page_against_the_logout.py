"""The portal's page gets in the way of the logout: pop-up windows, "leave this page?", native boxes.

From the moment the shield is up the screen is grabbed again and again: nothing of the portal is seen until the support
worker is asked for the confirmation. And the logout comes to its right end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant
from kiosk_agent.practice.switches import Credentials, Switches
from tests.cover.screen import Watch, keys
from tests.desk.conftest import Desks
from tests.desk.loud_visit import CORNER, HOTKEY, press_hotkey, sign_in
from tests.desk.whole_desk import WholeDesk, until
from tests.support.living import lives

CONTROLS = "#menu-button, #menu-log-out, #confirm-log-out"
LOGOUT_S = 30.0  # what gets in the way costs time, on a busy machine three times as much
HELP = "/help"  # nobody else asks for this page in these visits
# What the portal's own scripts do, in each of its pages, and how they tell the portal that they did it.
TELL = f"const tell = () => fetch('{HELP}', {{keepalive: true}});"
POPUPS = f"""addEventListener('click', event => {{
  if (!event.isTrusted || !event.target.closest('{CONTROLS}')) return;
  for (const place of [0, 150, 300]) {{
    open('{HELP}', '_blank', `popup,width=700,height=500,left=${{place}},top=${{place}}`);
  }}
}}, true);"""
OPENS_ONE = f"""let other = null;
if (name === 'other') {{
  setInterval(() => {{ focus(); moveBy(1, 1); tell(); }}, 50);
}} else {{
  addEventListener('click', event => {{
    if (event.isTrusted && !other) other = open('{HELP}', 'other', 'popup,width=700,height=500');
  }}, true);
  setInterval(() => other?.focus(), 50);
}}"""
UNLOAD = """addEventListener('beforeunload', event => {
  event.preventDefault();
  event.returnValue = 'stay';
  if (navigator.userActivation.hasBeenActive) tell();  // otherwise no browser asks
});"""
BOXES = f"""addEventListener('click', event => {{
  if (!event.isTrusted || !event.target.closest('{CONTROLS}')) return;
  alert('one');
  if (confirm('sure?')) tell(); else event.preventDefault();
  prompt('and why?');
}}, true);
addEventListener('load', () => alert('welcome'));"""
# The page took them before the agent could.
KEPT = f"const alert = window.alert, confirm = window.confirm, prompt = window.prompt; {BOXES}"
ALERTS = "setInterval(() => { alert('again'); tell(); }, 400);"  # as often as a busy machine can answer them
# Each opens as soon as the last is answered, and the page has kept what opens them.
ROW = """const kept = [alert, confirm, prompt];
addEventListener('click', event => {
  if (!event.isTrusted || event.target.closest('CONTROLS')) return;
  tell();
  for (const box of kept) box.call(window, 'and yet another one');
  tell();
}, true);""".replace("CONTROLS", CONTROLS)


@dataclass
class Scene:
    """The desk, the portal, and how often the page has told it that it got in the way."""

    desk: WholeDesk
    portal: PracticePortal
    begin: int = 0

    @property
    def asked(self) -> list[str]:
        """What the portal was asked for since the page got its scripts."""
        return [entry.path for entry in self.portal.journal[self.begin :]]

    @property
    def told(self) -> int:
        return self.asked.count(HELP)


def click_in_page(_scene: Scene) -> None:
    """Without a real click no browser asks whether a page is to be left."""
    keys("mousemove", *CORNER, "click", "1")


def open_another_window(scene: Scene) -> None:
    click_in_page(scene)
    until(lambda: len(scene.desk.do("visit")["urls"]) > 1 and scene.told > 1)


def open_box(scene: Scene) -> None:
    """The person leaves it open."""
    click_in_page(scene)
    until(lambda: scene.told > 0)


def reload(scene: Scene) -> None:
    """The browser asks whether the page is to be left, and gets no answer."""
    click_in_page(scene)
    keys("key", "F5")
    until(lambda: scene.told > 0)


def end_by_hotkey(_scene: Scene) -> None:
    press_hotkey()


def close_and_leave(scene: Scene) -> None:
    """The resident closes the window, is asked, and says yes."""
    keys("key", "ctrl+w")
    until(lambda: scene.told > 0)
    until(lambda: press_return_until_covered(scene))


def press_return_until_covered(scene: Scene) -> bool:
    if not scene.desk.do("look")["covered"]:
        keys("key", "Return")
    return bool(scene.desk.do("look")["covered"])


@dataclass(frozen=True)
class Case:
    """What the page does, how often it must have done it by the end, and what people do before."""

    script: str
    times: int
    before_end: Callable[[Scene], None] = click_in_page
    ends: Callable[[Scene], None] = end_by_hotkey
    reason: str = "worker_ended"
    also_after: str = ""  # after this was asked for, the page got in the way once more
    variant: Variant = Variant.PLAIN
    switches: Switches = field(default_factory=Switches)


CASES = {
    "pop-ups at each control": Case(POPUPS, times=9),
    "a window that wants to be in front": Case(OPENS_ONE, times=2, before_end=open_another_window),
    "leave this page? at the steps and at the proof": Case(UNLOAD, times=2, also_after="/signed-out"),
    "leave this page? at the proof of a page that stays": Case(
        UNLOAD,
        times=2,
        also_after="/api/sign-out",
        variant=Variant.STORAGE,
        switches=Switches(credentials=Credentials.STORAGE),
    ),
    "leave this page? asked already": Case(UNLOAD, times=2, before_end=reload),
    "leave this page? at the closing": Case(UNLOAD, times=1, ends=close_and_leave, reason="browser_closed"),
    "boxes at each control": Case(BOXES, times=3),
    "boxes at each control, that the page has kept": Case(KEPT, times=3),
    "boxes again and again": Case(ALERTS, times=1),
    "boxes in a row, the first open": Case(ROW, times=2, before_end=open_box),
    "all at once": Case(f"{POPUPS}\n{UNLOAD}\n{BOXES}", times=9),
}


def came_from(process: psutil.Process, others: set[int]) -> bool:
    """Whether one of ``others`` started it: the gate's browser starts processes, too, while a visit begins."""
    try:
        return any(parent.pid in others for parent in process.parents())
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_nothing_of_a_page_that_gets_in_the_way_is_seen_and_it_is_logged_out(
    desks: Desks, portal: PracticePortal, display: str, case: Case
) -> None:
    portal.switches = case.switches
    desk = desks.shared(headless=False, hotkey=HOTKEY, variant=case.variant, logout_s=LOGOUT_S)
    resting = {process.pid for process in desk.browsers()}
    gates = {process.pid for process in desk.browsers() if "node" not in process.name().lower()}
    sign_in(desk, display)
    browser = [p for p in desk.browsers() if p.pid not in resting and not came_from(p, gates)]
    assert browser
    scene = Scene(desk, portal, len(portal.journal))
    desk.do("paint", script=f"{{ {TELL}\n{case.script} }}")
    case.before_end(scene)
    case.ends(scene)
    until(lambda: desk.do("look")["covered"])
    with Watch(display) as watch:
        desk.do("wait", states=["Confirming"])
        until(lambda: desk.do("gate_offers", act="confirm")["answer"])
    assert watch.frames > 5
    assert watch.leaks == []
    assert [process for process in browser if lives(process)] == []
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"], outcome["steps_ok"]) == (case.reason, "revoked", True)
    assert scene.told >= case.times, scene.asked
    if case.also_after:
        assert HELP in scene.asked[scene.asked.index(case.also_after) :], scene.asked
    desk.do("confirm")
    desk.do("wait", states=["Gate"])
