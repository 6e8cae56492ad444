"""What a desk records: times and kinds. And what happens where it cannot."""

from __future__ import annotations

import asyncio
import datetime
import errno
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.health import Health
from kiosk_agent.recording import writer
from kiosk_agent.recording.kinds import KEPT, LEFT_OUT
from kiosk_agent.recording.stream import FORMAT, WORDS, Fact, Kind, read_parts
from kiosk_agent.recording.writer import FOLDER, EventRecording
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.transitions import EVENTS
from kiosk_agent.session.vocabulary import Answer, Answerer, CardVerdict, Check, EndSource, Signal

PLANTED = "planted-公金-花子-4711"
MORNING = datetime.datetime(2026, 4, 6, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
WAIT_S = 60.0


class Desk:
    """A recording with its clock and health, and what is in its folder."""

    def __init__(self, folder: Path, *, keep_days: int = 3, max_bytes: int = 100_000) -> None:
        self.folder = folder / FOLDER
        self.clock = ManualClock(5000.0, MORNING)
        self.health = Health(self.clock.wall)
        self.recording = EventRecording(
            folder, Policy(idle_limit_s=77.0), self.clock, self.health, keep_days=keep_days, max_bytes=max_bytes
        )

    def hear(self, *events: ev.Event, after_s: float = 1.0) -> None:
        for event in events:
            self.clock.advance(after_s)
            self.recording.observe(event, self.clock.now())

    async def written(self) -> None:
        assert await asyncio.to_thread(self.recording.idle.wait, WAIT_S)
        await asyncio.sleep(0)  # what the thread had to tell is told in the loop

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    @property
    def codes(self) -> list[str]:
        return [warning.code for warning in self.health.warnings]


async def recorded(folder: Path, *events: ev.Event) -> Desk:
    desk = Desk(folder)
    desk.recording.start()
    desk.hear(*events)
    await desk.recording.stop()
    return desk


def kinds(folder: Path) -> list[tuple[float, str, str]]:
    parts = read_parts(sorted((folder / FOLDER).iterdir()))
    return [(line.t, line.kind.value, line.word) for part in parts for line in part.lines]


def test_every_event_is_either_kept_or_left_out_on_purpose() -> None:
    assert {*KEPT, ev.AccountSeen} | LEFT_OUT == set(EVENTS)
    assert not {*KEPT, ev.AccountSeen} & LEFT_OUT


async def test_what_happens_is_written_with_its_time_and_kind(tmp_path: Path) -> None:
    await recorded(
        tmp_path,
        ev.StartRequested("a" * 32),
        ev.SignInSeen(),
        ev.AccountSeen("x"),
        ev.AccountSeen("x"),
        ev.AccountSeen("y"),
        ev.ChangeSignalled(Signal.CARD_UNTELLABLE),
        ev.WarningAnswered(Answer.SAME, Answerer.RESIDENT),
        ev.ChallengeAnswered(Answer.OTHER, "ab"),
        ev.ChallengeAnswered(Answer.SAME, "ab", Check.NAME_DIFFERENT),
        ev.EndRequested(EndSource.TRAY),
        ev.StartRequested("b" * 32),
        ev.AccountSeen("y"),
    )
    assert [(kind, word) for _, kind, word in kinds(tmp_path)] == [
        ("StartRequested", ""),
        ("SignInSeen", ""),
        ("AccountSeen", "first"),
        ("AccountSeen", "same"),
        ("AccountSeen", "other"),
        ("ChangeSignalled", "card_untellable"),
        ("WarningAnswered", "same/resident"),
        ("ChallengeAnswered", "other"),
        ("ChallengeAnswered", "same/name_different"),
        ("EndRequested", "tray"),
        ("StartRequested", ""),
        ("AccountSeen", "first"),
    ]
    assert [at for at, _, _ in kinds(tmp_path)][:3] == [0.0, 1.0, 2.0]
    (part,) = read_parts([tmp_path / FOLDER / "2026-04-06.jsonl"])
    assert part.header.began == MORNING + datetime.timedelta(seconds=1)
    assert part.header.policy.idle_limit_s == 77.0


async def test_what_the_senses_notice_is_written_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recording.start()
    for fact in Fact:
        desk.recording.note(fact)
    await desk.recording.stop()
    assert [kind for _, kind, _ in kinds(tmp_path)] == [fact.value for fact in Fact]


def planted(kind: type[ev.Event]) -> ev.Event:
    """An event with a planted text in every field that takes a text."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.type is str or field.type == str | None:
            values[field.name] = PLANTED
        elif field.default is msgspec.NODEFAULT:
            values[field.name] = some(field.type)
    return kind(**values)


def some(type_: Any) -> Any:
    choices = {
        EndSource: EndSource.HOTKEY,
        Signal: Signal.OS_LOCKED,
        Answer: Answer.SAME,
        Answerer: Answerer.WORKER,
        Check: Check.CARD_WANTED,
        CardVerdict: CardVerdict.SAME,
        bool: True,
        int: 1,
        float: 1.0,
    }
    if type_ in choices:
        return choices[type_]
    return next(iter(type_)) if hasattr(type_, "__members__") else None


async def test_nothing_but_times_kinds_and_listed_words_is_ever_written(tmp_path: Path) -> None:
    events = [planted(kind) for kind in EVENTS]
    texts = [value for event in events for value in msgspec.structs.astuple(event) if value == PLANTED]
    assert len(texts) > 10
    desk = await recorded(tmp_path, *events)
    desk.recording.observe(PLANTED, 0.0)  # the runner's moments and entries are no events
    text = (desk.folder / "2026-04-06.jsonl").read_text(encoding="utf-8")
    for part in re.split(r"\W", PLANTED):
        assert part not in text
    header, *lines = (msgspec.json.decode(line) for line in text.splitlines())
    assert header["format"] == FORMAT
    assert len(lines) == len(KEPT) + 1
    for line in lines:
        assert set(line) <= {"t", "kind", "word"}
        assert isinstance(line["t"], float)
        assert line.get("word", "") in WORDS.get(Kind(line["kind"]), {""})


async def test_each_day_has_a_file_and_old_ones_go(tmp_path: Path) -> None:
    desk = Desk(tmp_path, keep_days=3)
    desk.folder.mkdir()
    (desk.folder / "2026-03-01.jsonl").write_text("old")
    desk.recording.start()
    for _ in range(5):
        desk.hear(ev.SignInSeen())
        desk.clock.advance(86_400)
    await desk.recording.stop()
    assert desk.files == ["2026-04-08.jsonl", "2026-04-09.jsonl", "2026-04-10.jsonl"]
    assert [at for at, _, _ in kinds(tmp_path)] == [0.0, 0.0, 0.0]  # each can be read alone


async def test_the_oldest_go_where_all_together_are_too_large(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_bytes=5_000)
    desk.folder.mkdir()
    for day in (4, 5):
        (desk.folder / f"2026-04-0{day}.jsonl").write_bytes(b"x" * 2_000)
    desk.recording.start()
    desk.hear(ev.SignInSeen())
    await desk.written()
    assert desk.files == ["2026-04-04.jsonl", "2026-04-05.jsonl", "2026-04-06.jsonl"]
    desk.hear(*[ev.PortalActivity()] * 20)
    await desk.written()
    assert desk.files == ["2026-04-05.jsonl", "2026-04-06.jsonl"]
    await desk.recording.stop()
    assert desk.codes == []


async def test_a_day_that_is_too_large_ends_with_a_warning_and_the_next_one_begins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_bytes=2_000)
    desk.recording.start()
    desk.hear(*[ev.PortalActivity()] * 200)
    await desk.written()
    size = (desk.folder / "2026-04-06.jsonl").stat().st_size
    assert size < 2_100
    assert desk.codes == [writer.CODE]
    desk.clock.advance(86_400)
    desk.hear(ev.SignInSeen())
    await desk.written()
    assert desk.codes == []
    await desk.recording.stop()
    (_, lost), _ = lines_of(desk.folder / "2026-04-07.jsonl")
    assert lost > 100


def lines_of(path: Path) -> list[tuple[str, int]]:
    return [(line.kind.value, line.n) for part in read_parts([path]) for line in part.lines]


async def test_a_disk_that_cannot_be_written_is_told_once_and_what_is_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    append = EventRecording._append

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(EventRecording, "_append", refuse)
    desk.recording.start()
    desk.hear(ev.SignInSeen(), ev.PortalActivity(), ev.PortalActivity())
    await desk.written()
    (warning,) = desk.health.warnings
    assert (warning.code, "No space left on device" in warning.detail) == (writer.CODE, True)
    monkeypatch.setattr(EventRecording, "_append", append)
    desk.hear(ev.PortalActivity())  # not tried again before a minute is over
    desk.hear(ev.SignOutSeen(), after_s=writer.RETRY_S)
    await desk.written()
    assert desk.codes == []
    await desk.recording.stop()
    assert lines_of(desk.folder / "2026-04-06.jsonl") == [("Lost", 4), ("SignOutSeen", 0)]


async def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 5)
    desk = Desk(tmp_path)
    desk.hear(*[ev.PortalActivity()] * 8)  # nobody takes them: the writing thread has not begun
    desk.recording.start()
    await desk.written()
    await desk.recording.stop()
    assert lines_of(desk.folder / "2026-04-06.jsonl")[0] == ("Lost", 3)
    assert len(lines_of(desk.folder / "2026-04-06.jsonl")) == 6


async def test_a_line_that_a_power_cut_broke_is_removed(tmp_path: Path) -> None:
    desk = await recorded(tmp_path, ev.SignInSeen(), ev.PortalActivity())
    path = desk.folder / "2026-04-06.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    await recorded(tmp_path, ev.SignOutSeen())
    assert lines_of(path) == [("SignInSeen", 0), ("SignOutSeen", 0)]


async def test_two_agents_of_one_day_share_its_file(tmp_path: Path) -> None:
    await recorded(tmp_path, ev.SignInSeen())
    await recorded(tmp_path, ev.SignOutSeen())
    assert len(read_parts([tmp_path / FOLDER / "2026-04-06.jsonl"])) == 2
