"""The page about central names every command, option, refusal, alarm and table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.alerts.schemas import AlertKind
from kiosk_agent.central.cli import main
from kiosk_agent.central.database.tables import metadata
from kiosk_agent.wire import v1

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "central.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


ALL = dict(commands(main, "kiosk-central"))


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_is_described(path: str) -> None:
    assert f"`{path}" in PAGE
    options = [name for option in ALL[path].params for name in option.opts if isinstance(option, click.Option)]
    assert [name for name in options if name not in PAGE] == []


def test_every_refusal_alarm_and_table_is_described() -> None:
    source = "".join(path.read_text() for path in (ROOT / "kiosk_agent" / "central").rglob("*.py"))
    refusals = set(re.findall(r"RefusedError\((?:\d{3}|CODE_REFUSED), \"(\w+)\"", source))
    refusals |= set(re.findall(r"Refusal\(\"(\w+)\"", source)) | {"token_unknown"}
    assert {"invalid", "too_large", "code_used", "busy", "failed", "http"} <= refusals
    names = {*refusals, *AlarmKind, *AlertKind, *v1.ProblemCode, *metadata.tables}
    assert sorted(name for name in names if f"`{name}`" not in PAGE) == []


def test_the_limits_that_it_names_are_those_of_the_program() -> None:
    assert f"{v1.LARGEST_REPORT_BYTES:,} bytes, an enrolment {v1.LARGEST_ENROLMENT_BYTES:,}" in PAGE
