"""docs/central.md names every warning about central, every option of the command, and the figures of the program."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.cli.enroll import command
from kiosk_agent.ledger.outbox import MOST_WAITING_DAYS
from kiosk_agent.report.backoff import FIRST_S, LONGEST_S, MOST_ASKED_S
from kiosk_agent.report.uploader import FUTURE_AGAIN_S, QUIET_S, Code
from kiosk_agent.wire import v1

TEXT = (Path(__file__).parents[2] / "docs" / "central.md").read_text(encoding="utf-8")
PART = TEXT.partition("## The agent's part")[2].partition("\n## ")[0]


def test_every_warning_and_every_option_is_described() -> None:
    assert [code for code in Code if f"| `{code}` |" not in PART] == []
    options = [name for option in command.params for name in option.opts if isinstance(option, click.Option)]
    assert [name for name in options if f"| `{name}" not in PART] == []


def test_the_figures_are_those_of_the_program() -> None:
    assert f"at most {v1.MOST_DAYS} days" in PART
    assert f"more than {MOST_WAITING_DAYS}\nwaiting days" in PART
    assert (FIRST_S, LONGEST_S, QUIET_S) == (15.0, 900.0, 900.0)
    assert (MOST_ASKED_S, FUTURE_AGAIN_S) == (3600.0, 3600.0)
