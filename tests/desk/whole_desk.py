"""A whole desk for tests: supervisor, cover, agent, browsers and the practice portal, all of them real."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from kiosk_agent.cli.run import supervisor_panels
from kiosk_agent.config_load import hash_release_code
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant, practice_profile
from tests.support.living import lives

ROOT = Path(__file__).parents[2]
# other tests, and whoever works at this PC, run browsers that are none of a test's business
UNWATCHED = 'action = "ignore"\nremote_control = "ignore"'
WAIT_S = 45.0  # far more than anything takes; what is not there by then fails the test

CONFIG = """\
profile = "portal.toml"
[desk]
name = "窓口"
data_dir = "data"
[browser]
window = "fullscreen"
headless = {headless}
[residue]
print_jobs = {print_jobs}
[hotkey]
end_visit = "{hotkey}"
[senses.card]
enabled = {card}
compare_certificate = {certificate}
[senses.os_session]
enabled = {os_session}
[senses.browsers]
{browsers}
[supervision]
hang_limit_s = {hang_limit_s}
{supervision}
[policy]
idle_limit_s = {idle_limit_s}
{policy}
"""


def write_desk(
    folder: Path,
    portal: PracticePortal,
    *,
    variant: Variant = Variant.PLAIN,
    headless: bool,
    idle_limit_s: float = 300.0,
    policy: str = "",
    hotkey: str = "",
    os_session: bool = False,  # only with a logind of the test's own: this machine's is nobody's business
    release_code: str = "",
    logout_s: float = 5.0,
    hang_limit_s: float = 2.0,
    card: bool = False,
    certificate: bool = False,
    operation: str = "",
    same_person: str = "",
    browsers: str = UNWATCHED,
) -> Path:
    """The files of a desk; returns the configuration's path.

    ``operation``: one more, as the profile says it; ``same_person``: more of that rule of the profile.
    """
    # by default half the time of its logout: what hangs shall not hang long in a test
    profile = practice_profile(portal, variant).replace("timeout_s = 10.0", f"timeout_s = {logout_s}")
    (folder / "portal.toml").write_text(f"{profile}{same_person}\n{operation}", encoding="utf-8")
    config = folder / "agent.toml"
    supervision = f'release_code_hash = "{hash_release_code(release_code)}"' if release_code else ""
    wishes = {
        "headless": str(headless).lower(),
        # Linux: the tests' environment names a print server that is not there
        "print_jobs": str(sys.platform != "win32").lower(),
        "os_session": str(os_session).lower(),
        "card": str(card).lower(),
        "certificate": str(certificate).lower(),
        "browsers": browsers,
        "idle_limit_s": idle_limit_s,
        "policy": policy,
        "supervision": supervision,
        "hotkey": hotkey,
        "hang_limit_s": hang_limit_s,
    }
    config.write_text(CONFIG.format(**wishes), encoding="utf-8")
    return config


def until(holds: Callable[[], bool], limit_s: float = WAIT_S) -> None:
    """Look again and again until ``holds``; fails after far more time than it takes."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"did not come true within {limit_s:.0f} s"
        time.sleep(0.05)


class WholeDesk:
    """Starts the supervisor, which starts the agent, which connects to us and does what people do."""

    def __init__(
        self,
        config: Path,
        *,
        headless: bool,
        display: str | None = None,
        hang_limit_s: float = 2.0,
        prefix: Sequence[str] = (),
    ) -> None:
        self.folder = config.parent
        self._socket_path = str(self.folder / f"s{secrets.token_hex(2)}")
        settings = {
            "child": [sys.executable, "-m", "tests.desk.agent_child", str(config), self._socket_path],
            "panels": supervisor_panels("ja"),
            "hang_limit_s": hang_limit_s,
            "headless": headless,
            "data_dir": str(self.folder / "data"),
        }
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._socket_path)
        self._listener.listen()
        self._listener.settimeout(WAIT_S)
        self._lines: Any = None
        self._connection: socket.socket | None = None
        self.agent_pid = 0
        (self.folder / "data").mkdir(mode=0o700, exist_ok=True)
        self._log = (self.folder / "log.txt").open("ab")
        self.supervisor = subprocess.Popen(
            [*prefix, sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings, ensure_ascii=False)],
            cwd=ROOT,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": str(ROOT), **({"DISPLAY": display} if display else {})},
        )

    def connect(self) -> None:
        """Wait for the agent (the first one, or the next one after it was lost)."""
        self._hang_up()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(WAIT_S)
        self._lines = self._connection.makefile("rb")
        self.agent_pid = json.loads(self._lines.readline())["hello"]

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._lines.close()
            self._connection.close()

    def tell(self, do: str, **wish: Any) -> None:
        """Say what is to be done, and do not wait for the answer."""
        assert self._connection is not None
        self._connection.sendall(json.dumps({"do": do, **wish}).encode() + b"\n")

    def answer(self) -> dict[str, Any]:
        """The answer to the oldest wish that has none yet."""
        try:
            line = self._lines.readline()
        except TimeoutError:
            raise AssertionError(f"the agent does not answer; its log:\n{self.log()}") from None
        assert line, f"the agent is gone; its log:\n{self.log()}"
        answer: dict[str, Any] = json.loads(line)
        assert answer["ok"], f"{answer['why']}; the log:\n{self.log()}"
        return answer

    def do(self, do: str, **wish: Any) -> dict[str, Any]:
        """Have it done."""
        self.tell(do, **wish)
        return self.answer()

    def log(self) -> str:
        """What supervisor and agent wrote."""
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-4000:]

    def browsers(self) -> list[psutil.Process]:
        """The agent's processes: driver and browsers."""
        return psutil.Process(self.agent_pid).children(recursive=True)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The ledger's entries of one kind."""
        reader = LedgerReader(self.folder / "data" / FILE_NAME)
        try:
            bodies = [json.loads(one.body) for one in reader.entries()]
            assert reader.verify().sound
        finally:
            reader.close()
        return [body for body in bodies if body["type"] == kind]

    def signal_agent(self, name: str) -> None:
        """``SIGKILL`` or ``SIGSTOP``."""
        if sys.platform == "win32":
            pytest.skip("only on Linux: Windows knows no such signals")
        os.kill(self.agent_pid, signal.Signals[name])

    def close(self) -> None:
        """Stop in good order; by force where that does not happen."""
        if self.supervisor.poll() is None:
            self.supervisor.terminate()
            try:
                self.supervisor.wait(timeout=WAIT_S)
            except subprocess.TimeoutExpired:
                tree = psutil.Process(self.supervisor.pid).children(recursive=True)
                for process in [*tree, psutil.Process(self.supervisor.pid)]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                self.supervisor.wait()
        self._hang_up()
        self._listener.close()
        self._log.close()


def signed_in(desk: WholeDesk, user: str = "resident-a") -> list[psutil.Process]:
    """A visit with a session; returns the roots of its browser's process tree."""
    resting = {process.pid for process in desk.browsers()}
    desk.do("start")
    desk.do("sign_in", user=user)
    new = [process for process in desk.browsers() if process.pid not in resting]
    pids = {process.pid for process in new}
    return [process for process in new if process.ppid() not in pids]


def driver_of(desk: WholeDesk) -> psutil.Process:
    """The node program between the agent and its browsers."""
    (driver,) = [one for one in psutil.Process(desk.agent_pid).children() if "node" in one.name()]
    return driver


def gate_browser_of(desk: WholeDesk) -> psutil.Process:
    """While no visit runs, the driver has one browser."""
    (browser,) = [one for one in driver_of(desk).children() if lives(one)]
    return browser
