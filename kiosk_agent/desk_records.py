"""What an agent writes down and reports beside its ledger: a recording of events, and counts to central."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from kiosk_agent.clock import Clock
from kiosk_agent.config import Config
from kiosk_agent.from_central import FromCentral
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.health import Health
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.recording.stream import Fact
from kiosk_agent.recording.writer import MIB, EventRecording
from kiosk_agent.report.commands import Closed
from kiosk_agent.report.commands import read_kept as read_kept_commands
from kiosk_agent.sensors.sense import KeepsToPolicy
from kiosk_agent.session.policy import Policy
from kiosk_agent.settings.resolve import Resolved
from kiosk_agent.status_file import StatusFile
from kiosk_agent.wire.policy import Settings


def also_recorded(
    watchers: Watchers,
    config: Config,
    data_dir: Path,
    clock: Clock,
    health: Health,
    stack: AsyncExitStack,
    followers: list[KeepsToPolicy],
) -> tuple[Watchers, Callable[[Fact], None]]:
    """``watchers``, with the recording of events at a desk that wants one; and who is told what senses notice.

    ``followers``: of the policy; the recording is added to them.
    """
    wanted = config.recording
    if not wanted.events:
        return watchers, lambda _fact: None
    recording = EventRecording(
        data_dir, config.policy, clock, health, keep_days=wanted.keep_days, max_bytes=wanted.max_mib * MIB
    )
    followers.append(recording)
    recording.start()
    stack.push_async_callback(recording.stop)

    def observe(what: object, now: float) -> None:
        recording.observe(what, now)
        watchers.observe(what, now)

    return replace(watchers, observe=observe), recording.note


def tell_what_is_not_taken(resolved: Resolved | None, own: Policy, health: Health) -> Callable[[Settings], Policy]:
    """Warn of settings that came from outside and do not hold; what says whether another policy could be kept to."""
    if resolved is None:
        return lambda _settings: own
    for one in resolved.warnings:
        health.fail(one.code, one.severity, str(one.detail), str(one.remedy))
    return resolved.check_policy


def closed_by_central(config: Config, data_dir: Path) -> Closed | None:
    """Whether central has closed this desk, and has not opened it since."""
    if config.central.url is None:
        return None
    kept = read_kept_commands(data_dir, config.central.url.rstrip("/"))
    return None if kept is None else kept.closed


async def also_reported(
    config: Config,
    data_dir: Path,
    recorder: LedgerWriter,
    health: Health,
    clock: Clock,
    status: StatusFile,
    stack: AsyncExitStack,
    check_policy: Callable[[Settings], Policy],
    from_central: FromCentral | None = None,
) -> None:
    """Report to central, at a desk that names one, beside everything else. ``from_central`` keeps to what it says."""
    central = config.central
    if central.url is None:
        return
    # only such a desk pays for what this imports, and not while somebody waits
    uploading = await asyncio.to_thread(importlib.import_module, "kiosk_agent.report.uploading")
    uploader = uploading.make_uploader(
        central, data_dir, recorder, health, clock, status.write, check_policy, from_central
    )

    status.central = lambda: uploader.state if from_central is None else from_central.told_in(uploader.state)
    stack.push_async_callback(end, asyncio.create_task(uploader.run(), name="report"))


async def end(work: asyncio.Task[None]) -> None:
    """Wait for the runner's end; where it is still at work, something went wrong: give it up."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
