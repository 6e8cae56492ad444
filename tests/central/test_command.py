"""``kiosk-central`` as a person types it."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from kiosk_agent.wire import v1
from tests.central.serving import JSON, Server, command


def test_from_nothing_to_an_enrolled_desk(url: str, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("code,prefecture,municipality\n131016,東京都,千代田区\n", encoding="utf-8")
    assert command("migrate", "--database", url).returncode == 0
    assert command("import", "municipalities", str(listed), "--database", url).stdout == "1 municipalities.\n"
    made = command(
        *("desk", "code", "--municipality", "131016", "--office", "市民課", "--new-office", "--count", "2"),
        KIOSK_CENTRAL_DATABASE=url,
    )
    codes = made.stdout.split()
    assert len(set(codes)) == 2
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code) for code in codes), made.stderr
    server = Server(url, tmp_path / "log")
    try:
        wanted = v1.EnrolRequest(codes[0], "x" * 43, "0.1.0", "3番")
        got = httpx.post(f"{server.url}/v1/enrol", content=msgspec.json.encode(wanted), headers=JSON)
        assert got.json()["office"] == "市民課"
        assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    finally:
        status = server.stop()
    assert status in (0, -15)
    assert (tmp_path / "log").read_text() == ""


def test_postgresql_is_not_migrated_behind_its_owners_back(url: str, tmp_path: Path) -> None:
    done = command("desk", "code", "--municipality", "131016", "--office", "x", "--database", url)
    assert done.returncode == 1
    assert ("kiosk-central migrate" if url.startswith("postgresql") else "import municipalities") in done.stderr


def test_a_database_that_is_not_there_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    done = command("migrate", "--database", f"postgresql://me:hunter22@127.0.0.1:{port}/x")
    assert (done.returncode, "Traceback" in done.stderr, "hunter22" in done.stderr) == (1, False, False)
    assert "Check --database" in done.stderr


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        done = command("serve", "--port", str(busy.getsockname()[1]), "--data", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "--port" in done.stderr


def test_without_its_packages_it_says_what_to_install() -> None:
    hidden = "import sys; sys.modules['sqlalchemy'] = None; from kiosk_agent.central.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "kiosk-agent[central]" in done.stderr) == (69, False, True)


@pytest.mark.parametrize(
    "asked",
    [
        "staff list",
        "staff audit --verify",
        "alert list",
        "alert recipients list",
        "notice list",
        "command list 1",
        "policy show nation",
        "export {}/x.csv --from 2026-04-01 --to 2026-04-02",
    ],
)
def test_what_is_in_another_folder_is_not_taken_for_nothing(tmp_path: Path, asked: str) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    done = command(*asked.format(tmp_path).split(), "--data", str(folder))
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no database" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "asked",
    [
        f"command desk {10**20} diagnostics --reason x",
        f"command list {10**20}",
        f"notice withdraw {10**20}",
        f"alert acknowledge {10**20}",
        f"alert recipients remove {10**20}",
        "notice add nation --title x --until 0001-01-01",
    ],
)
def test_what_is_far_out_of_range_is_one_line(url: str, asked: str) -> None:
    assert command("migrate", "--database", url).returncode == 0
    done = command(*asked.split(), "--database", url)
    assert (done.returncode in (1, 2), "Traceback" in done.stderr, "--database" in done.stderr) == (True, False, False)
