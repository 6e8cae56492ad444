"""A supervisor whose cover tells, each time it is shown, which of agent and browser were still alive.

``python -m tests.supervisor.witness SETTINGS``: as ``kiosk_agent.supervisor``, with nothing on screen. What the agent
says goes to standard output, and ``{"covered": TITLE, "alive": ["up", "program"]}`` besides.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from kiosk_agent.cover.loop import PlainLoop
from kiosk_agent.cover.panel import Panel
from kiosk_agent.cover.window import Covered, NullCover, Shown
from kiosk_agent.process_tree import ProcessMark, mark_of
from kiosk_agent.supervised import Settings
from kiosk_agent.supervisor import Supervisor


class Witness(NullCover):
    """Covers nothing, and says what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: dict[str, ProcessMark] = {}

    def show(self, panel: Panel, covered: Covered = lambda _ms: None) -> Shown:
        tell({"covered": panel.title, "alive": [name for name, mark in self._marks.items() if mark.find() is not None]})
        return super().show(panel, covered)

    def heard(self, message: Mapping[str, Any]) -> None:
        """What the agent says; it names itself and its browser by their numbers."""
        for name in ("up", "program"):
            if name in message and (mark := mark_of(message[name])) is not None:
                self._marks[name] = mark
        tell(message)


def tell(message: Mapping[str, Any]) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main() -> int:
    """As the supervisor's own."""
    told = json.loads(sys.argv[1])
    settings = Settings(**{**told, "child": tuple(told["child"])})
    witness = Witness()
    return Supervisor(settings, PlainLoop(), witness, witness.heard, whole_process=True).run()


if __name__ == "__main__":
    sys.exit(main())
