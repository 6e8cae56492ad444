"""The demonstration: what it prints, and that it does not keep quiet about a broken promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk_agent.cli.demo import command
from kiosk_agent.clock import SystemClock
from kiosk_agent.config import Browser, Config, Hotkey
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.demo.incident import Incident
from kiosk_agent.demo.people import Hall, Resident
from kiosk_agent.demo.play import NOBODY_LOOKS_ON
from kiosk_agent.demo.timeline import Timeline
from kiosk_agent.desk import Surroundings, open_desk
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.locale import translator
from kiosk_agent.portal.load import load_profile
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import practice_profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import StateName

pytestmark = pytest.mark.usefixtures("browser_path")

KEYS = {"end_reason", "proof", "confirmation", "signal_to_shield_ms", "signal_to_browser_gone_ms"}


def test_it_replays_the_incident_twice_and_prints_one_object() -> None:
    arguments = [sys.executable, "-m", "kiosk_agent", "demo", "--headless", "--json"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    first, second, third, fourth = said["visits"]
    assert all(visit.keys() >= KEYS and visit["confirmation"] == "confirmed" for visit in said["visits"])
    assert [visit["end_reason"] for visit in (first, third)] == ["change_of_person", "idle"]
    assert {visit["proof"] for visit in (first, third)} == {"revoked"}
    assert {visit["saw_sign_in"] for visit in (second, fourth)} == {False}
    assert all(visit["signal_to_browser_gone_ms"] > visit["signal_to_shield_ms"] >= 0 for visit in said["visits"])
    counts = said["counts"]
    assert said["central"]["reported"] is True
    assert said["central"]["page"].startswith(said["central"]["url"])
    assert (counts["visits"], counts["outcomes"], counts["confirmations"], counts["sign_ins"]) == (4, 4, 4, 2)


def test_a_browser_that_does_not_start_ends_it_at_once_and_is_named(tmp_path: Path) -> None:
    # as a download without its libraries: the supervisor alone would start the agent again for ever
    browser = tmp_path / "chrome"
    browser.write_text("#!/bin/sh\necho 'libnss3.so: cannot open shared object file' >&2\nexit 127\n")
    browser.chmod(0o755)
    arguments = [sys.executable, "-m", "kiosk_agent", "demo", "--headless"]
    environment = {**os.environ, "KIOSK_AGENT_BROWSER": str(browser)}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert str(browser) in done.stderr
    assert "libnss3.so" in done.stderr
    assert "agent was lost" not in done.stderr


def test_one_that_is_stopped_says_so_and_blames_nobody() -> None:
    arguments = [sys.executable, "-m", "kiosk_agent", "demo", "--headless"]
    environment = {**os.environ, "LANGUAGE": "ja", "PYTHONUTF8": "1"}
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as demo:
        assert demo.stdout is not None
        before = next(line for line in demo.stdout if "エージェント" in line)
        demo.terminate()
        said = before + demo.stdout.read()
    assert demo.returncode == 1, "what was promised was not shown"
    assert "デモは最後まで進みませんでした：途中で止められました" in said
    assert "約束" not in said, "it was neither kept nor broken"


def test_one_that_nobody_reads_any_more_stops_and_leaves_nothing(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "kiosk_agent", "demo", "--headless"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        said = demo.stderr.read()
    assert (demo.returncode, said) == (1, b"")
    assert list(tmp_path.iterdir()) == []


RESULT: dict[str, Any] = {"promise_kept": None, "breaches": [], "unfinished": "", "visits": [], "counts": {}}


def test_one_for_people_to_play_with_claims_nothing_and_prints_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    def supervise(_settings: object, hear: Callable[[Any], None]) -> int:
        hear({"at": 0.5, "words": "…"})
        hear({"result": RESULT})
        return 0

    monkeypatch.setattr("kiosk_agent.supervisor.supervise", supervise)
    arguments = ["--headless", "--interactive"]
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {**RESULT, "timeline": [{"at": 0.5, "words": "…"}]}
    assert "resident-a" in done.stderr
    assert "promise" not in CliRunner().invoke(command, [*arguments, "--language", "en"]).output.casefold()


async def at_once() -> None:
    """Nobody dawdles."""


@asynccontextmanager
async def incident(folder: Path) -> AsyncIterator[Incident]:
    t = translator("en")
    hall = Hall()
    watchers = Watchers(observe=hall.observe, state_changed=hall.state_changed)
    given = Surroundings(NullCover(), SystemClock(), lambda _pid, _visit: None, watchers)
    config = Config(
        path=folder / "agent.toml",
        profile=folder / "portal.toml",
        desk=DeskConfig(language="en", data_dir=folder),
        browser=Browser(headless=True),
        hotkey=Hotkey(""),
        senses=NOBODY_LOOKS_ON,
        policy=Policy(idle_limit_s=300.0),
    )
    async with PracticePortal() as portal:
        config.profile.write_text(practice_profile(portal), encoding="utf-8")
        async with open_desk(config, load_profile(config.profile), given) as (desk, work):
            timeline = Timeline(t, lambda _at, _words: None, given.clock.now())
            await hall.until(StateName.GATE)
            yield Incident(desk, portal, hall, timeline, at_once, t)
            desk.runner.post(ev.StopRequested())
            await work


async def test_nothing_is_found_where_the_promise_is_kept(tmp_path: Path) -> None:
    async with incident(tmp_path) as played:
        await played._b_finds_nothing(over_at=played._portal.now())
        assert played.breaches == []


async def test_it_is_said_when_b_sees_a_page_of_a(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with incident(tmp_path) as played:
        look = Resident.look_at_account

        async def in_the_session_of_a(b: Resident, portal_url: str) -> str:
            await played._a.sign_in()
            return await look(b, portal_url)

        monkeypatch.setattr(Resident, "look_at_account", in_the_session_of_a)
        await played._b_finds_nothing(over_at=played._portal.now())
        assert played.breaches == [
            "B saw a page of A.",
            "Something was shown or done in A's session after its end.",
        ]
