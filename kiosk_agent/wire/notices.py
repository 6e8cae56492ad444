"""Version 1 of what central's staff tell the support workers at their desks, and of what these have read.

One request carries both directions: which notices were read since central last said that it knows, and in the answer
those that are to be shown now. When one ends is said as seconds from now: a wrong clock at the desk changes nothing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk_agent.wire.counters import END

MOST_NOTICES = 10  # at one desk at a time
MOST_READ = 50
LONGEST_TITLE = 60
LONGEST_BODY = 400
LONGEST_SHOWN_S = 366 * 86_400
LARGEST_READ_BYTES = 10_000
NoticeId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
# no control characters; a body may have several lines
Title = Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]+{END}", max_length=LONGEST_TITLE)]
Body = Annotated[str, Meta(pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$", max_length=LONGEST_BODY)]


class Notice(msgspec.Struct, frozen=True):
    """One notice, in Japanese and in English. ``ask_read``: the worker is to say that it was read."""

    id: NoticeId
    title_ja: Title
    title_en: Title
    body_ja: Body
    body_en: Body
    shown_for_s: Annotated[float, Meta(ge=0, le=LONGEST_SHOWN_S)]
    ask_read: bool = False


class NoticesRequest(msgspec.Struct, frozen=True):
    """Which notices were read here. Sent again it changes nothing."""

    read: Annotated[list[NoticeId], Meta(max_length=MOST_READ)] = []


class NoticesAnswer(msgspec.Struct, frozen=True):
    """``settled``: what need not be sent again; ``notices``: all that are to be shown now, the newest first."""

    settled: Annotated[list[NoticeId], Meta(max_length=MOST_READ)]
    notices: Annotated[list[Notice], Meta(max_length=MOST_NOTICES)]


class _LooseAnswer(msgspec.Struct, frozen=True):
    settled: Annotated[list[NoticeId], Meta(max_length=MOST_READ)]
    notices: Annotated[list[msgspec.Raw], Meta(max_length=MOST_NOTICES)]


_answer = msgspec.json.Decoder(_LooseAnswer)
_notice = msgspec.json.Decoder(Notice)


def read_notices(body: bytes) -> NoticesAnswer:
    """Read central's answer item by item: a notice that is wrong is left out, and it alone.

    Raises msgspec.DecodeError where it is no such answer at all, and RecursionError where it is nested too deeply.
    """
    loose = _answer.decode(body)
    notices = []
    for raw in loose.notices:
        try:
            notices.append(_notice.decode(raw))
        except msgspec.DecodeError:
            continue  # what cannot be shown as it was meant is not shown
    return NoticesAnswer(loose.settled, notices)
