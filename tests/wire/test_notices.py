"""Notices are read one by one: what is wrong is left out, and it alone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from kiosk_agent.wire.notices import MOST_NOTICES, read_notices

GOOD: dict[str, Any] = {
    "id": 7,
    "title_ja": "停電",
    "title_en": "Power cut",
    "body_ja": "一行目\n二行目",
    "body_en": "",
    "shown_for_s": 60,
}


def answer(*notices: Any) -> bytes:
    return json.dumps({"settled": [3], "notices": list(notices), "new": 1}).encode()


def test_a_notice_is_read_and_what_a_later_central_adds_is_ignored() -> None:
    read = read_notices(answer({**GOOD, "later": 1}))
    assert [(one.id, one.title_ja, one.body_ja, one.ask_read) for one in read.notices] == [
        (7, "停電", "一行目\n二行目", False)
    ]
    assert read.settled == [3]


@pytest.mark.parametrize(
    "change",
    [
        {"id": 0},
        {"title_ja": ""},
        {"title_ja": "a\nb"},
        {"title_ja": "a\n"},
        {"title_en": "x" * 61},
        {"body_ja": "x" * 401},
        {"body_en": "a\x1bb"},
        {"shown_for_s": -1},
        {"ask_read": "yes"},
    ],
)
def test_a_wrong_one_is_left_out_alone(change: dict[str, Any]) -> None:
    assert [one.id for one in read_notices(answer({**GOOD, "id": 8, **change}, GOOD)).notices] == [7]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", answer(*[GOOD] * (MOST_NOTICES + 1))])
def test_what_is_no_answer_of_centrals_is_none(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_notices(body)
