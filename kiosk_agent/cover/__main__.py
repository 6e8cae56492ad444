"""``python -m kiosk_agent.cover [SCALE]``: a cover for programs that run without a supervisor.

Messages come on standard input, answers go to standard output (:mod:`kiosk_agent.cover.door`). At the end of the
input the screen stays covered for a while: the program that asked for it is dead, and so, soon, is its browser.
"""

from __future__ import annotations

import json
import sys
import threading
import tkinter
from collections.abc import Mapping, Sequence
from typing import Any

from kiosk_agent.cover.door import CoverDoor
from kiosk_agent.cover.loop import TkLoop
from kiosk_agent.cover.panel import Panel
from kiosk_agent.cover.window import CoverWindow

LINGER_S = 5.0  # measured: a browser is gone 0.25 s after its program

BLANK = Panel(kind="shield", title="")


def main(arguments: Sequence[str]) -> int:
    """Serve one program; returns the exit status."""
    try:
        root = tkinter.Tk(className="kiosk-agent")
    except tkinter.TclError as error:
        sys.stderr.write(f"cover: no display to cover: {error}\n")
        return 1
    cover = CoverWindow(root, float(arguments[0]) if arguments else None)
    cover.warm_up(BLANK)
    loop = TkLoop(root)
    door = CoverDoor(cover, _send, BLANK)
    threading.Thread(target=_read, args=(loop, door, cover), name="input", daemon=True).start()
    _send({"hello": {"cover": "native", "covered": False}})
    loop.run()
    return 0


def _send(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")  # ASCII alone: any code page has it
    sys.stdout.flush()


def _read(loop: TkLoop, door: CoverDoor, cover: CoverWindow) -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        loop.post(lambda message=message: door.handle(message))  # type: ignore[misc]  # binds this message
    loop.post(lambda: loop.later(LINGER_S if cover.visible else 0.0, loop.stop))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
