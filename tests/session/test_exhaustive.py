"""Every state that the session can reach in the small worlds, each met with every event, judged by all laws."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kiosk_agent.session import machine
from kiosk_agent.session.transitions import EVENTS, IGNORED, TABLE
from kiosk_agent.session.vocabulary import StateName
from tests.session.explore import CONFIGS, Config, Findings, World, explore


@dataclass
class Explored:
    """What each small world showed."""

    worlds: dict[str, Findings]

    @property
    def rows(self) -> set[object]:
        return {row for findings in self.worlds.values() for row in findings.rows}

    @property
    def pairs(self) -> set[tuple[StateName, type]]:
        return {pair for findings in self.worlds.values() for pair in findings.pairs}


@pytest.fixture(scope="module")
def explored() -> Explored:
    return Explored({})


def look(explored: Explored, config: Config) -> Findings:
    """Explores a world once, whichever test asks first: the tests below also work alone and in any order."""
    if config.name not in explored.worlds:
        explored.worlds[config.name] = explore(World(machine, config.rules), config)
    return explored.worlds[config.name]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_all_laws_hold_in_every_reachable_state_after_every_event(explored: Explored, config: Config) -> None:
    findings = look(explored, config)
    print(f"{config.name}: {findings.nodes} states, {findings.steps} transitions, {len(findings.rows)} rows")
    assert findings.steps > 50 * findings.nodes  # each state has met every event, not only those that suit it


def test_every_row_of_the_table_is_taken_somewhere(explored: Explored) -> None:
    for config in CONFIGS:
        look(explored, config)
    missing = [
        f"{row.state} {row.event.__name__}, {row.when.__name__}: {row.then.__name__}"
        for row in TABLE
        if row not in explored.rows
    ]
    assert missing == []


def test_every_event_meets_every_state(explored: Explored) -> None:
    for config in CONFIGS:
        look(explored, config)
    missing = {(state, event) for state in StateName for event in EVENTS} - explored.pairs
    assert {(state.value, event.__name__) for state, event in missing} == set()


def test_every_pair_of_state_and_event_is_either_in_the_table_or_ignored_on_purpose() -> None:
    in_table = {(row.state, row.event) for row in TABLE}
    ignored = {(state, event) for state, events in IGNORED.items() for event in events}
    assert in_table & ignored == set()
    assert in_table | ignored == {(state, event) for state in StateName for event in EVENTS}


def test_no_row_stands_in_the_shadow_of_one_above_that_always_applies() -> None:
    closed: set[tuple[StateName, type]] = set()
    for row in TABLE:
        assert (row.state, row.event) not in closed, f"{row.state} {row.event.__name__}: {row.then.__name__}"
        if row.when.__name__ == "always":
            closed.add((row.state, row.event))


def test_every_state_is_left_again() -> None:
    for state in StateName:
        assert {row.to for row in TABLE if row.state is state} - {state}
