"""The native panels at 1024×768: colours that can be read, things large enough to press, and their pictures.

That each panel is whole, at every scale and in both languages, is shown in ``tests/cover``.
"""

from __future__ import annotations

import pytest

from kiosk_agent.cover import look
from kiosk_agent.cover.controls import STYLES
from kiosk_agent.hands.panels import held_panel
from kiosk_agent.hands.ports import Panel
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.locale import translator
from kiosk_agent.session.vocabulary import HoldReason
from tests.cover.screen import Screen
from tests.cover.test_pictures import PANELS, server
from tests.screens.pictures import keep, png


def luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("role", STYLES)
def test_a_button_can_be_read_and_seen_in_every_state(role: str) -> None:
    normal, hovered, pressed = STYLES[role]
    for fill, text, border in (normal, hovered):
        assert contrast(fill, text) >= 4.5
        assert contrast(border, look.PAPER) >= 3
        assert contrast(pressed, text) >= 4.5


def test_texts_can_be_read_on_every_ground() -> None:
    for ground in (look.PAPER, look.WARNING_TINT, look.ERROR_TINT, look.BACKDROP):
        assert contrast(look.TEXT, ground) >= 4.5
    assert contrast(look.ERROR, look.PAPER) >= 4.5
    assert contrast(look.FIELD_EDGE, look.PAPER) >= 3
    assert contrast(look.WARNING_BAR, look.EDGE) >= 3
    assert contrast(look.FOCUS_EDGE, look.PAPER) >= 3


def test_what_is_read_and_pressed_is_large_enough() -> None:
    assert look.BODY_PX >= 24
    assert look.LABEL_PX >= 24
    assert look.BUTTON_PX >= 64


def panel(name: str) -> Panel:
    if name == "held":  # as people meet it: nothing has been refused yet
        return held_panel(HoldReason.LEDGER_FULL, translator("ja"))
    return PANELS[name.removesuffix("-native")]("ja")


@pytest.mark.parametrize("name", ["shield", "challenge", "warning-native", "held"])
async def test_its_picture_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with server("-screen", "0", "1024x768x24") as display:
        monkeypatch.setenv("DISPLAY", display)
        cover = StandaloneCover(scale=1.0, show_limit_s=30.0)
        await cover.start()
        await cover.show(panel(name))
        screen = Screen(display)
        picture = screen.grab()
        screen.close()
        await cover.close()
    keep(name, png(picture))
    colors = {color for _count, color in picture.getcolors(1 << 24) or []}
    assert (0x33, 0x33, 0x33) in colors, "there is text on it"
