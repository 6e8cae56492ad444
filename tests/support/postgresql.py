"""A PostgreSQL of the tests' own: in a temporary folder, on a port that was free, never as root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

START_LIMIT_S = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "fsync": "off",  # the tests kill processes, not the machine
}


def _program(name: str) -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name))
    found = shutil.which(name) or next((str(one / name) for one in reversed(folders) if (one / name).exists()), None)
    if found is None:
        pytest.skip("PostgreSQL's server is not on this machine")
    return found


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    names = {one.pw_name for one in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class PostgreSQL:
    """One server. Each test gets a database of its own from :meth:`new_database`."""

    def __init__(self, **settings: str) -> None:
        """``settings``: of postgresql.conf, instead of those of the tests."""
        self._folder = Path(tempfile.mkdtemp(prefix="kiosk-postgresql-"))
        self._data = self._folder / "data"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._as = _as_user()
        if self._as:
            user = "postgres" if "postgres" in {one.pw_name for one in pwd.getpwall()} else "nobody"
            shutil.chown(self._folder, user)
        self._run("initdb", "--auth=trust", "--username=kiosk", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = "\n".join(f"{name} = '{value}'" for name, value in {**SETTINGS, **settings}.items())
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"\n{settings}\nport = {self.port}\n")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, _program(program), f"--pgdata={self._data}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # its output to a file: it would hold a pipe open for as long as it runs
        log = self._folder / "log"
        self._run("pg_ctl", "start", "--wait", f"--timeout={START_LIMIT_S}", f"--log={log}", "--silent")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; ``immediate`` is as a crash: it recovers from its journal at the next start."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}", "--silent")

    @property
    def pid(self) -> int:
        """Of the process that all others of this server are children of."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://kiosk@127.0.0.1:{self.port}/{name}"

    def close(self) -> None:
        """Stop it and remove its folder."""
        pid_file = self._data / "postmaster.pid"
        if pid_file.exists():
            pid = self.pid
            try:
                self.stop()
            except AssertionError:
                os.kill(pid, signal.SIGKILL)
                raise
        shutil.rmtree(self._folder)
