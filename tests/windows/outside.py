"""Runs the tests of this folder with a Windows Python under Wine, and does for them what only Linux can do.

    python3 installer/bootstrap.py test --windows [what follows goes to pytest]

Started with the Linux Python of the tests: a virtual screen, a fresh Wine, a real central on loopback, and a door on
loopback through which the tests ask for a hand at the mouse, a picture of the screen, or what central has.

Where a machine is said to have everything (KIOSK_AGENT_TESTS_COMPLETE), the agent is frozen as well, as the build
command does it, and what comes out is tested.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import http.server
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from installer.artefacts.msi import PROGRAMS, build, freeze, sign, verify
from installer.processes import interruptible
from installer.windows.compiler import COMPILER
from installer.windows.python import PLACE
from installer.windows.wine import SIZE, running, wine
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.desks.service import make_code
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.clock import SystemClock
from tests.central.nation import PLACES
from tests.central.serving import Server

ROOT = Path(__file__).parents[2]
DOOR, KEY = "KIOSK_AGENT_TESTS_DOOR", "KIOSK_AGENT_TESTS_DOOR_KEY"
FROZEN = "KIOSK_AGENT_TESTS_FROZEN"
PICTURES = ROOT / "tests" / "output" / "windows"
HOUR = datetime.timedelta(hours=1)


def to_windows(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def from_windows(path: str) -> Path:
    return Path(path.removeprefix("Z:").replace("\\", "/"))


class Outside:
    """What a test may ask for, by name; each answer is JSON."""

    def __init__(self, display: str, folder: Path) -> None:
        self._folder = folder
        self._environment = {**os.environ, "DISPLAY": display}
        self._database = Database(read_url(f"sqlite:///{folder / 'central.sqlite3'}"))
        migrate(self._database)
        with self._database.writing() as connection:
            store_municipalities(connection, PLACES)
        self._server = Server(f"sqlite:///{folder / 'central.sqlite3'}", folder / "central.log")

    def close(self) -> None:
        self._server.stop()
        self._database.close()

    def xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._environment, check=True, timeout=30)

    def picture(self, name: str) -> str:
        """Of the whole screen; returns where it is, as Windows names it."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        command = ["import", "-silent", "-window", "root", str(path)]
        subprocess.run(command, env=self._environment, check=True, timeout=60)
        return to_windows(path)

    def msi(self, version: str, frozen: str = "") -> str:
        """An installer of ``version``; returns where it is, as Windows names it.

        ``frozen``: PyInstaller's folder; without it Python's launcher stands for the programs.
        """
        made = self._folder / f"kiosk-agent-{version}-x64.msi"
        if not made.exists():
            payload = from_windows(frozen) if frozen else self._folder / f"payload-{version}"
            if not frozen:
                self._stand_ins(payload, version)
            profiles = [ROOT / "config/portals/practice.toml", ROOT / "config/portals/examples/nodered.toml"]
            words = [word for file in profiles for word in ("--profile", str(file))]
            build(["--payload", str(payload), *words, "--version", version, "--out", str(self._folder)])
        return to_windows(made)

    @staticmethod
    def _stand_ins(payload: Path, version: str) -> None:
        (payload / "inner").mkdir(parents=True)
        for name in PROGRAMS:
            shutil.copyfile(ROOT / PLACE / "python" / "python.exe", payload / name)
        (payload / "stand_in-1.dist-info").mkdir()
        (payload / "stand_in-1.dist-info" / "METADATA").write_text("Name: stand-in\nVersion: 1\n")
        (payload / "inner" / "data.txt").write_text(version)
        (payload / "inner" / f"only-in-{version}.txt").write_text("")

    def schtasks(self) -> str:
        """A program that stands for Windows' own (schtasks.c); returns where it is, as Windows names it."""
        made = self._folder / "schtasks.exe"
        if not made.exists():
            source = Path(__file__).with_name("schtasks.c")
            subprocess.run([COMPILER, "-O2", "-municode", "-o", str(made), str(source)], check=True)
        return to_windows(made)

    def table(self, msi: str, name: str) -> list[list[str]]:
        """The rows of one of its tables; three lines of head are left out."""
        command = ["msiinfo", "export", str(from_windows(msi)), name]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        return [line.split("\t") for line in lines[3:]]

    def signed(self, msi: str) -> str:
        """A signed copy, with a certificate of this run's own."""
        key, certificate, both = (self._folder / name for name in ("key.pem", "certificate.pem", "both.p12"))
        if not both.exists():
            subject = ["-subj", "/CN=Tests of kiosk-agent", "-addext", "extendedKeyUsage=codeSigning"]
            asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
            subprocess.run([*asked, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
            export = [
                "openssl",
                "pkcs12",
                "-export",
                "-inkey",
                str(key),
                "-in",
                str(certificate),
                "-passout",
                "pass:test",
            ]
            subprocess.run([*export, "-out", str(both)], check=True)
            (self._folder / "password").write_text("test")
        made = self._folder / "signed.msi"
        made.unlink(missing_ok=True)
        sign(
            from_windows(msi), made, ["-pkcs12", str(both), "-readpass", str(self._folder / "password"), "-h", "sha256"]
        )
        return to_windows(made)

    def verify(self, msi: str) -> None:
        verify(from_windows(msi), self._folder / "certificate.pem")

    def code(self) -> dict[str, str]:
        """A one-time code of central, and where central is."""
        made = make_code(self._database, "131016", "市民課", SystemClock().wall(), HOUR, new_office=True)
        return {"url": self._server.url, "code": made}

    def at_central(self) -> list[dict[str, Any]]:
        with self._database.reading() as connection:
            rows = connection.execute(sa.text("SELECT * FROM desk_days")).mappings().all()
            return [dict(row) for row in rows]


def door_of(outside: Outside, key: str) -> http.server.ThreadingHTTPServer:
    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.headers.get("Authorization") != key:
                self.send_error(403)
                return
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                answer: Any = {"answer": getattr(outside, asked["what"])(*asked["with"])}
            except Exception as error:  # noqa: BLE001  # the test is told, and fails there
                answer = {"error": repr(error)}
            body = json.dumps(answer, default=str).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """What is asked for shows in the tests."""

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)


@contextlib.contextmanager
def screen() -> Iterator[str]:
    read_fd, write_fd = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write_fd], stderr=subprocess.DEVNULL)
    os.close(write_fd)
    try:
        with os.fdopen(read_fd) as answers:
            yield f":{answers.readline().strip()}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextlib.contextmanager
def door(display: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yields the variables by which the tests find it."""
    key = secrets.token_urlsafe(16)
    outside = Outside(display, folder)
    try:
        server = door_of(outside, key)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield {DOOR: str(server.server_address[1]), KEY: key}
        finally:
            server.shutdown()
            server.server_close()
    finally:
        outside.close()


def frozen(folder: Path) -> Path:
    """The agent, frozen by the Windows Python of the tests."""
    python = ROOT / PLACE / "python" / "python.exe"
    return freeze(python, hashlib.sha256(python.read_bytes()).hexdigest(), folder)


def run_in_wine(variables: dict[str, str], arguments: list[str], echo: Callable[[bytes], object]) -> int:
    """Run ``python.exe`` to its end. Its output must be a pipe: Wine's Python cannot write to a file of Linux'."""
    python = ROOT / PLACE / "python" / "python.exe"
    process = subprocess.Popen(
        [wine(), str(python), "-u", *arguments],
        env=variables,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    for line in process.stdout:
        echo(line)
    return process.wait()


def main(rest: list[str]) -> int:
    def echo(line: bytes) -> None:
        sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
        sys.stdout.buffer.flush()

    chosen = any(not word.startswith("-") and (ROOT / word.partition("::")[0]).exists() for word in rest)
    freezes = not chosen and "KIOSK_AGENT_TESTS_COMPLETE" in os.environ and FROZEN not in os.environ
    with interruptible(), contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        display = stack.enter_context(screen())
        variables = stack.enter_context(running(ROOT / PLACE / "prefix", display))
        asked = stack.enter_context(door(display, folder))
        pytest = ["-m", "pytest", "--confcutdir=tests/windows", "-p", "no:cacheprovider", *rest]
        failed = run_in_wine({**variables, **asked}, [*pytest, *([] if chosen else ["tests/windows"])], echo)
        if freezes:
            made = {FROZEN: to_windows(frozen(folder))}
            failed |= run_in_wine({**variables, **asked, **made}, [*pytest, "tests/windows/test_frozen.py"], echo)
        return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
