"""A mail server and a webhook that alerts are really sent to, and findings for them."""

from __future__ import annotations

import contextlib
import email
import email.policy
import queue
import socket
import ssl
import subprocess
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from kiosk_agent.central.alarms.repository import raise_alarms
from kiosk_agent.central.alarms.schemas import Alarm, AlarmKind
from kiosk_agent.central.alerts.channels import Mailing, Security
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.times import to_ms
from tests.central.nation import NOW, DeskOfTests

USER, PASSWORD = "alerts", "correct horse battery"
SECRET = "s" * 32


def make_certificate(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1 in one file."""
    path = folder / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


class _AnyPort(Controller):
    """Looks for itself at the port that it was given, and not at the one that was asked for."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailServer:
    """aiosmtpd on loopback. ``refuse``: what it says to every recipient instead of taking the mail.

    ``goodbye``: what it says at the end.
    """

    def __init__(self, certificate: Path, security: Security, *, login: bool = True) -> None:
        self.mails: queue.Queue[tuple[list[str], EmailMessage]] = queue.Queue()
        self.refuse, self.goodbye = "", "221 Bye"
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        more: dict[str, Any] = {}
        if security is Security.STARTTLS:
            more = {"tls_context": tls, "require_starttls": True}
        elif security is Security.TLS:
            more = {"ssl_context": tls, "auth_require_tls": False}  # it does not see that all of it is TLS
        if login:
            more |= {"authenticator": self._authenticate, "auth_required": True}
        self._security, self._login = security, login
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=0, **more)

    def __enter__(self) -> MailServer:
        self._controller.start()
        self.port: int = self._controller.port
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def mailing(self, **changes: Any) -> Mailing:
        user, password = (USER, PASSWORD) if self._login else ("", "")
        values = {"security": self._security, "sender": "central@example.test", "user": user, "password": password}
        return Mailing("127.0.0.1", self.port, **{**values, **changes})

    def _authenticate(self, _server: object, _session: object, _envelope: object, _kind: str, told: Any) -> AuthResult:
        right = isinstance(told, LoginPassword) and told == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.put((envelope.rcpt_tos, mail))
        return "250 OK"

    async def handle_QUIT(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        return self.goodbye


class Webhook:
    """An HTTP server that keeps what was posted. ``status``: what it answers.

    ``over``: where there is one, the answer has no end before it is set.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.posts: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.status, self.location = 204, ""
        self.over: threading.Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.put((dict(self.headers), body))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0" if outer.over is None else "1")
                self.end_headers()
                if outer.over is not None:
                    outer.over.wait()
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/hook?token=planted"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Dripping:
    """A server that says the first of ``said`` to whoever connects, the next ones in answer, and after the last of them
    one byte now and then, and never an end. After ``most`` bytes it hangs up: who waits for ever is found out.
    """

    def __init__(self, *said: bytes, most: int = 200) -> None:
        self._said, self._most = said, most
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                for number, one in enumerate(self._said):
                    if number and not connection.recv(1000):
                        break
                    connection.sendall(one)
                for _ in range(self._most):
                    if self._over.wait(0.02):
                        break
                    connection.sendall(b"x")

    def __enter__(self) -> Dripping:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):  # wakes up whoever waits in accept
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listening.close()


def raise_clone(database: Database, desk: DeskOfTests, at: Any = NOW, kind: AlarmKind = AlarmKind.CLONE) -> None:
    """As if a report had shown it."""
    with database.writing() as connection:
        raise_alarms(connection, [Alarm(kind, desk.municipality_code, desk.id, desk.epoch, "desk", "x")], to_ms(at))
