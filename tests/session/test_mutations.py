"""Each of the laws can fail: a machine broken on purpose is caught by the very law that the break is about."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from tests.session.explore import CONFIGS, World, explore
from tests.session.histories import LIVES, live, rules
from tests.session.mutations import MUTATIONS, Mutation, broken
from tests.session.witness import BrokenLawError

WORLDS = {config.name: config for config in CONFIGS}
each = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.law}, {mutation.name}")


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
        except LookupError:  # the table and the action disagree: another way to fall, not the one that is looked for
            return False
        return False

    quick = settings(max_examples=6000, derandomize=True, database=None, phases=[Phase.generate])
    with broken(mutation) as changed:
        find(st.tuples(rules(), LIVES), breaks, settings=quick)
