"""What central asks of portals it keeps to itself: the agent's own proof, pointed at the staff pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from tests.central.people import PASSWORD, add_person
from tests.central.serving import Server

ROOT = Path(__file__).resolve().parent.parent.parent
PROFILE = ROOT / "config" / "portals" / "examples" / "central.toml"
LIMIT_S = 150  # far more than it takes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("central")
    url = sqlite_url(folder)
    database = Database(url)
    migrate(database)
    add_person(database, "hanako")
    database.close()
    running = Server(url.render_as_string(), folder / "log")
    yield running
    running.stop()


def check(server: Server, folder: Path, text: str, password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
    path = folder / "central.toml"
    path.write_text(text.replace("http://127.0.0.1:8480", server.url), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kiosk_agent", "profile", "check", str(path), "--live", "--json"],
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT_S,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KIOSK_TEST_USER": "hanako", "KIOSK_TEST_PASSWORD": password},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, answer


def test_a_staff_session_that_was_logged_out_is_revoked(server: Server, tmp_path: Path) -> None:
    status, answer = check(server, tmp_path, PROFILE.read_text(encoding="utf-8"))
    failed = [step for step in answer.pop("steps") if not step["ok"]]
    assert failed == []
    assert answer == {
        "valid": True,
        "signed_in": True,
        "account_seen": True,
        "logout_steps_ok": True,
        "signed_out_seen": True,
        "proof": "revoked",
    }
    assert status == 0


def test_without_the_logout_the_proof_says_that_the_session_goes_on(server: Server, tmp_path: Path) -> None:
    text = PROFILE.read_text(encoding="utf-8")
    begin, end = text.index("    { click = \"form[action='/logout'] button\" }"), text.index("]\n\n[signed_out]")
    status, answer = check(server, tmp_path, text[:begin] + text[end:])
    assert (status, answer["signed_in"], answer["proof"]) == (1, True, "half")
