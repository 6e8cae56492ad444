"""The real applications, each with data of its own, on a free port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.ends import close_input

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
EXAMPLES = ROOT / "config" / "portals" / "examples"


@dataclass(frozen=True)
class Person:
    user: str
    password: str
    name: str  # as the portal shows it


@dataclass(frozen=True)
class RealPortal:
    """One that runs. ``people``: the two who may sign in."""

    name: str
    url: str
    people: tuple[Person, Person]

    def profile_text(self, *, half: bool = False) -> str:
        """The example profile for this portal; ``half``: without the steps of its logout."""
        text = (EXAMPLES / f"{self.name}.toml").read_text(encoding="utf-8")
        text = text.replace(PLACEHOLDERS[self.name], self.url)
        if half:
            before, rest = text.split("[logout]\n", 1)
            steps, after = rest.split("\n]\n", 1)
            text = f"{before}[logout]\n{steps.split('steps = [')[0]}steps = []\n{after}"
        return text

    def write_profile(self, folder: Path, *, half: bool = False) -> Path:
        """The same as a file."""
        path = folder / f"{self.name}{'-half' if half else ''}.toml"
        path.write_text(self.profile_text(half=half), encoding="utf-8")
        return path


PLACEHOLDERS = {"wagtail": "http://127.0.0.1:8000", "nodered": "http://127.0.0.1:1880"}


class Server:
    """A process that prints its address, and ends when its input does."""

    def __init__(self, command: list[str], data: Path, people: tuple[Person, Person], **environment: str) -> None:
        self._errors = data / "errors.txt"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        told = {"KIOSK_TEST_DATA": str(data), "KIOSK_TEST_PEOPLE": json.dumps([asdict(person) for person in people])}
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=HERE,
                env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **told, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def url(self) -> str:
        """Where it answers; waits until it does."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line.startswith("http://"):
            self.stop()
            raise RuntimeError(
                f"{self._process.args} did not start: {self._errors.read_text(errors='replace')[-3000:]}"
            )
        return line

    def stop(self) -> None:
        close_input(self._process)


def wagtail_server(python: Path, data: Path, people: tuple[Person, Person]) -> Server:
    return Server([str(python), "-m", "wagtail_site"], data, people)


def nodered_server(program: Path, data: Path, people: tuple[Person, Person]) -> Server:
    folder = program.parent.parent.parent
    node = "node.exe" if sys.platform == "win32" else "node"
    return Server([node, str(HERE / "nodered_site" / "serve.js")], data, people, KIOSK_TEST_NODE_RED=str(folder))
