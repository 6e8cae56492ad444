"""CUPS itself: which server it is, what it keeps, what it refuses, and what is done when it hangs."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk_agent.hands.printing import cups, ipp
from kiosk_agent.hands.printing.cups import CupsSpooler, find_server
from kiosk_agent.hands.printing.spooler import PrintJob, SpoolerError, SpoolerMissingError
from tests.printing.conftest import LIMIT_S
from tests.support.print_server import PrintServer


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


# which server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(cups.SERVER_VARIABLE, raising=False)
    monkeypatch.setattr(cups, "SETTINGS", (tmp_path / "own.conf", tmp_path / "all.conf"))
    monkeypatch.setattr(cups, "SOCKETS", (tmp_path / "sock",))
    return tmp_path


@pytest.mark.parametrize(
    ("named", "server"),
    [
        ("/run/print.sock", Path("/run/print.sock")),
        ("print.example", ("print.example", 631)),
        ("print.example:8631", ("print.example", 8631)),
        ("print.example:8631/version=1.1", ("print.example", 8631)),
        ("[::1]:8631", ("::1", 8631)),
        ("::1", ("::1", 631)),
    ],
)
def test_the_server_is_the_one_that_the_browser_would_print_to(
    home: Path, monkeypatch: pytest.MonkeyPatch, named: str, server: object
) -> None:
    (home / "all.conf").write_text("ServerName not-this-one\n")
    monkeypatch.setenv(cups.SERVER_VARIABLE, named)
    assert find_server() == server


def test_without_the_variable_it_is_in_the_users_file_before_everybodys(home: Path) -> None:
    assert find_server() == ("localhost", 631)
    (home / "sock").touch()
    assert find_server() == home / "sock"
    (home / "all.conf").write_text("# a comment\nEncryption Never\nservername all.example\n")
    assert find_server() == ("all.example", 631)
    (home / "own.conf").write_text("ServerName own.example:8631\n")
    assert find_server() == ("own.example", 8631)


# what it keeps


def test_a_job_that_was_printed_is_told_as_over_and_nothing_of_it_is_kept_once_it_is_removed(
    server: PrintServer,
) -> None:
    server.add("quick")
    number = server.submit("quick")
    spooler = CupsSpooler(server.socket, LIMIT_S)
    until(lambda: all(job.is_over for job in spooler.jobs()), "it is printed")
    assert [(job.number, job.is_over) for job in spooler.jobs()] == [(number, True)]
    assert server.kept_documents() != [], "CUPS keeps the pages for a day"
    spooler.remove(spooler.jobs()[0])
    assert spooler.jobs() == []
    assert server.kept_documents() == []
    assert server.numbers() == set()


# what it refuses


@pytest.fixture
def strict_server() -> Iterator[PrintServer]:
    """Where only an administrator may cancel."""
    with tempfile.TemporaryDirectory(prefix="cups-") as folder:
        server = PrintServer(Path(folder), may_cancel="nobody-at-all")
        try:
            server.start()
            server.add("desk", stopped=True)
            yield server
        finally:
            server.stop()


def test_a_server_that_does_not_let_users_cancel_is_an_error(strict_server: PrintServer) -> None:
    strict_server.submit("desk")
    spooler = CupsSpooler(strict_server.socket, LIMIT_S)
    [job] = spooler.jobs()
    with pytest.raises(SpoolerError, match="refuses"):
        spooler.remove(job)
    assert spooler.jobs() == [job]


# what does not answer


def test_nothing_at_that_address_is_a_missing_server(tmp_path: Path) -> None:
    with pytest.raises(SpoolerMissingError):
        CupsSpooler(tmp_path / "no-socket", LIMIT_S).jobs()
    with pytest.raises(SpoolerMissingError):
        CupsSpooler(("127.0.0.1", 1), LIMIT_S).jobs()


def test_a_server_that_hangs_is_an_error_and_not_a_missing_one(server: PrintServer) -> None:
    server.submit("desk")
    server.freeze()
    with pytest.raises(SpoolerError, match="no answer") as failure:
        CupsSpooler(server.socket, 0.2).jobs()
    assert not isinstance(failure.value, SpoolerMissingError)


class Stranger(BaseHTTPRequestHandler):
    """Something else at the printer's port: says ``body``."""

    body = b""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def says(body: bytes) -> Iterator[CupsSpooler]:
    """Something that gives this answer to every request."""
    handler = type("Says", (Stranger,), {"body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield CupsSpooler(("127.0.0.1", web.server_address[1]), LIMIT_S)
        finally:
            web.shutdown()
            thread.join()


ANSWERED = b"\x02\x00\x00\x00\x00\x00\x00\x01"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no answer"),
        (b"<html>hello</html>", "no answer"),
        (ANSWERED, "no answer"),  # without its end
        (ANSWERED + b"\x02\x21\x00\x06job-id\x00\x04\x00\x00", "no answer"),  # cut in a value
        (ANSWERED + b"\x02\x21\x00\x06job-id\x00\x04\x00\x00\x00\x07\x03", "without its number or its state"),
        (b"\x02\x00\x05\x00\x00\x00\x00\x01\x03", "0x0500"),
    ],
)
def test_what_is_no_print_server_is_an_error_and_never_an_empty_queue(body: bytes, why: str) -> None:
    with says(body) as spooler, pytest.raises(SpoolerError, match=why) as failure:
        spooler.jobs()
    assert not isinstance(failure.value, SpoolerMissingError)


@pytest.mark.parametrize("status", [0x0403, 0x0500])
def test_a_cancel_that_is_answered_with_an_error_is_one(status: int) -> None:
    with says(_answer(status)) as spooler, pytest.raises(SpoolerError, match=f"0x{status:04x}"):
        spooler.remove(PrintJob("", 1, 0.0))


@pytest.mark.parametrize("status", [0x0000, 0x0404, 0x0406, 0x0407])
def test_a_job_that_has_ended_meanwhile_needs_no_cancel(status: int) -> None:
    with says(_answer(status)) as spooler:
        spooler.remove(PrintJob("", 1, 0.0))


def _answer(status: int) -> bytes:
    return b"\x02\x00" + status.to_bytes(2, "big") + b"\x00\x00\x00\x01\x03"


def test_a_request_asks_for_numbers_alone() -> None:
    wanted = (ipp.Tag.KEYWORD, "requested-attributes", cups.WANTED)
    message = ipp.request(ipp.Operation.GET_JOBS, [wanted])
    assert b"job-name" not in message
    assert message.startswith(b"\x02\x00\x00\x0a\x00\x00\x00\x01\x01\x47\x00\x12attributes-charset\x00\x05utf-8")
    assert message.endswith(b"\x44\x00\x00\x00\x10time-at-creation\x03")


def test_a_job_of_another_number_is_not_meant(server: PrintServer) -> None:
    number = server.submit("desk")
    CupsSpooler(server.socket, LIMIT_S).remove(PrintJob("", number + 1, 0.0))
    assert server.numbers() == {number}


@pytest.mark.skipif(os.environ.get("CUPS_USER") is not None, reason="this user prints under another name")
def test_this_users_jobs_are_told_under_the_name_that_programs_print_with(server: PrintServer) -> None:
    number = server.submit("desk")
    assert [job.number for job in CupsSpooler(server.socket, LIMIT_S).jobs()] == [number]
    assert CupsSpooler(server.socket, LIMIT_S, "somebody").jobs() == []
