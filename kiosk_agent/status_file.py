"""The status file of a desk at work, kept up to date with its state and its health."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from kiosk_agent import __version__
from kiosk_agent.clock import Clock
from kiosk_agent.config import Config
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.health import Health
from kiosk_agent.report.state import CentralState
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.vocabulary import StateName
from kiosk_agent.status import Status, remove_status, write_status

log = logging.getLogger(__name__)


class StatusFile:
    """Keeps the status file up to date with the desk's state and health."""

    def __init__(self, data_dir: Path, config: Config, clock: Clock, health: Health, senses: Senses) -> None:
        self._data_dir = data_dir
        self._desk = config.desk.name
        self._headless = config.browser.headless
        self._clock = clock
        self._health = health
        self._senses = senses
        self._created = psutil.Process().create_time()
        self._started = clock.wall()
        self._state = StateName.HELD
        self.central: Callable[[], CentralState | None] = lambda: None

    def state_changed(self, state: StateName) -> None:
        """The desk is in another state."""
        self._state = state
        self.write()

    def write(self) -> None:
        """Write it; a full disk is the ledger's business, so it is only noted here."""
        status = Status(
            pid=os.getpid(),
            pid_created=self._created,
            version=__version__,
            desk=self._desk,
            state=self._state.value,
            started=self._started,
            changed=self._clock.wall(),
            headless=self._headless,
            warnings=tuple(self._health.warnings),
            senses=self._senses.statuses,
            central=self.central(),
        )
        try:
            write_status(self._data_dir, status)
        except OSError as error:
            log.warning("the status file cannot be written: %s", error)


@contextmanager
def status_file(data_dir: Path, config: Config, clock: Clock, health: Health, senses: Senses) -> Iterator[StatusFile]:
    """The status file, as long as the block is entered."""
    try:
        yield StatusFile(data_dir, config, clock, health, senses)
    finally:
        remove_status(data_dir)


def shown_by(status: StatusFile, others: Watchers) -> Watchers:
    """``others``, and the status file, which says in which state the desk is."""

    def state_changed(state: StateName) -> None:
        status.state_changed(state)
        others.state_changed(state)

    return replace(others, state_changed=state_changed)
