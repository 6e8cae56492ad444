"""The README shows every screen, with pictures that somebody on a slow line can load."""

from __future__ import annotations

import re

import pytest

from tests.screens.pictures import README, README_FOLDER, ROOT

LARGEST_BYTES = 150_000


@pytest.mark.parametrize("name", README)
def test_each_picture_is_there_is_small_and_has_a_text_for_those_who_cannot_see_it(name: str) -> None:
    assert 5_000 < (README_FOLDER / f"{name}.png").stat().st_size < LARGEST_BYTES
    shown = re.findall(rf"!\[([^\]]*)\]\(docs/screens/{name}\.png\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) == 1
    assert len(shown[0].split()) >= 4


def test_no_other_pictures_are_kept() -> None:
    assert {path.stem for path in README_FOLDER.iterdir()} == set(README)
