"""``kiosk-agent status``: what the agent at this desk is doing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.errors import InputError
from kiosk_agent.folders import default_data_dir
from kiosk_agent.hands.health_words import health_sentence
from kiosk_agent.health import Severity
from kiosk_agent.reasons import of_system
from kiosk_agent.report.state import CentralState
from kiosk_agent.sensors.sense import SenseState, SenseStatus
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.status import FILE_NAME, Status, is_alive, read_status
from kiosk_agent.terminal.output import print_json
from kiosk_agent.text import Text

SIGN = {Severity.GREEN: "●", Severity.AMBER: "▲", Severity.RED: "■"}


def as_json(status: Status | None, alive: bool) -> dict[str, Any]:
    """The status as a plain object; ``running`` is false where no agent runs."""
    if status is None:
        return {"running": False}
    return {"running": alive, **msgspec.to_builtins(status)}


def as_text(status: Status, alive: bool) -> str:
    """The status in lines for people."""
    lines = [
        t(
            "Agent {version}, process {pid}, since {since}",
            version=status.version,
            pid=status.pid,
            since=f"{status.started:%Y-%m-%d %H:%M:%S}",
        )
        if alive
        else t("The agent of process {pid} died in state {state}.", pid=status.pid, state=status.state),
        t("Desk: {desk}", desk=status.desk or "–"),
        t("State: {state}, since {since}", state=status.state, since=f"{status.changed:%H:%M:%S}"),
    ]
    if status.headless:
        lines.append(t("Without a display: nothing is guarded on screen."))
    if not status.warnings:
        lines.append(f"{SIGN[Severity.GREEN]} " + t("Everything works."))
    for warning in status.warnings:
        since = t("since {since}", since=f"{warning.since:%H:%M:%S}")
        lines.append(f"{SIGN[warning.severity]} {warning.code}: {health_sentence(warning.code, t)} ({since})")
        lines.append(f"    {warning.detail} {warning.remedy}".rstrip())
    if status.senses:
        lines.append(t("Senses: {senses}", senses=", ".join(_sense(sense) for sense in status.senses)))
    if status.central is not None:
        lines.append(_central(status.central))
    return "\n".join(lines)


def _central(central: CentralState) -> str:
    """How the reports stand, in one line."""
    at = t("never") if central.acknowledged is None else f"{central.acknowledged:%Y-%m-%d %H:%M:%S}"
    parts = [
        t("Central: {url}, last acknowledged: {at}", url=central.url, at=at),
        t("{days} days waiting", days=central.waiting_days),
    ]
    if central.dropped_days:
        parts.append(t("{days} days dropped", days=central.dropped_days))
    if central.set_aside:
        parts.append(t("{items} items refused for good", items=central.set_aside))
    if central.policy_revision:
        parts.append(t("policy {revision}", revision=central.policy_revision))
    if central.policy_waiting is not None:
        parts.append(t("policy {revision} from the next start page on", revision=central.policy_waiting))
    if central.closed:
        parts.append(t("closed by central"))
    return ", ".join(parts) + (f" ({central.problem})" if central.problem else "")


def _sense(sense: SenseStatus) -> str:
    words = {
        SenseState.WORKING: t("working"),
        SenseState.DEGRADED: t("degraded"),
        SenseState.ABSENT: t("absent"),
    }
    text = f"{sense.name} {words[sense.state]}"
    if sense.state is SenseState.WORKING:
        return text
    return f"{text} ({t('since {since}', since=f'{sense.since:%H:%M:%S}')})"


@click.command("status", help=t("Show what the agent at this desk is doing."))
@click.option("--config", type=click.Path(path_type=Path), help=t("The agent's configuration file."))
@click.option("--data-dir", type=click.Path(path_type=Path), help=t("The agent's data folder, if not the usual one."))
@click.option("--json", "json_", is_flag=True, help=t("Print one JSON object."))
def command(config: Path | None, data_dir: Path | None, json_: bool) -> None:
    """Exit status 0 where an agent runs, 1 where none does."""
    try:
        folder = data_dir or (resolve(config).config.desk.data_dir if config is not None else None)
    except InputError as error:
        raise click.ClickException(error.shown(t)) from error
    status = _read(folder or default_data_dir())
    alive = status is not None and is_alive(status)
    if json_:
        print_json(as_json(status, alive))
    elif status is None:
        click.echo(t("No agent runs at this desk."))
    else:
        click.echo(as_text(status, alive))
    raise SystemExit(0 if alive else 1)


def _read(folder: Path) -> Status | None:
    """What the file says; nobody knows what an agent does whose file cannot be read."""
    try:
        return read_status(folder)
    except (OSError, ValueError) as error:  # a DecodeError of msgspec is a ValueError
        reason = of_system(error) if isinstance(error, OSError) else str(error)
        text = Text("{file} cannot be read as the status of an agent: {reason}", file=folder / FILE_NAME, reason=reason)
        raise click.ClickException(text.shown(t)) from error
