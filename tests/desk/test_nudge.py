"""The nudge on a whole desk: one press, and the portal's own logout is carried out and proved."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

from kiosk_agent.practice.portal import PracticePortal
from tests.cover.screen import Screen, keys
from tests.desk.conftest import Desks
from tests.desk.loud_visit import LOUD, sign_in
from tests.desk.whole_desk import until

BLUE = (0x00, 0x17, 0xC1)  # the button that logs out is filled with it, and nothing else on the loud page is
THICK_PX = 15


def blue_box(screen: Screen) -> tuple[int, int, int, int] | None:
    """The box around what is filled with exactly that colour; lines and edges do not count."""
    differs = ImageChops.difference(screen.grab(), Image.new("RGB", (screen.width, screen.height), BLUE))
    same = differs.convert("L").point([255] + [0] * 255)
    return same.filter(ImageFilter.MinFilter(THICK_PX)).getbbox()


def test_one_press_logs_out_at_the_portal_itself(desks: Desks, portal: PracticePortal, display: str) -> None:
    desk = desks.shared(headless=False)
    sign_in(desk, display)
    desk.do("goto", url=f"{portal.url}/register/done")
    desk.do("paint", script=LOUD)
    screen = Screen(display)
    try:
        until(lambda: blue_box(screen) is not None)
        until(lambda: desk.entries("OperationDone") != [])

        def pressed() -> bool:
            box = blue_box(screen)
            if box is not None:
                keys("mousemove", str(box[0]), str(box[1]), "click", "1")
            return desk.do("look")["state"] not in ("Open", "SignedIn")

        until(pressed)  # a press counts only once the panel was there for a moment
    finally:
        screen.close()
    desk.do("confirm")
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"], outcome["steps_ok"]) == ("nudge_accepted", "revoked", True)
    assert desk.entries("EndBegan")[-1]["source"] == "nudge"
