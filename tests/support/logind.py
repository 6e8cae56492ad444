"""A system bus of the test's own with python-dbusmock's logind on it: both can be stopped and started again."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("only on Linux: Windows has no D-Bus", allow_module_level=True)

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

PATIENCE_S = 60.0
SERVICE = "org.freedesktop.login1"
ROOT = "/org/freedesktop/login1"
MOCK = "org.freedesktop.DBus.Mock"
DAEMON = DBusAddress("/org/freedesktop/DBus", bus_name="org.freedesktop.DBus", interface="org.freedesktop.DBus")
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/> <allow eavesdrop="true"/> <allow own="*"/> <allow user="*"/>
  </policy>
</busconfig>
"""
DISTRIBUTIONS_PYTHON = "/usr/bin/python3"  # python-dbusmock is the distribution's: it needs dbus-python and GLib
OURS, OTHER, GREETER = "7", "9", "c1"
OUR_UID, OTHER_UID, GREETER_UID = 1000, 1001, 110


class MockLogind:
    """``address`` is what DBUS_SYSTEM_BUS_ADDRESS should say."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "bus"
        self._config = folder / "bus.conf"
        self._config.write_text(CONFIG.format(socket=self._socket))
        self.address = f"unix:path={self._socket}"
        self._bus: subprocess.Popen[bytes] | None = None
        self._logind: subprocess.Popen[bytes] | None = None

    # the two services

    def start_bus(self) -> None:
        self._socket.unlink(missing_ok=True)
        command = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address"]
        self._bus = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._bus.stdout is not None
        assert self._bus.stdout.readline(), "the bus does not start"

    def stop_bus(self) -> None:
        """logind goes with it, as it does in real life."""
        for process in (self._logind, self._bus):
            if process is not None:
                process.kill()
                process.wait()
        if self._bus is not None and self._bus.stdout is not None:
            self._bus.stdout.close()
        self._bus = self._logind = None

    def start_logind(self) -> None:
        """With one session on its seat: ours."""
        command = [DISTRIBUTIONS_PYTHON, "-m", "dbusmock", "--system", "--template", "logind"]
        env = {"DBUS_SYSTEM_BUS_ADDRESS": self.address, "PATH": "/usr/bin:/bin"}
        self._logind = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while not self._has_owner():
            assert self._logind.poll() is None, "dbusmock does not start"
            assert time.monotonic() < end, "dbusmock does not answer"
            time.sleep(0.02)
        self.add_session(OURS, OUR_UID, "desk")

    def stop_logind(self) -> None:
        assert self._logind is not None
        self._logind.terminate()
        self._logind.wait()
        self._logind = None

    def _has_owner(self) -> bool:
        return bool(self._call(DAEMON, "NameHasOwner", "s", SERVICE)[0])

    # what happens at the PC

    def add_session(self, session: str, uid: int, name: str, kind: str = "user", front: str = OURS) -> None:
        """One more session on our seat; ``front`` has the screen then."""
        self._mock(ROOT, "AddSession", "ssusb", session, "seat0", uid, name, session == front)
        self._update(session_path(session), "Session", {"Class": ("s", kind)})
        self._manager_signal("SessionNew", "so", session, session_path(session))
        self._set(f"{ROOT}/seat/seat0", "Seat", "ActiveSession", ("(so)", (front, session_path(front))))

    def lock(self, session: str = OURS) -> None:
        """As `loginctl lock-session` does: a request to the screen locker."""
        self._session(session, "Lock")

    def unlock(self, session: str = OURS) -> None:
        self._session(session, "Unlock")

    def locker_says(self, is_locked: bool, session: str = OURS) -> None:
        """The screen locker is on, or off."""
        self._session(session, "SetLockedHint", "b", is_locked)

    def put_in_front(self, session: str) -> None:
        """Another session gets the screen."""
        self._set(f"{ROOT}/seat/seat0", "Seat", "ActiveSession", ("(so)", (session, session_path(session))))
        for one in {OURS, session}:
            self._update(session_path(one), "Session", {"Active": ("b", one == session)})

    def sleep(self) -> None:
        self._manager_signal("PrepareForSleep", "b", True)

    def wake(self) -> None:
        self._manager_signal("PrepareForSleep", "b", False)

    def shut_down(self) -> None:
        self._manager_signal("PrepareForShutdown", "b", True)

    def close_session(self, session: str = OURS) -> None:
        self._update(session_path(session), "Session", {"State": ("s", "closing")})

    def remove_session(self, session: str = OURS) -> None:
        self._manager_signal("SessionRemoved", "so", session, session_path(session))

    def signal_elsewhere(self) -> None:
        """The same word from a path that is not logind's."""
        self._mock(ROOT, "EmitSignal", "sssav", "org.example.Other", "Lock", "", [])

    # how it is said

    def _session(self, session: str, method: str, signature: str = "", *body: object) -> None:
        self._call(DBusAddress(session_path(session), SERVICE, f"{SERVICE}.Session"), method, signature, *body)

    def _mock(self, path: str, method: str, signature: str, *body: object) -> None:
        self._call(DBusAddress(path, SERVICE, MOCK), method, signature, *body)

    def _update(self, path: str, interface: str, values: dict[str, tuple[str, Any]]) -> None:
        self._mock(path, "UpdateProperties", "sa{sv}", f"{SERVICE}.{interface}", values)

    def _set(self, path: str, interface: str, name: str, value: tuple[str, Any]) -> None:
        address = DBusAddress(path, SERVICE, "org.freedesktop.DBus.Properties")
        self._call(address, "Set", "ssv", f"{SERVICE}.{interface}", name, value)

    def _manager_signal(self, name: str, signature: str, *values: object) -> None:
        arguments = [(kind, value) for kind, value in zip(signature, values, strict=True)]
        self._mock(ROOT, "EmitSignal", "sssav", f"{SERVICE}.Manager", name, signature, arguments)

    def _call(self, address: DBusAddress, method: str, signature: str = "", *body: object) -> tuple[Any, ...]:
        with open_dbus_connection(bus=self.address) as connection:
            answer = connection.send_and_get_reply(
                new_method_call(address, method, signature or None, body), timeout=PATIENCE_S
            )
        assert answer.header.message_type is MessageType.method_return, answer.body
        values: tuple[Any, ...] = answer.body
        return values


def session_path(session: str) -> str:
    return f"{ROOT}/session/{session}"


@contextlib.contextmanager
def mock_logind(folder: Path) -> Iterator[MockLogind]:
    """Running, with our session on the screen."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not on this machine")
    asked = subprocess.run([DISTRIBUTIONS_PYTHON, "-c", "import dbusmock"], capture_output=True, check=False)
    if asked.returncode != 0:
        pytest.skip("python3-dbusmock is not on this machine")
    mock = MockLogind(folder)
    mock.start_bus()
    try:
        mock.start_logind()
        yield mock
    finally:
        mock.stop_bus()
