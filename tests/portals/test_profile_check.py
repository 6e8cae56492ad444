"""``kiosk-agent profile check --live --json`` at two real applications, as an administrator runs it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.portals.servers import ROOT, RealPortal

LIMIT_S = 120.0  # far more than it takes
KEYS = {"valid", "signed_in", "account_seen", "logout_steps_ok", "signed_out_seen", "proof", "steps"}
STEP_KEYS = {"step", "ok", "ms", "detail"}


async def check(profile: Path, portal: RealPortal, *, password: str | None = None) -> tuple[int, dict[str, Any]]:
    """The exit status, and what was printed: one JSON object and nothing else."""
    person = portal.people[0]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KIOSK_TEST_USER": person.user,
        "KIOSK_TEST_PASSWORD": person.password if password is None else password,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kiosk_agent", "profile", "check", str(profile), "--live", "--json",
        cwd=profile.parent, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            said, complaints = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode is not None
    try:
        answer: dict[str, Any] = json.loads(said)
    except json.JSONDecodeError:
        pytest.fail(f"{said!r} {complaints.decode(errors='replace')[-2000:]}")
    assert person.password not in said.decode()
    return child.returncode, answer


async def test_a_full_logout_is_proved(portal: RealPortal, tmp_path: Path) -> None:
    status, answer = await check(portal.write_profile(tmp_path), portal)
    assert set(answer) == KEYS
    steps = answer.pop("steps")
    assert answer == {
        "valid": True,
        "signed_in": True,
        "account_seen": True,
        "logout_steps_ok": True,
        "signed_out_seen": True,
        "proof": "revoked",
    }
    assert status == 0
    assert all(set(step) == STEP_KEYS for step in steps)
    assert [step for step in steps if not step["ok"]] == []
    types = {(type(step["step"]), type(step["ok"]), type(step["detail"])) for step in steps}
    assert types == {(str, bool, str)}
    assert all(step["ms"] >= 0 for step in steps)


async def test_a_logout_without_its_steps_is_half(portal: RealPortal, tmp_path: Path) -> None:
    status, answer = await check(portal.write_profile(tmp_path, half=True), portal)
    assert set(answer) == KEYS
    assert (answer["valid"], answer["signed_in"], answer["account_seen"]) == (True, True, True)
    assert (answer["signed_out_seen"], answer["proof"]) == (False, "half")
    assert status == 1
    failed = [step["step"] for step in answer["steps"] if not step["ok"]]
    assert failed == ["signed-out page", "logged out in the same browser", "proof"]


async def test_a_wrong_password_proves_nothing(wagtail: RealPortal, tmp_path: Path) -> None:
    path = tmp_path / "portal.toml"
    without_wait = wagtail.profile_text().replace('    { wait = ".sidebar-footer__account-label" },\n', "")
    path.write_text(without_wait, encoding="utf-8")
    status, answer = await check(path, wagtail, password="of somebody else")
    assert (status, answer["signed_in"], answer["account_seen"], answer["proof"]) == (1, False, False, "unproven")


@pytest.mark.parametrize("port", [None, 9], ids=["refused", "never_asked"])  # browsers never ask port 9
async def test_a_portal_that_is_down_proves_nothing(wagtail: RealPortal, tmp_path: Path, port: int | None) -> None:
    path = tmp_path / "portal.toml"
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{port or nobody_listens.getsockname()[1]}"
        path.write_text(wagtail.profile_text().replace(wagtail.url, address), encoding="utf-8")
        status, answer = await check(path, wagtail)
    assert (status, answer["valid"], answer["signed_in"], answer["proof"]) == (1, True, False, "unproven")
    assert [step["detail"] for step in answer["steps"]] == ["the portal does not answer"]


async def test_a_profile_with_a_mistake_has_the_same_keys(wagtail: RealPortal, tmp_path: Path) -> None:
    path = tmp_path / "portal.toml"
    path.write_text(wagtail.profile_text().replace("[logout]", "[log_out]"), encoding="utf-8")
    status, answer = await check(path, wagtail)
    assert status == 1
    assert set(answer) == KEYS | {"problems"}
    assert (answer["valid"], answer["proof"], answer["steps"]) == (False, "unproven", [])
