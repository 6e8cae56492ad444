"""The messages that show, change and hide the cover, and the answers to them.

To the cover                                        From the cover
``{"cover": "show", "id": 1, "panel": {…}}``        ``{"covered": 1, "at": 81.1}``: nothing else is seen any more
..                                                  ``{"shown": 1, "ms": 3.1, "drawn_ms": 9.0}``: it can be read
``{"cover": "update", "id": 2, "panel": {…}}``      the same two
``{"cover": "hide", "id": 3}``                      ``{"hidden": 3}``
..                                                  ``{"failed": 4, "why": "…"}``
..                                                  ``{"answer": {"kind": …, "button": …, "texts": […]}}``

``at`` is when it came on screen, on SystemClock, which all processes of a PC share.

``show`` on a shown cover and ``update`` on a hidden one do the same: afterwards the panel covers the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kiosk_agent.cover.panel import Panel, PanelError, read_panel
from kiosk_agent.cover.window import Answer, CoverDevice

Send = Callable[[Mapping[str, Any]], None]


class CoverDoor:
    """Carries out one agent's messages on the cover. ``blank`` is shown where a panel cannot be read."""

    def __init__(self, device: CoverDevice, send: Send, blank: Panel) -> None:
        self._device = device
        self._send = send
        self._blank = blank
        device.on_answer(self._answered)

    def handle(self, message: Mapping[str, Any]) -> None:
        """Carry out a message that has a ``cover`` key, and acknowledge it."""
        number = message.get("id")
        if message["cover"] == "hide":
            self._device.hide()
            self._send({"hidden": number})
            return
        try:
            panel = read_panel(message.get("panel"))
        except PanelError as error:
            self._device.show(self._blank)  # whatever was meant, the screen had to be covered
            self._send({"failed": number, "why": str(error)})
            return
        shown = self._device.show(panel, lambda at: self._send({"covered": number, "at": at}))
        self._send({"shown": number, "ms": round(shown.mapped_ms, 2), "drawn_ms": round(shown.drawn_ms, 2)})

    def _answered(self, answer: Answer) -> None:
        self._send({"answer": {"kind": answer.kind, "button": answer.button, "texts": list(answer.texts)}})
