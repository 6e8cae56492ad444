"""What an office puts in front of central and beneath it: nginx with TLS, PostgreSQL's roles, the system service."""

from __future__ import annotations

import configparser
import http.server
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.central.serving import Server, command
from tests.support.postgresql import PostgreSQL, _program

FOLDER = Path(__file__).resolve().parent.parent.parent / "installer" / "central"
PATIENCE_S = 30.0
DESK = "203.0.113.9"  # what a desk that lies says of its address

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only on Linux")


class Echo(http.server.BaseHTTPRequestHandler):
    """Stands where central does, and answers with the headers that it got."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        text = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Front:
    """nginx before one upstream. ``https``, ``http``: its addresses."""

    https: str
    http: str
    client: httpx.Client


def nginx_folder(folder: Path, upstream: str, https: int, plain: int) -> Path:
    """The delivered files with this machine's ports and folders in them; returns the main file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not on this machine")
    subject = ["-subj", "/CN=central.example", "-addext", "subjectAltName=DNS:central.example,IP:127.0.0.1"]
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    out = ["-keyout", str(folder / "central.key"), "-out", str(folder / "central.crt")]
    subprocess.run([program, *new, *out], check=True, capture_output=True)
    text = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    here = {
        "listen [::]:443 ssl http2;": "",
        "listen [::]:80;": "",
        "listen 443 ": f"listen 127.0.0.1:{https} ",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "127.0.0.1:8480": upstream,
        "/etc/nginx/tls/": f"{folder}/",
        "/etc/nginx/kiosk-central-proxy.conf": str(FOLDER / "kiosk-central-proxy.conf"),
        "/var/log/nginx/": f"{folder}/",
    }
    for old, new_text in here.items():
        assert old in text, old
        text = text.replace(old, new_text)
    (folder / "site.conf").write_text(text, encoding="utf-8")
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{one}_temp_path {folder}/{one};\n" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"{user}worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    return main


@pytest.fixture
def nginx() -> str:
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    program = shutil.which("nginx", path=path)
    if program is None:
        pytest.skip("nginx is not on this machine")
    return program


@pytest.fixture
def started(nginx: str, tmp_path: Path) -> Iterator[object]:
    running: list[subprocess.Popen[bytes]] = []
    clients: list[httpx.Client] = []

    def start(upstream: str) -> Front:
        https, plain = free_port(), free_port()
        main = nginx_folder(tmp_path, upstream, https, plain)
        tested = subprocess.run([nginx, "-t", "-c", str(main)], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        assert "warn" not in tested.stderr
        running.append(subprocess.Popen([nginx, "-c", str(main)]))
        until = time.monotonic() + PATIENCE_S
        while not answers(https) and time.monotonic() < until:
            assert running[-1].poll() is None
            time.sleep(0.02)
        client = httpx.Client(verify=ssl.create_default_context(cafile=str(tmp_path / "central.crt")), trust_env=False)
        clients.append(client)
        return Front(f"https://127.0.0.1:{https}", f"http://127.0.0.1:{plain}", client)

    yield start
    for client in clients:
        client.close()
    for process in running:
        process.terminate()
        process.wait(PATIENCE_S)


def test_central_answers_through_tls_with_its_limits(started: object, tmp_path: Path) -> None:
    server = Server(f"sqlite:///{tmp_path / 'central.sqlite3'}", tmp_path / "central.log")
    try:
        front: Front = started(server.url.removeprefix("http://"))  # type: ignore[operator]
        good = front.client.get(f"{front.https}/healthz")
        assert (good.status_code, good.json()) == (200, {"status": "ok"})
        assert "max-age" in good.headers["Strict-Transport-Security"]
        assert not re.search(r"\d", good.headers["Server"])
        moved = front.client.get(f"{front.http}/healthz")
        assert (moved.status_code, moved.headers["Location"]) == (301, "https://127.0.0.1/healthz")
        large = front.client.post(f"{front.https}/v1/report", content=b" " * 2_000_000)
        assert large.status_code == 413
        codes = [front.client.post(f"{front.https}/v1/enrol", json={}).status_code for _ in range(40)]
        assert codes[0] == 400  # central's own answer
        assert codes[-1] == 429
        assert front.client.get(f"{front.https}/healthz").status_code == 200  # whoever tries codes stops nobody else
    finally:
        server.stop()


def test_a_desk_cannot_say_from_where_it_comes(started: object) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as echo:
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        front: Front = started(f"127.0.0.1:{echo.server_address[1]}")  # type: ignore[operator]
        seen = front.client.get(f"{front.https}/", headers={"X-Forwarded-For": DESK}).text
        assert DESK not in seen
        assert "X-Forwarded-For: 127.0.0.1" in seen
        assert "X-Forwarded-Proto: https" in seen
        echo.shutdown()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    try:
        yield server
    finally:
        server.close()


def test_postgresql_is_set_up_so_that_the_server_cannot_change_tables(postgresql: PostgreSQL, tmp_path: Path) -> None:
    port = postgresql.port
    psql = shutil.which("psql") or _program("psql")
    into = [f"--file={FOLDER / 'postgresql.sql'}", "--no-psqlrc", "--quiet"]
    as_admin = [psql, "-h", "127.0.0.1", "-p", str(port), "-U", "kiosk", "-d", "postgres"]
    as_admin += ["--set=owner_password=c'd", "--set=password=a'b"]
    done = subprocess.run([*as_admin, *into], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    users = ("kiosk_central", "kiosk_central_owner")
    serves, owns = (f"postgresql://{user}@127.0.0.1:{port}/kiosk_central" for user in users)
    before = command("desk", "code", "--municipality", "131016", "--office", "a", "--database", serves)
    assert "kiosk-central migrate" in before.stderr
    assert command("migrate", "--database", owns).returncode == 0
    places = tmp_path / "places.csv"
    places.write_text("code,prefecture,municipality\n131016,東京都,千代田区\n", encoding="utf-8")
    took = command("import", "municipalities", str(places), "--database", serves)
    assert took.returncode == 0, took.stderr
    asked = ["--municipality", "131016", "--office", "市民課", "--new-office"]
    made = command("desk", "code", *asked, "--database", serves)
    assert made.returncode == 0, made.stderr
    with psycopg.connect(serves, autocommit=True) as connection:
        for forbidden in ("CREATE TABLE other (a int)", "DROP TABLE desks", "TRUNCATE desks"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_the_service_is_one_that_systemd_takes_and_is_well_shut_in(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not on this machine")
    unit = tmp_path / "kiosk-central.service"
    text = (FOLDER / "kiosk-central.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/kiosk-central/bin/kiosk-central", sys.executable))  # which must be there
    verified = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if "kiosk-central" in line] == []
    rate = [analyze, "security", "--offline=true", "--threshold=20", str(unit)]
    rated = subprocess.run(rate, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout[-600:] + rated.stderr  # 2.0 of 10: “OK”
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(text)
    words = parsed["Service"]["ExecStart"].split()[1:]
    from kiosk_agent.central.cli import main

    main.commands["serve"].make_context("serve", words[1:])  # each option is one that it has
    assert words[0] == "serve"
