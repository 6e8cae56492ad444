"""A visit on a real screen whose portal can be told from everything else by its colour."""

from __future__ import annotations

from tests.cover.screen import Screen, keys
from tests.desk.whole_desk import WholeDesk, until

USER = "resident-a"
HOTKEY = "<ctrl>+<alt>+<end>"
# every page of the portal in the colour that the grabbed screen is searched for; a strict CSP does not mind
LOUD = """{ const loud = new CSSStyleSheet();
loud.replaceSync('* { background: #f0f !important; color: #f0f !important }');
document.adoptedStyleSheets.push(loud); }"""
SHOWN_PIXELS = 300_000  # of 1152000
CORNER = ("1240", "860")  # of the page; nothing can be pressed there


def sign_in(desk: WholeDesk, display: str) -> None:
    """A visit of a signed-in resident, all over the screen, with the keyboard's focus in the portal's page."""
    desk.do("start")
    desk.do("sign_in", user=USER)
    desk.do("paint", script=LOUD)
    screen = Screen(display)
    until(lambda: screen.loud_pixels() > SHOWN_PIXELS)
    screen.close()
    keys("mousemove", *CORNER, "click", "1")


def press_hotkey() -> None:
    """The support worker ends the visit, whatever lies on top of the gate."""
    keys("key", "ctrl+alt+End")


def end(desk: WholeDesk) -> None:
    """The same, up to the confirmation."""
    press_hotkey()
    desk.do("confirm")
