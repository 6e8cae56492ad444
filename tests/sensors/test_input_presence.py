"""Who uses the PC, judged look by look: people are noticed, and devices that make input by themselves are not."""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk_agent.sensors.input.noise import NOISE_S, QUIET_S, Judge, Sign, is_regular
from kiosk_agent.sensors.input.presence import CLOSE_LOOK_S, ELSEWHERE_S, GAP_LOOK_S, LOOSE_LOOK_S, Notice, Presence
from kiosk_agent.sensors.input.reading import Reading
from kiosk_agent.sensors.input.windows import idle_s

GAP_S = 60.0
PLACE = (400, 300)

Input = tuple[float, tuple[int, int]]  # when, and where the pointer is then


class Pc:
    """What a reader would say of a PC at which these inputs are made."""

    def __init__(self, inputs: Iterable[Input], place: tuple[int, int] = PLACE) -> None:
        self._inputs = [(-1000.0, place), *sorted(inputs)]
        self._moments = [at for at, _ in self._inputs]

    def read(self, now: float) -> Reading:
        at, pointer = self._inputs[bisect.bisect_right(self._moments, now) - 1]
        return Reading(at, now - at, pointer)


def watch(
    pc: Pc, seconds: float, presence: Presence | None = None, start: float = 0.0, portal: Iterable[float] = ()
) -> list[tuple[float, Notice]]:
    """Look as the sense does, from a sign-in at ``start`` on; ``portal``: moments of input in the portal."""
    presence = presence or Presence(GAP_S)
    presence.begin(start)
    now, heard = start, []
    coming = sorted(portal)
    while now < start + seconds:
        while coming and coming[0] <= now:
            presence.portal(coming.pop(0))
        notice = presence.look(pc.read(now), now)
        if notice is not None:
            heard.append((now, notice))
        now += presence.next_look_s(now)
    return heard


def trembling(start: float, end: float, every_s: float, seed: int = 1, reach: int = 3) -> list[Input]:
    chance = random.Random(seed)
    moments = [start + number * every_s for number in range(int((end - start) / every_s))]
    return [
        (at, (PLACE[0] + chance.randint(-reach, reach), PLACE[1] + chance.randint(-reach, reach))) for at in moments
    ]


def beating(start: float, end: float, every_s: float) -> list[Input]:
    return [(start + number * every_s, PLACE) for number in range(int((end - start) / every_s))]


def typing(start: float, end: float, seed: int = 1) -> list[Input]:
    """Two to six keys a second with pauses, as people type."""
    chance = random.Random(seed)
    made, at = [], start
    while at < end:
        made.append((at, PLACE))
        at += chance.uniform(0.12, 0.5) if chance.random() < 0.85 else chance.uniform(0.8, 2.5)
    return made


def moving(start: float, end: float, every_s: float = 0.05) -> list[Input]:
    return [(at, (PLACE[0] + int(200 * (at - start)) % 900, PLACE[1])) for at, _ in beating(start, end, every_s)]


# back after a gap


def test_somebody_who_moves_the_mouse_after_a_gap_is_told_once() -> None:
    heard = watch(Pc(moving(90.0, 100.0)), 120.0)
    assert [notice for _, notice in heard if notice is Notice.RETURNED] == [Notice.RETURNED]
    assert 90.0 < heard[0][0] <= 90.0 + GAP_LOOK_S + 0.1


def test_somebody_who_only_types_after_a_gap_is_told_within_half_a_minute() -> None:
    for seed in range(20):
        heard = watch(Pc(typing(90.0, 120.0, seed)), 120.0)
        assert heard, seed
        assert heard[0][1] is Notice.RETURNED


def test_no_gap_is_no_return() -> None:
    visits = list(range(0, 600, 20))
    inputs = [one for at in visits for one in moving(at, at + 2.0)]
    assert [notice for _, notice in watch(Pc(inputs), 600.0) if notice is Notice.RETURNED] == []


def test_a_return_in_the_portal_is_left_to_the_session() -> None:
    """The session sees the same moment, and notes the gap by itself."""
    assert watch(Pc(moving(90.0, 95.0)), 120.0, portal=[at for at, _ in beating(90.0, 95.0, 0.9)]) == []


def test_input_in_the_portal_lets_no_gap_begin() -> None:
    portal = [at for at, _ in beating(0.0, 200.0, 30.0)]
    heard = watch(Pc(moving(205.0, 207.0)), 220.0, portal=portal)
    assert Notice.RETURNED not in [notice for _, notice in heard]


def test_an_answer_to_a_question_is_no_return() -> None:
    """The gap went on while the challenge stood; whoever answered it has just been asked."""
    presence = Presence(GAP_S)
    assert watch(Pc([]), 50.0, presence) == []
    answer = [(148.0, (700, 500)), (149.9, (720, 520))]
    assert watch(Pc([*answer, *moving(152.0, 153.0)]), 30.0, presence, start=150.0) == []


def test_suspend_makes_no_input_out_of_an_old_one() -> None:
    """The stamp is what tells inputs apart: the reader's clock stood still, the session's went on."""
    presence = Presence(GAP_S)
    presence.begin(0.0)
    for now in (0.0, 5.0, 10.0):
        assert presence.look(Reading(-5.0, now + 5.0, PLACE), now) is None
    assert presence.look(Reading(-5.0, 16.0, PLACE), 3611.0) is None
    assert presence.look(Reading(-5.0, 17.0, PLACE), 3612.0) is None


# somebody at the PC, and not in the portal


def test_somebody_beside_the_portal_is_told() -> None:
    heard = watch(Pc(moving(20.0, 60.0)), 70.0)
    assert heard[0][1] is Notice.ELSEWHERE
    assert heard[0][0] >= 20.0 + ELSEWHERE_S


def test_somebody_in_the_portal_is_not_beside_it() -> None:
    assert watch(Pc(moving(0.0, 300.0)), 300.0, portal=[at for at, _ in beating(0.0, 300.0, 1.0)]) == []


def test_a_short_way_out_of_the_portal_is_nothing() -> None:
    inputs = moving(20.0, 20.0 + ELSEWHERE_S - 2.0)
    assert watch(Pc(inputs), 100.0) == []


@pytest.mark.parametrize("portal", [[20.05, 21.05, 22.05], [20.05, 21.05]], ids=["the last one told", "not told"])
def test_what_was_done_in_the_portal_begins_no_way_out_of_it(portal: list[float]) -> None:
    """The portal tells of an input a moment after it was made, and of one a second at the most."""
    inputs = [*moving(20.0, 22.0), *moving(40.0, 42.0)]
    assert watch(Pc(inputs), 60.0, portal=portal) == []


def test_whoever_was_in_the_portal_in_between_is_not_beside_it() -> None:
    inputs = [*moving(20.0, 22.0), *moving(30.0, 31.0), *moving(36.0, 38.0)]
    assert watch(Pc(inputs), 60.0, portal=[31.5]) == []


# noise

Device = Callable[[float, float], list[Input]]

DEVICES: dict[str, Device] = {
    "a mouse that trembles without a break": lambda start, end: trembling(start, end, 0.01),
    "a mouse that trembles now and then": lambda start, end: trembling(start, end, 7.3),
    "a stuck key": lambda start, end: beating(start, end, 0.03),
    "a game controller": lambda start, end: beating(start, end, 0.008),
    "something with a beat of a second": lambda start, end: beating(start, end, 1.0),
    "something with a beat of five seconds": lambda start, end: beating(start, end, 5.0),
    "something that wakes the screen every 50 s": lambda start, end: beating(start, end, 50.0),
}


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("start", [0.5, 61.0, 80.25])
def test_a_device_is_never_taken_for_a_person(name: str, start: float) -> None:
    assert watch(Pc(DEVICES[name](start, 3000.0)), 3000.0) == []


@settings(deadline=None)
@given(every_s=st.floats(0.005, 20.0), seed=st.integers(0, 1000), reach=st.integers(1, 4), start=st.floats(0.0, 100.0))
def test_no_trembling_is_taken_for_a_person(every_s: float, seed: int, reach: int, start: float) -> None:
    inputs = [one for one in trembling(start, start + 400.0, every_s, seed, reach) if one[1] != PLACE]
    assert watch(Pc(inputs), start + 400.0) == []


@settings(deadline=None)
@given(every_s=st.one_of(st.floats(0.2, 60.0), st.floats(0.004, 0.08)), start=st.floats(0.0, 100.0))
@example(every_s=0.0703125, start=1.03125)  # it stops between two looks: the last one finds a late input
def test_no_beat_is_taken_for_a_person(every_s: float, start: float) -> None:
    assert watch(Pc(beating(start, start + 400.0, every_s)), start + 400.0) == []


@settings(deadline=None)
@given(start=st.floats(62.0, 300.0), device=st.sampled_from(sorted(DEVICES)))
def test_a_person_who_moves_the_mouse_is_noticed_beside_any_device(start: float, device: str) -> None:
    inputs = [one for one in DEVICES[device](0.0, 400.0) if not start <= one[0] <= start + 4.0]
    heard = watch(Pc([*inputs, *moving(start, start + 4.0)]), start + 10.0)
    assert heard[0][1] is Notice.RETURNED
    assert start <= heard[0][0] <= start + LOOSE_LOOK_S


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), start=st.floats(62.0, 200.0))
def test_a_person_who_types_is_noticed(seed: int, start: float) -> None:
    heard = watch(Pc(typing(start, start + 60.0, seed)), start + 60.0)
    assert [notice for _, notice in heard][:1] == [Notice.RETURNED]


def test_a_single_touch_is_nobody_yet() -> None:
    assert watch(Pc([(90.0, PLACE), (130.0, PLACE), (200.0, PLACE)]), 300.0) == []


def looked_at(judge: Judge, inputs: list[Input], start: float, end: float) -> None:
    pc = Pc(inputs)
    for second in range(int(start), int(end)):
        judge.look(pc.read(float(second)), float(second))


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (trembling(0.0, 500.0, 0.02), Sign.TREMBLING),
        (trembling(0.0, 500.0, 6.5), Sign.TREMBLING),
        (beating(0.0, 500.0, 0.01), Sign.STILL),
        (beating(0.0, 500.0, 2.0), Sign.STILL),
        (moving(0.0, 500.0), None),
        (typing(0.0, 500.0), None),
        ([], None),
    ],
    ids=["trembles", "trembles to a beat", "without a break", "to a beat", "moves", "types", "nothing"],
)
def test_what_a_device_does_is_told_after_a_minute(inputs: list[Input], expected: Sign | None) -> None:
    judge = Judge()
    looked_at(judge, inputs, 0, NOISE_S - 1)
    assert judge.noise is None
    looked_at(judge, inputs, NOISE_S - 1, 2 * NOISE_S)
    assert judge.noise is expected


def test_a_minute_in_which_somebody_was_there_says_nothing_of_devices() -> None:
    judge = Judge()
    looked_at(judge, [*trembling(0.0, 80.0, 0.02), *moving(40.0, 42.0)], 0, 80)
    assert judge.noise is None


def test_an_old_input_is_no_new_one_after_a_suspend() -> None:
    judge = Judge()
    signs = [
        judge.look(Reading(-5.0, idle_s, PLACE), now)
        for now, idle_s in ((0.0, 5.0), (5.0, 10.0), (9.0, 14.0), (13.0, 15.0))
    ]
    assert signs == [Sign.NOTHING] * 4


def test_a_hand_that_rests_on_the_mouse_is_no_device() -> None:
    chance = random.Random(5)
    moments = sorted(chance.uniform(0.0, 300.0) for _ in range(60))
    inputs = [(at, (PLACE[0] + chance.randint(-2, 2), PLACE[1])) for at in moments]
    judge = Judge()
    looked_at(judge, inputs, 0, 300)
    assert judge.noise is None


def test_a_device_that_is_quiet_again_is_forgotten() -> None:
    judge = Judge()
    inputs = trembling(0.0, 100.0, 0.1)
    looked_at(judge, inputs, 0, 100)
    assert judge.noise is Sign.TREMBLING
    looked_at(judge, inputs, 100, 90 + QUIET_S)
    assert judge.noise is Sign.TREMBLING
    looked_at(judge, inputs, 90 + QUIET_S, 110 + QUIET_S)
    assert judge.noise is None


def test_what_was_done_while_nobody_looked_is_nobody_now() -> None:
    """Between two visits the mouse was moved by anybody."""
    judge = Judge()
    judge.look(Reading(-5.0, 5.0, PLACE), 0.0)
    judge.look(Reading(-5.0, 6.0, PLACE), 1.0)
    assert judge.look(Reading(4000.0, 1000.0, (PLACE[0] + 500, PLACE[1])), 5000.0) is Sign.NOTHING


def test_time_in_which_nobody_looked_does_not_make_a_device_quiet() -> None:
    judge = Judge()
    inputs = trembling(0.0, 100.0, 0.1)
    looked_at(judge, inputs, 0, 100)
    looked_at(judge, inputs, 5000, 5100)
    assert judge.noise is Sign.TREMBLING


# small things


def test_looks_are_rare_unless_something_is_to_be_seen() -> None:
    presence = Presence(GAP_S)
    presence.begin(0.0)
    presence.look(Reading(-9.0, 9.0, PLACE), 0.0)
    assert presence.next_look_s(10.0) == LOOSE_LOOK_S
    assert presence.next_look_s(GAP_S + 1.0) == GAP_LOOK_S
    presence.look(Reading(9.5, 0.5, PLACE), 10.0)
    assert presence.next_look_s(10.0) == CLOSE_LOOK_S


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([0.0, 1.0, 2.0, 3.0, 4.0], True),
        ([0.0, 1.0, 3.0, 4.0, 6.0], True),
        ([0.0, 0.9, 1.8, 3.0, 3.9], True),  # a beat of 0.3 s, seen once a second
        ([0.0, 0.83, 2.02, 2.91, 4.35], False),
        ([0.0, 0.05, 0.1, 0.15], False),
    ],
)
def test_what_is_a_beat(moments: list[float], expected: bool) -> None:
    assert is_regular(moments) is expected


@pytest.mark.parametrize(
    ("now_ms", "last_ms", "expected"),
    [(5000, 3000, 2.0), (100, 2**32 - 900, 1.0), (3000, 3000, 0.0), (3000, 3010, 0.0)],
)
def test_windows_milliseconds_begin_again_after_seven_weeks(now_ms: int, last_ms: int, expected: float) -> None:
    assert idle_s(now_ms, last_ms) == expected
