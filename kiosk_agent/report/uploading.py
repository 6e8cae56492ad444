"""An uploader for a desk, from its configuration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from kiosk_agent.clock import Clock
from kiosk_agent.config import Central
from kiosk_agent.health import Health
from kiosk_agent.report.client import Client, make_context
from kiosk_agent.report.disk import disk_digest
from kiosk_agent.report.uploader import Outbox, Uploader
from kiosk_agent.wire.policy import Settings


def make_client(url: str, central: Central) -> Client:
    """A client for ``url`` with the configuration's proxy and authorities. Raises DeskError."""
    return Client(url, central.proxy, make_context(central.ca))


def make_uploader(
    central: Central,
    data_dir: Path,
    outbox: Outbox,
    health: Health,
    clock: Clock,
    changed: Callable[[], None],
    check_policy: Callable[[Settings], object],
) -> Uploader:
    """``central.url`` must be given."""
    url = central.url or ""
    return Uploader(
        url,
        data_dir,
        outbox,
        health,
        clock,
        lambda: make_client(url, central),
        changed,
        check_policy=check_policy,
        digest_of_disk=functools.partial(disk_digest, data_dir),
    )
