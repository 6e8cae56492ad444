"""The session decides from what it is told, and from nothing else."""

from __future__ import annotations

import ast
import asyncio
import builtins
import copy
import logging
import os
import random
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given, settings

import kiosk_agent.session
from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session import machine, state
from kiosk_agent.session.machine import Session, transition
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import Rules
from tests.session.histories import LIVES, Life, Move, rules
from tests.session.playbook import ordinary_visit

FOLDER = Path(kiosk_agent.session.__file__).parent
PLAIN = {"__future__", "collections.abc", "dataclasses", "enum", "typing", "msgspec", "msgspec.structs"}
OWN = {"kiosk_agent", "kiosk_agent.session"}  # of the package itself only its version
FILES = sorted(path for path in FOLDER.glob("*.py") if path.name != "describe.py")  # which prints the docs
IMPURE: list[tuple[Any, str]] = [
    *((time, name) for name in ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "sleep", "localtime")),
    *((builtins, name) for name in ("open", "print", "input")),
    *((os, name) for name in ("open", "urandom", "system", "stat", "getenv")),
    *((socket, name) for name in ("socket", "create_connection", "getaddrinfo")),
    *((asyncio, name) for name in ("get_event_loop", "get_running_loop", "create_task", "run")),
    *((logging.Logger, name) for name in ("_log", "isEnabledFor")),
    *((random, name) for name in ("random", "randint", "choice")),
    (secrets, "token_hex"),
    (threading.Thread, "start"),
    (subprocess, "Popen"),
]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_imported_that_reads_a_clock_or_touches_the_world(path: Path) -> None:
    strange = {
        name for name in imported(path) if name not in PLAIN | OWN and not name.startswith("kiosk_agent.session.")
    }
    assert strange == set()


def test_nothing_is_asked_of_the_world_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(Policy(), version="1")

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the session asked the world")

    with monkeypatch.context() as patched:
        for owner, name in IMPURE:
            patched.setattr(owner, name, refuse)
        commands = [command for event, now in ordinary_visit() for command in session.handle(event, now)]
        session.next_deadline()
    assert do.LowerShield() in commands


@settings(max_examples=100, deadline=None)
@given(rules(), LIVES)
def test_a_transition_never_changes_the_state_that_it_is_given(desk: Rules, moves: list[Move]) -> None:
    life = Life(Watched(), desk, laws=())  # type: ignore[arg-type]
    life.live(moves)


class Watched:
    """The machine; each state is compared, before and after, with a deep copy of its own."""

    State = state.State
    next_deadline = staticmethod(state.next_deadline)

    @staticmethod
    def transition(before: state.State, event: ev.Event, now: float, desk: Rules) -> Any:
        kept, told = copy.deepcopy(before), copy.deepcopy(event)
        after, commands = machine.transition(before, event, now, desk)
        assert before == kept
        assert event == told
        again = machine.transition(kept, told, now, desk)
        assert again == (after, commands)  # ... and says the same when it is asked again
        return after, commands


def test_states_events_commands_and_entries_cannot_be_changed_in_place() -> None:
    kinds = [*ev.Event.__subclasses__(), *do.Command.__subclasses__(), *en.Entry.__subclasses__()]
    kinds += [state.State, state.Visit, state.Warned, state.Challenged, state.Ending, state.Owed, state.Due, Policy]
    for kind in kinds:
        assert issubclass(kind, msgspec.Struct)
        assert kind.__struct_config__.frozen, kind.__name__


def test_a_state_can_be_kept_and_compared() -> None:
    desk = Rules(Policy(), version="1")
    first = state.State()
    now = first
    for event, moment in ordinary_visit():
        now, _ = transition(now, event, moment, desk)
        assert hash(now) == hash(copy.deepcopy(now))
    assert now != first
