"""The sound of the warning: short, quiet, and never a reason to fail."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import struct
import sys
import wave
from pathlib import Path

import pytest

from kiosk_agent.hands import sound
from kiosk_agent.hands.sound import FILE_NAME, PLAYERS, Sound, chime

if sys.platform == "win32":
    pytest.skip("only on Linux: there a program plays it", allow_module_level=True)

LIMIT_S = 30.0


def player(folder: Path, script: str) -> Sound:
    """A desk whose only player is this shell script."""
    program = folder / "aplay"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Sound(folder, {"aplay": str(program)}.get)


async def played(one: Sound) -> None:
    async with asyncio.timeout(LIMIT_S):
        assert one._playing is not None
        await asyncio.shield(one._playing)


def test_it_is_short_quiet_and_begins_and_ends_softly() -> None:
    with wave.open(io.BytesIO(chime())) as file:
        count = file.getnframes()
        samples = struct.unpack(f"<{count}h", file.readframes(count))
        assert 0.2 < count / file.getframerate() < 1.0
    loudest = max(map(abs, samples))
    assert 32767 * 0.1 < loudest < 32767 * 0.25
    assert max(map(abs, samples[:20] + samples[-20:])) < loudest / 10


async def test_it_is_played_by_a_program_and_once_at_a_time(tmp_path: Path) -> None:
    one = player(tmp_path, f'echo "$@" >> {tmp_path}/played; cat {tmp_path}/go > /dev/null')
    os.mkfifo(tmp_path / "go")
    one.play()
    one.play()
    await asyncio.to_thread((tmp_path / "go").write_text, "on")
    await played(one)
    assert (tmp_path / "played").read_text() == f"-q {tmp_path / FILE_NAME}\n"
    assert (tmp_path / FILE_NAME).read_bytes() == chime()


@pytest.mark.parametrize("trouble", ["nothing to play it", "no audio device", "no such program", "no room"])
async def test_where_it_cannot_be_played_the_log_says_so_once_and_nothing_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.INFO)
    one = player(tmp_path, "exit 1")
    if trouble == "nothing to play it":
        one = Sound(tmp_path, lambda _name: None)
    elif trouble == "no such program":
        one = Sound(tmp_path, lambda _name: str(tmp_path / "gone"))
    elif trouble == "no room":
        (tmp_path / FILE_NAME).mkdir()
    for _ in range(2):
        one.play()
        await played(one)
    assert [record.levelname for record in caplog.records if "no sound" in record.message] == ["INFO"]


async def test_a_player_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "PLAY_LIMIT_S", 0.3)
    one = player(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    one.play()
    await played(one)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


async def test_a_desk_that_stops_plays_no_longer(tmp_path: Path) -> None:
    one = player(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    one.play()
    async with asyncio.timeout(LIMIT_S):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            await asyncio.sleep(0.02)
    await one.close()
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_the_players_are_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name, *_ in PLAYERS if f"`{name}`" not in text] == []
