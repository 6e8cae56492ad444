"""CUPS, asked directly over IPP: no title and no document comes into this process, and a server that hangs is left.

Which server it is, is found as CUPS's own library finds it for the browser (cups/usersys.c), so that both mean the
same one.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from kiosk_agent.hands.printing.ipp import Answer, MessageError, Operation, Tag, Value, answer, request
from kiosk_agent.hands.printing.spooler import PrintJob, SpoolerError, SpoolerMissingError

if sys.platform == "win32":
    raise ImportError("CUPS is asked over a Unix socket, and Windows has a spooler of its own.")

import pwd
import socket

SERVER_VARIABLE, USER_VARIABLE = "CUPS_SERVER", "CUPS_USER"
SETTINGS = (Path("~/.cups/client.conf"), Path("/etc/cups/client.conf"))
SOCKETS = (Path("/run/cups/cups.sock"), Path("/var/run/cups/cups.sock"))
PORT = 631
MOST_BYTES = 16 * 1024 * 1024  # a job takes about 100 bytes: more is no answer
WANTED = ("job-id", "job-state", "time-at-creation")
FIRST_OVER = 7  # canceled, aborted, completed (RFC 8011, 5.3.7)
NOT_POSSIBLE, NOT_FOUND, GONE = 0x0404, 0x0406, 0x0407  # the job has ended meanwhile

Server: TypeAlias = Path | tuple[str, int]


def find_server() -> Server:
    """The socket, or the host and port, of the print server that programs of this user print to."""
    named = os.environ.get(SERVER_VARIABLE) or next(_named_in_settings(), "")
    if named:
        return _server(named)
    return next((path for path in SOCKETS if path.exists()), ("localhost", PORT))


def _named_in_settings() -> Iterator[str]:
    for path in SETTINGS:
        with contextlib.suppress(OSError, UnicodeDecodeError, RuntimeError):  # none there, or no home
            for line in path.expanduser().read_text(encoding="utf-8").splitlines():
                key, _, value = line.strip().partition(" ")
                if key.lower() == "servername" and value.strip():
                    yield value.strip()


def _server(named: str) -> Server:
    if named.startswith("/"):
        return Path(named)
    host = named.partition("/")[0]  # what follows is how to encrypt, or which version to speak
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and not name.endswith(":"):
        return name.strip("[]"), int(port)
    return host.strip("[]"), PORT


def user_name() -> str:
    """Under which name this user's programs print."""
    return os.environ.get(USER_VARIABLE) or pwd.getpwuid(os.geteuid()).pw_name


class _OverSocket(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path, limit_s: float) -> None:
        super().__init__("localhost", timeout=limit_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class CupsSpooler:
    """Implements :class:`kiosk_agent.hands.printing.spooler.Spooler`."""

    def __init__(self, server: Server, limit_s: float, user: str | None = None) -> None:
        self._server = server
        self._limit_s = limit_s
        self._user = user or user_name()

    def jobs(self) -> list[PrintJob]:
        given = self._ask(
            "/",
            Operation.GET_JOBS,
            [
                (Tag.URI, "printer-uri", "ipp://localhost/"),
                (Tag.NAME, "requesting-user-name", self._user),
                (Tag.KEYWORD, "which-jobs", "all"),
                (Tag.BOOLEAN, "my-jobs", True),
                (Tag.KEYWORD, "requested-attributes", WANTED),
            ],
        )
        if given.status == NOT_FOUND:  # a server without a single queue
            return []
        if not given.is_ok:
            raise SpoolerError(f"CUPS does not tell which jobs there are: status 0x{given.status:04x}.")
        return [_job(told) for told in given.jobs]

    def remove(self, job: PrintJob) -> None:
        given = self._ask(
            "/jobs/",
            Operation.CANCEL_JOB,
            [
                (Tag.URI, "job-uri", f"ipp://localhost/jobs/{job.number}"),
                (Tag.NAME, "requesting-user-name", self._user),
                (Tag.BOOLEAN, "purge-job", True),  # CUPS's own: otherwise it keeps title and document for a day
            ],
        )
        if not given.is_ok and given.status not in (NOT_POSSIBLE, NOT_FOUND, GONE):
            raise SpoolerError(f"CUPS does not cancel a job: status 0x{given.status:04x}.")

    def _ask(
        self, path: str, operation: Operation, attributes: Sequence[tuple[Tag, str, Value | Sequence[str]]]
    ) -> Answer:
        try:
            return self._post(path, request(operation, attributes))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise SpoolerMissingError("No print server answers on this PC.") from error
        except (OSError, http.client.HTTPException, MessageError) as error:
            raise SpoolerError(f"The print server gives no answer: {type(error).__name__}.") from error

    def _post(self, path: str, body: bytes) -> Answer:
        headers = {"Content-Type": "application/ipp"}
        status, content = self._send(path, body, headers)
        if status == http.HTTPStatus.UNAUTHORIZED and isinstance(self._server, Path):
            # over a socket of this PC the server sees for itself whose process this is
            status, content = self._send(path, body, {**headers, "Authorization": f"PeerCred {self._user}"})
        if status != http.HTTPStatus.OK:
            raise SpoolerError(f"The print server refuses: HTTP status {status}.")
        return answer(content)

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        with contextlib.closing(self._connection()) as connection:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read(MOST_BYTES)

    def _connection(self) -> http.client.HTTPConnection:
        if isinstance(self._server, Path):
            return _OverSocket(self._server, self._limit_s)
        host, port = self._server
        return http.client.HTTPConnection(host, port, timeout=self._limit_s)


def _job(told: Mapping[str, int]) -> PrintJob:
    """A job as it was told. Raises SpoolerError where its number or state is missing."""
    if "job-id" not in told or "job-state" not in told:
        raise SpoolerError("CUPS tells of a job without its number or its state.")
    since = float(told.get("time-at-creation", 0))
    return PrintJob("", told["job-id"], since, is_over=told["job-state"] >= FIRST_OVER)
