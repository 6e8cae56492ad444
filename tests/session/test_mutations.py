"""Each of the laws can fail: a machine broken on purpose is caught by the very law that the break is about."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.internal.conjecture import providers
from sortedcontainers import SortedSet

from tests.session.explore import CONFIGS, World, explore
from tests.session.histories import LIVES, LIVES_WITH_FORMS, Move, live, rules
from tests.session.mutations import MUTATIONS, Mutation, broken
from tests.session.witness import BrokenLawError

# Lives of one round resemble each other: where a break does not show in one, another beginning finds it sooner.
ROUNDS, LIVES_A_ROUND = 12, 500
NOTHING = providers.Constants(integers=SortedSet(), floats=SortedSet(), bytes=SortedSet(), strings=SortedSet())
WORLDS = {config.name: config for config in CONFIGS}
each = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.law}, {mutation.name}")


@pytest.fixture(autouse=True)
def same_lives_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis draws numbers that stand in the modules loaded so far: lives would differ with what ran before."""
    monkeypatch.setattr(providers, "_get_local_constants", lambda: NOTHING)


@each
def test_the_exploration_catches_the_break_by_its_own_law_alone(mutation: Mutation) -> None:
    config = WORLDS[mutation.world]
    with broken(mutation) as changed, pytest.raises(BrokenLawError) as caught:
        explore(World(changed, config.rules, [mutation.law]), config)
    assert caught.value.law == mutation.law


@each
def test_random_lives_catch_the_break_by_its_own_law_alone(mutation: Mutation) -> None:
    def breaks(case: object) -> bool:
        desk, life = case  # type: ignore[misc]
        try:
            live(changed, desk, life, mutation.law)
        except BrokenLawError as error:
            return error.law == mutation.law
        except (LookupError, ValueError):  # table and action disagree: another way to fall, not the one looked for
            return False
        return False

    with broken(mutation) as changed:
        lives = LIVES_WITH_FORMS if mutation.world == "forms" else LIVES
        assert any(_is_found(breaks, lives, seed) for seed in range(ROUNDS))


def _is_found(breaks: Callable[[object], bool], lives: st.SearchStrategy[list[Move]], seed: int) -> bool:
    quick = settings(max_examples=LIVES_A_ROUND, database=None, deadline=None, phases=[Phase.generate])
    try:
        find(st.tuples(rules(), lives), breaks, settings=quick, random=random.Random(seed))
    except NoSuchExample:
        return False
    return True
