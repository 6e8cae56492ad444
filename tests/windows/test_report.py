"""A Windows desk enrols at a real central on loopback and reports; what central has is what the ledger counts."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from kiosk_agent.clock import SystemClock
from kiosk_agent.report import enrolment
from kiosk_agent.session import entries as en
from tests.report.desks import reporting_desk
from tests.windows.conftest import Outside


def agent(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "kiosk_agent", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


async def test_enrolled_reported_and_counted_at_central(outside: Outside, tmp_path: Path) -> None:
    central = outside.ask("code")
    folder = tmp_path / "desk"
    answer = agent(
        "enroll", "--central", central["url"], "--code", central["code"], "--data-dir", str(folder), "--json"
    )
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["office"], told["municipality_code"], told["kept_in"]) == ("市民課", "131016", "dpapi")
    read = enrolment.read_enrolment(folder)
    assert read is not None
    token = enrolment.read_token(folder, read)
    assert len(token) == 43
    for file in folder.iterdir():
        assert token.encode() not in file.read_bytes(), file
    async with AsyncExitStack() as stack:
        desk = await reporting_desk(stack, central["url"], folder, SystemClock(), enrolled=False)  # type: ignore[arg-type]
        for _ in range(3):
            await desk.writer.append(en.AgentRan(True, "0.1.0"))
        await desk.uploader.round()
        assert await desk.waiting() == 0
        assert desk.health.warnings == []
    days = [day for day in outside.ask("at_central") if day["desk_id"] == told["desk_id"]]
    assert [json.loads(day["more"])["agent_starts"] for day in days] == [3]


def test_a_code_that_central_does_not_know_is_a_clear_error(outside: Outside, tmp_path: Path) -> None:
    url = outside.ask("code")["url"]
    answer = agent("enroll", "--central", url, "--code", "ABCD-EFGH-JKMN", "--data-dir", str(tmp_path / "desk"))
    assert answer.returncode == 1
    assert "code_unknown" in answer.stderr
    assert not (tmp_path / "desk" / enrolment.FILE_NAME).exists()
