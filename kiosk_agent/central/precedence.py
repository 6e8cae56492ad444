"""Pages go before reports: somebody waits for a page, nobody for the answer to a report.

Both are made by threads of one process, of which Python lets one go on at a time. A group of five hundred reports takes
several times as long as a page, and would hold up each page that comes meanwhile for as long. So who takes reports
stands back between one step and the next while a page is being made: not for long, so that pages without a pause do not
keep reports from being taken, and not while somebody waits for the lock of a database that a group holds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kiosk_agent.wire import v1

LONGEST_S = 0.1  # for a group of reports, in all
# Desks also ask for their policy and for notices, some hundred times a second, and load balancers whether all is well.
NOBODY_WAITS = (f"{v1.PREFIX}/", "/healthz", "/openapi.json")
LATELY_S = 60.0  # whoever has just seen a page may want the next one
LOOK_EVERY_S = 0.002  # whether a page needs the group to go on


def is_page(path: str) -> bool:
    """Whether somebody waits for what is asked for."""
    return not path.startswith(NOBODY_WAITS)


class Precedence:
    """Of the pages of a process. The loop that serves them tells of each; all else is for any thread."""

    def __init__(self) -> None:
        self._pages = 0
        self._last_at: float | None = None
        self._none = threading.Event()

    @property
    def pages(self) -> int:
        """How many are being made."""
        return self._pages

    def page_came(self) -> None:
        """A page is being made; tell :meth:`page_ended` of it as well."""
        self._pages += 1
        self._none.clear()

    def page_ended(self) -> None:
        """It is answered."""
        self._pages -= 1
        self._last_at = time.monotonic()
        if not self._pages:
            self._none.set()

    def wait(self, longest_s: float) -> None:
        """Until no page is being made."""
        self._none.wait(longest_s)

    @property
    def is_lively(self) -> bool:
        """Whether pages are being looked at: then reports are taken in smaller steps, each of which costs something."""
        return self._pages > 0 or (self._last_at is not None and time.monotonic() - self._last_at < LATELY_S)

    def courtesy(self, is_wanted: Callable[[], bool]) -> Courtesy:
        """Of a group of reports. ``is_wanted``: somebody waits for what the group holds."""
        return Courtesy(self, is_wanted)


class Courtesy:
    """What a group of reports calls between its steps."""

    def __init__(self, precedence: Precedence, is_wanted: Callable[[], bool]) -> None:
        self._precedence, self._is_wanted = precedence, is_wanted
        self._left_s = LONGEST_S
        self.has_small_steps = precedence.is_lively

    def __call__(self) -> None:
        """Wait while a page is being made."""
        while self._precedence.pages and self._left_s > 0 and not self._is_wanted():
            begun = time.monotonic()
            self._precedence.wait(min(self._left_s, LOOK_EVERY_S))
            self._left_s -= time.monotonic() - begun
