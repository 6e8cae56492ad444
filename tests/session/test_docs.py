"""``docs/session.md`` is what the program says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.session import commands as do
from kiosk_agent.session import describe
from kiosk_agent.session.transitions import EVENTS, IGNORED, TABLE
from kiosk_agent.session.vocabulary import Signal, StateName

PAGE = Path(__file__).parents[2] / "docs" / "session.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_table_says_today(page: str) -> None:
    assert page == describe.page(), f"docs/session.md is stale: {describe.COMMAND}"


def test_the_command_that_the_page_names_writes_it() -> None:
    module = describe.COMMAND.split()[2]
    written = subprocess.run([sys.executable, "-m", module], capture_output=True, check=True)
    assert written.stdout.decode() == describe.page()


def test_the_page_names_every_state_event_and_sign(page: str) -> None:
    names = [*StateName, *(event.__name__ for event in EVENTS), *Signal]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_diagram_has_every_way_from_one_state_to_another_and_no_other(page: str) -> None:
    diagram = page.split("```mermaid", maxsplit=1)[1].split("```", maxsplit=1)[0]
    arrows = {line.split(":")[0].strip() for line in diagram.splitlines() if "-->" in line and "[*]" not in line}
    assert arrows == {f"{row.state} --> {row.to}" for row in TABLE if row.state is not row.to}


def test_each_state_says_what_it_does_with_every_event(page: str) -> None:
    for state in StateName:
        section = page.split(f"### {state}\n", maxsplit=1)[1].split("\n### ", maxsplit=1)[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert len(rows) == sum(row.state is state for row in TABLE)
        nothing = section.split("Changes nothing here:", maxsplit=1)[1]
        assert [event.__name__ for event in IGNORED[state] if f"`{event.__name__}`" not in nothing] == []


def test_no_guard_action_event_or_command_is_without_its_sentence() -> None:
    told = {row.when for row in TABLE} | {row.then for row in TABLE} | {*EVENTS} | {*do.Command.__subclasses__()}
    # a dataclass-like type without a docstring of its own shows its base's
    silent = [
        one.__name__ for one in told if not one.__doc__ or one.__doc__ in (do.Command.__doc__, "Base of all events.")
    ]
    assert silent == []
