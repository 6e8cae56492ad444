"""What the service manager is told: a real datagram socket stands where systemd's would be."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_agent.cover.loop import PlainLoop
from kiosk_agent.cover.window import NullCover
from kiosk_agent.service_manager import ServiceManager, service_manager
from kiosk_agent.supervised import Child, Settings
from kiosk_agent.supervisor import Supervisor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only on Linux")

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
PANEL = {"kind": "shield", "title": "準備しています"}
PANELS = {"starting": PANEL, "hang": PANEL, "crash_loop": PANEL}
# Says which of the service manager's variables it sees, beats, takes the cover away, and goes on until told to stop.
AGENT = """
import json, os, sys, threading

def send(message):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\\n")
    sys.stdout.buffer.flush()

def beat():
    while True:
        send({"beat": 1})
        threading.Event().wait(0.1)

threading.Thread(target=beat, daemon=True).start()
send({"say": sorted({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys())})
send({"cover": "hide", "id": 1})
for line in sys.stdin.buffer:
    if "stop" in json.loads(line):
        send({"stopping": True})
        os._exit(0)
"""


class Manager:
    """The other end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE_S)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def heard(self) -> str:
        return self._socket.recv(4096).decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


@contextmanager
def as_a_service(manager: Manager, watchdog_us: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = Settings(child=(sys.executable, "-c", AGENT), panels=PANELS, headless=True)
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": str(watchdog_us)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings._asdict())],
        stdout=subprocess.PIPE,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


def test_a_service_is_ready_shows_signs_of_life_and_says_that_it_stops(manager: Manager) -> None:
    with as_a_service(manager, 100_000) as process:
        assert process.stdout is not None
        told = {manager.heard(), manager.heard()}
        assert told == {"READY=1", "WATCHDOG=1"}
        assert json.loads(process.stdout.readline()) == []  # the agent must not speak in the service's name
        for _ in range(3):  # the cover is gone by now or soon: from then on it is the heart that counts
            assert manager.heard() == "WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        while (said := manager.heard()) == "WATCHDOG=1":
            pass
        assert said == "STOPPING=1"
        assert process.wait(PATIENCE_S) == 0


class Recorded(ServiceManager):
    def __init__(self, ping_s: float | None = 1.0) -> None:
        super().__init__(None, ping_s)
        self.told: list[str] = []

    def _tell(self, state: str) -> None:
        self.told.append(state)


@pytest.mark.parametrize(
    ("covered", "quiet_s", "lost", "alive"),
    [
        (True, 0.0, False, True),
        (False, 0.0, False, True),
        (True, 1000.0, False, True),
        (True, 0.0, True, True),
        (False, 1000.0, False, False),
        (False, 0.0, True, False),
    ],
)
def test_a_sign_of_life_means_that_the_heart_beats_or_the_screen_is_covered(
    covered: bool, quiet_s: float, lost: bool, alive: bool
) -> None:
    manager, cover = Recorded(), NullCover()
    supervisor = Supervisor(Settings(child=(), panels=PANELS), PlainLoop(), cover, manager=manager)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        now = time.monotonic()
        supervisor._child = Child(process, None, now, now - quiet_s, limit_s=5.0, lost=lost)
        if covered:
            cover.show(supervisor._panels["starting"])
        supervisor._ping(1.0)
    assert (manager.told == ["WATCHDOG=1"]) is alive


def test_without_an_agent_and_without_a_cover_there_is_no_sign_of_life() -> None:
    manager = Recorded()
    Supervisor(Settings(child=(), panels=PANELS), PlainLoop(), NullCover(), manager=manager)._ping(1.0)
    assert manager.told == []


def test_an_abstract_socket_is_spoken_to_as_well() -> None:
    manager = Manager(f"@kiosk-agent-test-{os.getpid()}")
    service_manager({"NOTIFY_SOCKET": manager.address}).ready()
    assert manager.heard() == "READY=1"
    manager.close()


def test_the_variables_are_taken_out_and_half_the_limit_is_the_time_between_two_signs(manager: Manager) -> None:
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7", "OTHER": "1"}
    assert service_manager(environment, pid=7).ping_s == 15.0
    assert environment == {"OTHER": "1"}


@pytest.mark.parametrize(
    ("limit_us", "pid"), [("", ""), ("0", ""), ("soon", ""), ("-5", ""), ("30000000", "8"), ("²", "")]
)
def test_nobody_waits_for_signs_of_life(manager: Manager, limit_us: str, pid: str) -> None:
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": limit_us, "WATCHDOG_PID": pid}
    assert service_manager(environment, pid=7).ping_s is None


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234"])
def test_without_a_service_manager_nothing_is_said(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    told = service_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    told.ready()
    told.stopping()
    assert told.ping_s is None
    assert capfd.readouterr() == ("", "")


def test_a_manager_that_is_gone_is_reported_and_does_no_harm(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ServiceManager(str(tmp_path / "gone")).ready()
    assert "READY=1" in capfd.readouterr().err


def test_a_manager_that_reads_nothing_cannot_hang_the_supervisor(
    manager: Manager, capfd: pytest.CaptureFixture[str]
) -> None:
    told = ServiceManager(manager.address)
    for _ in range(2000):  # far more than net.unix.max_dgram_qlen
        told.alive()
    assert capfd.readouterr().err.count("\n") == 1  # once when it fails, once when it is back
    assert manager.heard() == "WATCHDOG=1"
    told.alive()
    assert "again" in capfd.readouterr().err
