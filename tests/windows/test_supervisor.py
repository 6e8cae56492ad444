"""The supervisor and its cover on a Windows screen: it covers, kills, starts again, and takes its agent along."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image, ImageColor

from kiosk_agent.cover.look import BACKDROP
from kiosk_agent.supervised import Settings
from kiosk_agent.supervisor import EXIT_BUSY
from tests.supervisor.test_on_any_system import (
    test_a_code_page_that_lacks_a_sign_takes_nothing_from_what_the_agent_says,
    test_a_killed_supervisor_takes_its_agent_along,
    test_it_ends_with_the_status_of_an_agent_that_stops,
)
from tests.windows.conftest import PATIENCE_S, Outside, wait_until

__all__ = [
    "test_a_code_page_that_lacks_a_sign_takes_nothing_from_what_the_agent_says",
    "test_a_killed_supervisor_takes_its_agent_along",
    "test_it_ends_with_the_status_of_an_agent_that_stops",
]

PANELS: dict[str, dict[str, Any]] = {
    "starting": {"kind": "shield", "title": "準備しています"},
    "hang": {"kind": "hang", "title": "安全を確認しています", "lines": ["しばらくお待ちください。"], "tone": "warning"},
    "crash_loop": {"kind": "hang", "title": "この窓口は閉鎖中です", "tone": "error"},
}
COVER = ImageColor.getrgb(BACKDROP)
# Takes the cover away, says who it is, and lives until it is killed or hangs.
AGENT = """
import json, os, sys, threading

def send(message):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\\n")
    sys.stdout.buffer.flush()

def beat():
    while not hung.wait(0.2):
        send({"beat": 1})

hung = threading.Event()
send({"beat": 1})  # from here on the short limit holds
threading.Thread(target=beat, daemon=True).start()
hello = json.loads(sys.stdin.buffer.readline())["hello"]
send({"say": {"pid": os.getpid(), "hello": hello}})
send({"cover": "hide", "id": 1})
if sys.argv[1] == "hangs" and not os.path.exists(sys.argv[2]):
    open(sys.argv[2], "w").close()
    hung.set()
for line in sys.stdin.buffer:
    message = json.loads(line)
    if "stop" in message:
        send({"stopping": True})
        os._exit(0)
threading.Event().wait()
"""


class Desk:
    def __init__(self, folder: Path, agent: str = "waits", **options: Any) -> None:
        settings = Settings(
            child=(sys.executable, "-c", AGENT, agent, str(folder / "has hung")),
            panels=PANELS,
            **{"hang_limit_s": 3.0, "data_dir": str(folder), **options},
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings._asdict())],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.complaints: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.complaints.append(line.decode("utf-8", "replace").rstrip())

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.complaints
        return dict(json.loads(line))

    def end(self) -> None:
        self.process.kill()
        self.process.wait(timeout=PATIENCE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[list[Desk]]:
    desks: list[Desk] = []
    yield desks
    for one in desks:
        one.end()


# Starts another process, as an agent starts its browser, says who both are, and hears nothing more.
WITH_A_BROWSER = """
import json, os, subprocess, sys, threading

lives_on = "import threading; print('up', flush=True); threading.Event().wait()"
browser = subprocess.Popen([sys.executable, "-c", lives_on], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
browser.stdout.readline()
said = {"say": {"agent": os.getpid(), "browser": browser.pid}}
sys.stdout.buffer.write(json.dumps(said).encode() + b"\\n")
sys.stdout.buffer.flush()
threading.Event().wait()
"""


def test_a_killed_supervisor_takes_the_browser_of_its_agent_along() -> None:
    """Nobody is left who could kill it: the job object does, on which both are."""
    settings = Settings(child=(sys.executable, "-c", WITH_A_BROWSER), panels=PANELS, headless=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings._asdict())], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        tree = [psutil.Process(told[name]) for name in ("agent", "browser")]
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(tree, timeout=PATIENCE_S)
    assert not alive


def is_covered(outside: Outside, name: str) -> bool:
    """Whether the cover's own colour fills all four corners, where windows and Wine's task bar are otherwise."""
    with Image.open(outside.ask("picture", name)) as opened:
        image = opened.convert("RGB")
    right, bottom = image.width - 3, image.height - 3
    return {image.getpixel(place) for place in ((2, 2), (right, 2), (2, bottom), (right, bottom))} == {COVER}


@pytest.mark.parametrize("loss", ["killed", "hangs"])
def test_a_lost_agent_is_covered_and_another_one_started(
    desk: list[Desk], outside: Outside, tmp_path: Path, loss: str
) -> None:
    desk.append(Desk(tmp_path, loss))
    first = desk[0].said()
    assert first["hello"] == {"cover": "native", "covered": True}
    lost = psutil.Process(first["pid"])
    if loss == "killed":
        wait_until(lambda: not is_covered(outside, "uncovered"), "the first agent takes the cover away")
        lost.kill()
    second = desk[0].said()
    assert second["pid"] != first["pid"]
    assert second["hello"] == {"cover": "native", "covered": True}
    assert not lost.is_running()
    assert any("was lost" in line for line in desk[0].complaints)


def test_the_cover_fills_the_screen_and_goes_with_its_process(outside: Outside) -> None:
    settings = Settings(child=(sys.executable, "-c", "import sys; sys.stdin.read()"), panels=PANELS)._asdict()
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: is_covered(outside, "cover"), "the screen is covered")
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not is_covered(outside, "cover-gone"), "the cover is gone with its process")


def test_a_second_supervisor_on_one_desk_says_so_and_exits(desk: list[Desk], tmp_path: Path) -> None:
    desk.append(Desk(tmp_path, headless=True))
    desk[0].said()
    desk.append(Desk(tmp_path, headless=True))
    assert desk[1].process.wait(timeout=PATIENCE_S) == EXIT_BUSY
    wait_until(lambda: desk[1].complaints, "it says why")
    assert f"process {desk[0].process.pid}" in desk[1].complaints[0]
