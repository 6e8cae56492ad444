"""GetLastInputInfo and the key combination, moved by a real pointer and pressed on a real keyboard."""

from __future__ import annotations

import datetime
import queue

from kiosk_agent.clock import SystemClock
from kiosk_agent.health import Health
from kiosk_agent.sensors.hotkey import NAME, EndVisitHotkey
from kiosk_agent.sensors.input.readers import open_reader
from kiosk_agent.sensors.input.windows import LastInputInfo
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.events import EndRequested, Event
from kiosk_agent.session.vocabulary import EndSource
from tests.windows.conftest import PATIENCE_S, Outside, wait_until


def test_windows_reader_is_the_one_without_a_hook() -> None:
    assert isinstance(open_reader(SystemClock()), LastInputInfo)


def test_a_moved_pointer_is_an_input_and_its_place_is_known(outside: Outside) -> None:
    reader = LastInputInfo()
    for place in ((200, 150), (420, 310)):
        before = reader.read()
        outside.ask("xdotool", "mousemove", *map(str, place))
        wait_until(lambda before=before: reader.read().stamp_s != before.stamp_s, "the input is noticed")
        wait_until(lambda place=place: reader.read().pointer == place, "the pointer is where it was moved to")
        assert reader.read().idle_s < PATIENCE_S


def test_without_input_the_idle_time_grows_and_the_stamp_stays(outside: Outside) -> None:
    reader = LastInputInfo()
    first = reader.read()
    wait_until(lambda: reader.read().idle_s >= first.idle_s + 0.5, "half a second without input passes")
    assert reader.read().stamp_s == first.stamp_s


async def test_the_key_combination_ends_the_visit_wherever_the_focus_is(outside: Outside) -> None:
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    now = lambda: datetime.datetime.now(datetime.UTC)  # noqa: E731
    health = Health(now)
    senses = Senses([NAME], health, lambda _event: None, now)
    hotkey = EndVisitHotkey("<ctrl>+<alt>+<end>", heard.put, senses.report_of(NAME))
    hotkey.start()
    assert hotkey.listening.wait(PATIENCE_S), health.warnings
    outside.ask("xdotool", "key", "ctrl+End")
    outside.ask("xdotool", "key", "ctrl+alt+End")
    assert heard.get(timeout=PATIENCE_S) == EndRequested(EndSource.HOTKEY)
    assert heard.empty()
    hotkey._listener.stop()
