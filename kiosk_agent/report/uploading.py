"""An uploader for a desk, from its configuration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kiosk_agent.clock import Clock
from kiosk_agent.config import Central
from kiosk_agent.health import Health
from kiosk_agent.report.client import Client, make_context
from kiosk_agent.report.commands import Commands, DeskInHand
from kiosk_agent.report.disk import disk_digest
from kiosk_agent.report.notices import Notices
from kiosk_agent.report.uploader import Outbox, Uploader
from kiosk_agent.session.policy import Policy
from kiosk_agent.wire.notices import Notice
from kiosk_agent.wire.policy import PolicyAnswer, Settings


class KeepsToCentral(DeskInHand, Protocol):
    """The running desk, as central reaches it."""

    def offer(self, policy: Policy, revision: int) -> None:
        """Keep to this policy from the next safe moment on."""
        ...

    def show_notices(self, notices: tuple[Notice, ...]) -> None:
        """Show these at the gate, and no others."""
        ...

    def on_read(self, read: Callable[[int], None]) -> None:
        """Who is told the number of a notice that the support worker has read."""
        ...


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
    check_policy: Callable[[Settings], Policy],
    from_central: KeepsToCentral | None = None,
) -> Uploader:
    """``central.url`` must be given. ``from_central``: who keeps to what central says; None: nobody does."""
    url = central.url or ""
    commands = None if from_central is None else Commands(data_dir, url.rstrip("/"), clock, from_central)

    notices = None if from_central is None else Notices(clock, from_central.show_notices)
    if from_central is not None and notices is not None:
        from_central.on_read(notices.read)

    def policy_kept(answer: PolicyAnswer) -> None:
        if from_central is not None:
            from_central.offer(check_policy(answer.settings), answer.revision)

    return Uploader(
        url,
        data_dir,
        outbox,
        health,
        clock,
        lambda: make_client(url, central),
        changed,
        check_policy=check_policy,
        policy_kept=policy_kept,
        commands=commands,
        notices=notices,
        digest_of_disk=functools.partial(disk_digest, data_dir),
    )
