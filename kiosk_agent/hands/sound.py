"""A short, quiet sound when the warning appears: people look at papers, at the support worker, or away.

A desk without loudspeakers, without a program that plays sounds, or with one that hangs, is as good a desk: nothing
waits for the sound, and what goes wrong is written to the log once.
"""

from __future__ import annotations

import asyncio
import io
import logging
import math
import shutil
import struct
import sys
import wave
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

FILE_NAME = "warning.wav"
RATE_HZ = 22_050
NOTES_HZ = (659.3, 880.0)  # e'' and a'': rising, as a question does; ears that have grown old hear both well
NOTE_S = 0.22
FADE_S = 0.03  # without it each note begins and ends with a click
LOUDNESS = 0.2  # of what a loudspeaker can do at the PC's own volume
PLAY_LIMIT_S = 5.0  # a sound server that hangs must not gather players
PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"))  # PipeWire's, PulseAudio's, ALSA's own


def chime() -> bytes:
    """The sound as a WAV file: mono, 16 bit."""
    samples = bytearray()
    for pitch_hz in NOTES_HZ:
        count = round(NOTE_S * RATE_HZ)
        for number in range(count):
            at_s = number / RATE_HZ
            fade = min(1.0, at_s / FADE_S, (NOTE_S - at_s) / FADE_S)
            samples += struct.pack("<h", round(32767 * LOUDNESS * fade * math.sin(2 * math.pi * pitch_hz * at_s)))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(samples))
    return content.getvalue()


class Sound:
    """Plays it. Made in the event loop's thread; ``find`` says where a program is, as :func:`shutil.which` does."""

    def __init__(self, data_dir: Path, find: Callable[[str], str | None] = shutil.which) -> None:
        self._file = data_dir / FILE_NAME
        self._find = find
        self._playing: asyncio.Task[None] | None = None
        self._has_failed = False

    def play(self) -> None:
        """Begin to play it, unless it is being played; returns at once."""
        if self._playing is None or self._playing.done():
            self._playing = asyncio.get_running_loop().create_task(self._play())

    async def close(self) -> None:
        """Stop playing."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self) -> None:
        try:
            if sys.platform == "win32":
                import winsound

                silent = winsound.SND_MEMORY | winsound.SND_NODEFAULT
                await asyncio.to_thread(winsound.PlaySound, chime(), silent)
            else:
                await self._play_with_a_program()
        except (OSError, RuntimeError) as error:
            self._failed(f"{type(error).__name__}: {error}")

    async def _play_with_a_program(self) -> None:
        command = next(([path, *more] for name, *more in PLAYERS if (path := self._find(name))), None)
        if command is None:
            self._failed("none of " + ", ".join(name for name, *_ in PLAYERS) + " is installed")
            return
        await asyncio.to_thread(self._file.write_bytes, chime())
        null = asyncio.subprocess.DEVNULL
        player = await asyncio.create_subprocess_exec(*command, str(self._file), stdin=null, stdout=null, stderr=null)
        try:
            async with asyncio.timeout(PLAY_LIMIT_S):
                status = await player.wait()
        except TimeoutError:
            self._failed(f"{command[0]} did not end within {PLAY_LIMIT_S:g} s")
        else:
            if status:
                self._failed(f"{command[0]} ended with status {status}")
        finally:
            if player.returncode is None:
                player.kill()
                await player.wait()

    def _failed(self, why: str) -> None:
        if not self._has_failed:
            log.info("the warning makes no sound here: %s", why)
        self._has_failed = True
