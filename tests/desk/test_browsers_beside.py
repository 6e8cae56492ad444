"""A real browser is started beside a real agent: noticed, reported, or closed after people were told.

Each desk has the processes of this PC to itself (a namespace), so that it neither sees nor closes anybody else's
browser.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.status import FILE_NAME as STATUS_FILE
from tests.cover.screen import keys
from tests.desk.whole_desk import WAIT_S, WholeDesk, until, write_desk
from tests.support.living import lives

ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


class LonelyDesk(WholeDesk):
    """A desk with processes of its own, and somebody at its PC who starts further programs."""

    def __init__(self, config: Path, *, headless: bool, display: str | None = None) -> None:
        super().__init__(config, headless=headless, display=display, prefix=ALONE)
        self._started: list[subprocess.Popen[bytes]] = []
        try:
            self.connect()
            (self.inside,) = psutil.Process(self.supervisor.pid).children()
        except BaseException:
            super().close()  # nobody else knows of it yet
            raise

    def start_beside(self, *command: str) -> psutil.Process:
        """Start a program as the desktop's menu would: not as a child of the agent."""
        enter = ["nsenter", "--target", str(self.inside.pid), "--pid", "--mount", "--"]
        starter = subprocess.Popen([*enter, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._started.append(starter)
        until(lambda: bool(psutil.Process(starter.pid).children()))  # nsenter waits for it
        (process,) = psutil.Process(starter.pid).children()
        return process

    def warnings(self) -> dict[str, str]:
        warnings: dict[str, str] = self.do("look")["warnings"]
        return warnings

    def fates(self) -> list[tuple[str, str, str]]:
        return [(entry["kind"], entry["what"], entry["program"]) for entry in self.entries("ForeignProgram")]

    def signals(self) -> list[tuple[str, str]]:
        return [(entry["signal"], entry["weight"]) for entry in self.entries("SignalNoted")]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "data" / STATUS_FILE).read_bytes())
        return found

    def close(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.inside.terminate()  # unshare itself would hand no signal on
            psutil.wait_procs([self.inside], timeout=WAIT_S)
        super().close()
        for starter in self._started:
            starter.kill()
            starter.wait()


MakeLonely = Callable[..., LonelyDesk]


@pytest.fixture
def make_lonely(tmp_path: Path, portal: PracticePortal, browser_path: str) -> Iterator[MakeLonely]:
    if sys.platform == "win32" or shutil.which("nsenter") is None or os.getuid() != 0:
        pytest.skip("only as root on Linux, with unshare and nsenter: a desk needs processes of its own")
    tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces on this machine: {tried.stderr.strip()}")
    made: list[LonelyDesk] = []

    def make(browsers: str, *, headless: bool = True, display: str | None = None, **wishes: Any) -> LonelyDesk:
        config = write_desk(tmp_path, portal, headless=headless, browsers=browsers, **wishes)
        made.append(LonelyDesk(config, headless=headless, display=display))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


def chromium(browser_path: str, profile: Path, *, headless: bool = True) -> list[str]:
    switches = ["--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={profile}"]
    return [browser_path, *switches, *(["--headless=new"] if headless else []), "about:blank"]


def test_a_browser_beside_a_visit_is_reported_and_the_visit_goes_on(
    make_lonely: MakeLonely, browser_path: str, tmp_path: Path
) -> None:
    desk = make_lonely('action = "report"')
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    assert desk.fates() == []  # gate and visit are the agent's own
    browser = desk.start_beside(*chromium(browser_path, tmp_path / "profile"))
    until(lambda: desk.fates() == [("browser", "noticed", "Chromium")])
    until(lambda: desk.signals() == [("foreign_browser", "nothing")])
    assert desk.warnings()["foreign_browser"] == "A browser runs beside the agent: Chromium"
    assert "foreign_browser" in {warning["code"] for warning in desk.status()["warnings"]}
    assert {sense["name"]: sense["state"] for sense in desk.status()["senses"]} == {"browsers": "working"}
    looked = desk.do("look")
    assert (looked["state"], looked["covered"]) == ("SignedIn", False)
    desk.do("next_person")
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"
    assert lives(browser)  # the end of a visit is no reason to end it
    desk.do("start")  # the next visit hears of it, too
    until(lambda: desk.signals().count(("foreign_browser", "nothing")) == 2)
    browser.kill()
    until(lambda: "foreign_browser" not in desk.warnings())
    desk.do("end")
    desk.do("confirm")
    assert desk.fates() == [("browser", "noticed", "Chromium")]  # once, and none of the agent's own


def test_a_browser_is_closed_after_people_were_told(make_lonely: MakeLonely, browser_path: str, tmp_path: Path) -> None:
    desk = make_lonely('action = "close"\nclose_after_s = 5')
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    browser = desk.start_beside(*chromium(browser_path, tmp_path / "profile"))
    until(lambda: desk.do("look")["panel"] == "notice")
    assert lives(browser)
    assert any("Chromium" in line for line in desk.do("look")["said"])
    tree = [browser, *browser.children(recursive=True)]
    until(lambda: not desk.do("look")["covered"])
    assert [process for process in tree if lives(process)] == []
    # recorded once the browser is gone, while the cover is being lowered
    until(lambda: desk.fates() == [("browser", "noticed", "Chromium"), ("browser", "closed", "Chromium")])
    until(lambda: "foreign_browser" not in desk.warnings())
    assert desk.do("look")["state"] == "SignedIn"
    desk.do("next_person")
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


def test_the_notice_gives_way_to_the_end_of_the_visit_and_comes_again(
    make_lonely: MakeLonely, browser_path: str, tmp_path: Path
) -> None:
    desk = make_lonely('action = "close"\nclose_after_s = 60')
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    browser = desk.start_beside(*chromium(browser_path, tmp_path / "profile"))
    until(lambda: desk.do("look")["panel"] == "notice")
    desk.do("next_person")
    desk.do("wait", states=["Confirming"])
    until(lambda: desk.do("look")["panel"] == "notice")
    assert lives(browser)
    desk.do("answer", button="close")
    until(lambda: not lives(browser))
    until(lambda: not desk.do("look")["covered"])
    desk.do("confirm")


@pytest.mark.parametrize(("weight", "state"), [("possible", "Challenge"), ("certain", "Confirming")])
def test_the_policy_may_take_it_for_another_person(
    make_lonely: MakeLonely, browser_path: str, tmp_path: Path, weight: str, state: str
) -> None:
    desk = make_lonely('action = "report"', policy=f'[policy.weights]\nforeign_browser = "{weight}"')
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    desk.start_beside(*chromium(browser_path, tmp_path / "profile"))
    desk.do("wait", states=[state])
    until(lambda: desk.signals() == [("foreign_browser", weight)])


def test_what_drives_the_pc_from_outside_makes_the_worker_be_asked(make_lonely: MakeLonely, tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    for name in ("TeamViewer_Service", "TeamViewer_Desktop"):
        shutil.copy(sleep, tmp_path / name)
    desk = make_lonely('action = "report"')
    desk.start_beside(str(tmp_path / "TeamViewer_Service"), "600")
    until(lambda: desk.warnings().get("remote_control") == "This PC can be driven from outside: TeamViewer.")
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    assert desk.signals() == []
    connection = desk.start_beside(str(tmp_path / "TeamViewer_Desktop"), "600")
    desk.do("wait", states=["Challenge"])
    until(lambda: desk.signals() == [("remote_control", "possible")])
    assert desk.warnings()["remote_control"] == "This PC is driven from outside: TeamViewer."
    assert lives(connection)
    until(lambda: desk.do("look")["panel"] == "challenge")
    desk.do("answer", button="same")
    desk.do("wait", states=["SignedIn"])


def test_on_a_real_screen_the_notice_covers_the_other_browser_and_a_key_closes_it(
    make_lonely: MakeLonely, browser_path: str, tmp_path: Path, display: str
) -> None:
    desk = make_lonely('action = "close"\nclose_after_s = 60', headless=False, display=display)
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    browser = desk.start_beside(*chromium(browser_path, tmp_path / "profile", headless=False))
    until(lambda: bool(desk.do("look")["covered"]))
    assert lives(browser)

    def closed_by_key() -> bool:
        keys("key", "Tab")  # nothing has the focus at first, so that nobody presses by mistake
        keys("key", "space")
        return not lives(browser)

    until(closed_by_key)
    until(lambda: not desk.do("look")["covered"])
    assert desk.do("look")["state"] == "SignedIn"
    until(lambda: desk.fates() == [("browser", "noticed", "Chromium"), ("browser", "closed", "Chromium")])
