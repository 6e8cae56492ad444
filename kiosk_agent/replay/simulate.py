"""Simulated weeks at a desk. Nothing here was measured: every number is an assumption, named, with its reason.

The same seed gives the same week, line for line. Beside what a desk notices, a simulated stream says who is there, so
that right can be told from wrong.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field

from kiosk_agent import __version__
from kiosk_agent.recording.stream import FORMAT, VERSION, Header, Kind, Line, Part
from kiosk_agent.session.policy import Preset, policy_of
from kiosk_agent.session.vocabulary import EndSource, Signal

# The day. Municipal offices are open from about 9 to 17 on weekdays.
FIRST_MONDAY = datetime.date(2026, 4, 6)  # any Monday without a holiday in its week
ZONE = datetime.timezone(datetime.timedelta(hours=9))  # Japan has no summer time
OPENS_AT_H = 9
# People who come in each hour: many in the morning, few at lunch (workers take turns), fewer toward the evening. About
# 28 a day keep one desk busy, and a queue is what makes the next person sit down quickly.
ARRIVALS_BY_HOUR = (4, 6, 5, 2, 4, 4, 2, 1)
CHANGEOVER_S = (15.0, 90.0)  # from one person's rising to the next one's sitting, where somebody waits

# The sign-in.
UNTIL_SIGN_IN_S = (30.0, 120.0)  # taking the card out, the PIN, reading
BY_CARD = 0.75  # the others use their phone
CARD_TAKEN_AT_ONCE = 0.45  # "put it away before I forget it"
CARD_TAKEN_AFTER_S = (5.0, 40.0)
CARD_AGAIN = 0.3  # a form that is signed with the card in the middle of the visit
CARD_AGAIN_UNEXPECTED = 0.2  # ... which the profile does not know of, or a card put back for no reason
# A My Number Card draws its number (PUPI) anew each time: a card that is put on again can never be told.

# What people do in the portal.
BLOCKS = (3, 9)  # stretches of input in a visit, each followed by a pause
BLOCK_S = (15.0, 90.0)
INPUT_EVERY_S = (2.0, 10.0)  # elderly people; finer steps change nothing, since no limit that is tried is below 15 s
READING_S = (5.0, 45.0)  # the ordinary pause: reading, listening to the support worker, looking for a number
PAPER = 0.35  # a visit with a paper form, filled in at the desk without input
PAPER_S = (60.0, 300.0)
PHONE = 0.12  # the support worker's phone rings
PHONE_S = (40.0, 240.0)
WAITS_FOR_PHONE = 0.6  # ... and the resident does not go on alone
WORKER_LOOKS_UP = 0.25  # something in another program on this PC, beside the portal
LOOK_UP_S = (10.0, 90.0)
HELPER = 0.2  # a family member beside the resident, who types for some stretches: the same visit, no change
HELPER_SWAP_S = (3.0, 15.0)  # changing seats
STEPS_AWAY = 0.05  # the copying machine, the toilet, a child: the desk is empty, and the same person comes back
AWAY_S = (40.0, 240.0)
# Signs of the PC that mean nobody else, per visit.
LOCKED_BY_HABIT = 0.01  # Windows key + L
FELL_ASLEEP = 0.003  # a laptop's lid
SHORTCUT_WINDOW = 0.03  # Ctrl+N and the like
OTHER_BROWSER = 0.06  # a file or a link opened outside
REMOTE_HELP = 0.003  # the IT desk connects

# How visits end.
LOGS_OUT = 0.70
WORKER_ENDS = 0.18  # "end" at the gate, the tray or by hotkey
# The others rise and go: about one in eight. The one number that decides most, and that nobody has published.
RISING_S = (3.0, 20.0)  # from the last input to the empty chair: papers, bag, thanks
TAKES_CARD = 0.85  # of those whose card still lies on the reader
WORKER_REMEMBERS = 0.5  # presses "next person" before the next one sits down

# The next person at a session that was left open: the incident of 2022 and 2023.
FIRST_TOUCH_S = (5.0, 45.0)  # from sitting down to the first input
CARD_BEFORE_TOUCH = 0.35  # puts the card on first; the others are told "just go on from here"
ACTS_S = (60.0, 240.0)  # fills in a form in the other's account, until somebody notices


@dataclass
class _Day:
    """A day that is being written down; lines may come in any order."""

    chance: random.Random
    lines: list[Line] = field(default_factory=list)

    def put(self, at: float, kind: Kind, word: str = "", n: int = 0) -> None:
        self.lines.append(Line(round(at, 1), kind, word, n))

    def between(self, bounds: tuple[float, float]) -> float:
        return self.chance.uniform(*bounds)

    def happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def sign(self, at: float, signal: Signal) -> None:
        self.put(at, Kind.CHANGE_SIGNALLED, signal.value)

    def inputs(self, at: float, length_s: float) -> float:
        """A stretch of input; returns its end."""
        end = at + length_s
        while at < end:
            self.put(at, Kind.PORTAL_ACTIVITY)
            at += self.between(INPUT_EVERY_S)
        return end


def simulated(weeks: int, seed: int) -> list[Part]:
    """So many weeks of five days, one part a day."""
    return [
        _day(FIRST_MONDAY + datetime.timedelta(weeks=week, days=day), week * 5 + day, seed)
        for week in range(weeks)
        for day in range(5)
    ]


def _day(date: datetime.date, number: int, seed: int) -> Part:
    day = _Day(random.Random(f"{seed}:{number}"))  # noqa: S311 - to be repeatable, not secret
    arrivals = sorted(
        hour * 3600.0 + day.chance.uniform(0, 3600)
        for hour, people in enumerate(ARRIVALS_BY_HOUR)
        for _ in range(people)
    )
    free_at = 0.0
    left_open = False
    for person, arrival in enumerate(arrivals, start=1):
        sits_at = max(arrival, free_at + day.between(CHANGEOVER_S))
        if left_open:
            # the worker may remember in the last moment; otherwise the new person goes on where the last one was
            sits_at = _finds_open_session(day, person, sits_at)
        free_at, left_open = _visit(day, person, sits_at)
    day.put(free_at + 3600.0, Kind.PERSON)  # the day is over
    began = datetime.datetime.combine(date, datetime.time(OPENS_AT_H), ZONE)
    header = Header(
        format=FORMAT,
        version=VERSION,
        agent=__version__,
        began=began,
        policy=policy_of(Preset.STANDARD),
        seed=seed,
    )
    return Part(header, tuple(sorted(day.lines, key=lambda line: line.t)))


def _visit(day: _Day, person: int, at: float) -> tuple[float, bool]:
    """One person's visit from ``at``; returns when the chair is empty, and whether the session was left open."""
    day.put(at, Kind.PERSON, n=person)
    at += day.between((3.0, 10.0))
    day.put(at, Kind.START_REQUESTED)
    at += 2.0
    day.inputs(at, 8.0)
    at += day.between(UNTIL_SIGN_IN_S)
    day.put(at, Kind.PORTAL_ACTIVITY)
    day.put(at, Kind.SIGN_IN_SEEN)
    has_card = day.happens(BY_CARD)
    if has_card and day.happens(CARD_TAKEN_AT_ONCE):
        day.put(at + day.between(CARD_TAKEN_AFTER_S), Kind.CARD_OFF)
        has_card = False
    at = _work(day, at, person, has_card=has_card)
    return _leave(day, at, has_card=has_card)


def _work(day: _Day, at: float, person: int, *, has_card: bool) -> float:
    """Blocks of input with pauses between them; returns the moment of the last input."""
    blocks = day.chance.randint(*BLOCKS)
    happenings = _happenings(day)
    places = {day.chance.randrange(blocks): happening for happening in happenings}
    for block in range(blocks):
        at = day.inputs(at, day.between(BLOCK_S))
        happening = places.get(block)
        if happening == "away":
            day.put(at + 3.0, Kind.PERSON)
            at += 3.0 + day.between(AWAY_S)
            day.put(at, Kind.PERSON, n=person)
            at += 3.0
        elif happening is not None:
            at = _pause(day, at, happening, has_card=has_card)
        at += day.between(READING_S)
    return day.inputs(at, day.between((5.0, 20.0)))


def _happenings(day: _Day) -> list[str | Signal]:
    chances: tuple[tuple[str | Signal, float], ...] = (
        ("paper", PAPER),
        ("phone", PHONE),
        ("look up", WORKER_LOOKS_UP),
        ("helper", HELPER),
        ("away", STEPS_AWAY),
        ("card", CARD_AGAIN),
        (Signal.OS_LOCKED, LOCKED_BY_HABIT),
        (Signal.RESUMED, FELL_ASLEEP),
        (Signal.FOREIGN_WINDOW_CLOSED, SHORTCUT_WINDOW),
        (Signal.FOREIGN_BROWSER, OTHER_BROWSER),
        (Signal.REMOTE_CONTROL, REMOTE_HELP),
    )
    return [happening for happening, probability in chances if day.happens(probability)]


def _pause(day: _Day, at: float, happening: str | Signal, *, has_card: bool) -> float:
    """What happens between two stretches of input; returns its end."""
    if isinstance(happening, Signal):
        day.sign(at + 1.0, happening)
        return at + 5.0
    match happening:
        case "paper":
            return at + day.between(PAPER_S)
        case "phone":
            length_s = day.between(PHONE_S)
            day.put(at, Kind.WORKER, "busy")
            day.put(at + length_s, Kind.WORKER, "free")
            return at + (length_s if day.happens(WAITS_FOR_PHONE) else 5.0)
        case "look up":
            end = at + day.between(LOOK_UP_S)
            while at < end:
                day.put(at, Kind.PC_INPUT)
                at += 5.0
            return end
        case "card":
            if has_card:
                day.put(at, Kind.CARD_OFF)
            at += day.between((3.0, 20.0))
            day.put(at, Kind.CARD_BACK)
            if day.happens(CARD_AGAIN_UNEXPECTED):
                day.sign(at, Signal.CARD_UNTELLABLE)
            if not has_card:
                day.put(at + day.between(CARD_TAKEN_AFTER_S), Kind.CARD_OFF)
            return at + 5.0
        case _:
            return at + day.between(HELPER_SWAP_S)


def _leave(day: _Day, at: float, *, has_card: bool) -> tuple[float, bool]:
    luck = day.chance.random()
    leaves_at = at + day.between(RISING_S)
    if luck < LOGS_OUT:
        day.put(at + 2.0, Kind.SIGN_OUT_SEEN)
    elif luck < LOGS_OUT + WORKER_ENDS:
        day.put(at + 2.0, Kind.END_REQUESTED, EndSource.TRAY.value)
    elif has_card and day.happens(TAKES_CARD):
        day.put(at + 2.0, Kind.CARD_OFF)
    day.put(leaves_at, Kind.PERSON)
    return leaves_at, luck >= LOGS_OUT + WORKER_ENDS


def _finds_open_session(day: _Day, person: int, at: float) -> float:
    """The session before was left open. Returns when the person's own visit begins."""
    if day.happens(WORKER_REMEMBERS):
        day.sign(at - day.between((1.0, 14.0)), Signal.NEXT_PERSON)
        return at
    day.put(at, Kind.PERSON, n=person)
    at += day.between(FIRST_TOUCH_S)
    if day.happens(CARD_BEFORE_TOUCH):
        day.put(at - 2.0, Kind.CARD_BACK)
        day.sign(at - 2.0, Signal.CARD_UNTELLABLE)
    return day.inputs(at, day.between(ACTS_S)) + 5.0
