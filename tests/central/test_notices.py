"""What central's staff tell the support workers: where it belongs, as long as it holds; and where it was read."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.notices import service
from kiosk_agent.central.policy.schemas import Level, Place
from kiosk_agent.errors import CentralError
from kiosk_agent.wire.notices import MOST_NOTICES, NoticesRequest
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import JSON, bearer, command
from tests.central.world import World

NATION, TOKYO = Place(Level.NATION), Place(Level.PREFECTURE, "13")
HOUR = datetime.timedelta(hours=1)


def add(database: Database, place: Place = NATION, title: str = "停電", **changes: Any) -> int:
    values: dict[str, Any] = {"title_ja": title, "body_ja": "本日17時", "since": NOW, "until": NOW + HOUR, **changes}
    return service.add(database, place, service.Wanted(**values), "課長", NOW)


def shown(database: Database, desk: DeskOfTests, *read: int, after: datetime.timedelta = HOUR * 0) -> list[str]:
    answer = service.exchange(database, hash_of(desk.token), NoticesRequest(list(read)), NOW + after)
    assert answer is not None
    assert answer.settled == list(read)
    return [one.title_ja for one in answer.notices]


def test_a_desk_is_told_what_belongs_to_a_place_above_it_as_long_as_it_holds(database: Database) -> None:
    tokyo, sapporo = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("011002"))
    add(database)
    add(database, TOKYO, "都内")
    add(database, Place(Level.DESK, str(sapporo.id)), "札幌", since=NOW + HOUR / 2)
    assert shown(database, tokyo) == ["都内", "停電"]
    assert shown(database, sapporo) == ["停電"]
    assert shown(database, sapporo, after=HOUR / 2) == ["札幌", "停電"]
    assert shown(database, tokyo, after=HOUR) == []


def test_without_english_the_japanese_is_shown_and_the_rest_of_its_time_is_told(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    add(database)
    add(database, title="訓練", title_en="Drill", body_en="At noon", ask_read=True)
    answer = service.exchange(database, hash_of(desk.token), NoticesRequest(), NOW + HOUR / 2)
    assert answer is not None
    drill, power = answer.notices
    assert (drill.title_en, drill.body_en, drill.ask_read) == ("Drill", "At noon", True)
    assert (power.title_en, power.body_en, power.ask_read, power.shown_for_s) == ("停電", "本日17時", False, 1800)


def test_what_was_read_is_gone_from_that_desk_and_counted_once(database: Database) -> None:
    desk, other = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("131024"))
    enrolled(database, DeskOfTests("011002"))
    asked = add(database, TOKYO, ask_read=True)
    untold = add(database, title="読まなくてよい")
    for _ in range(2):  # the first answer may be lost
        assert shown(database, desk, asked, untold, asked, 999_999) == ["読まなくてよい"]
    assert shown(database, other) == ["読まなくてよい", "停電"]
    newest, oldest = service.standing(database, 9)
    assert (oldest.reads, oldest.desks, oldest.ask_read, oldest.made_by) == (1, 2, True, "課長")
    assert (newest.reads, newest.desks, newest.ask_read) == (0, 3, False)


def test_a_withdrawn_notice_is_shown_no_more_and_kept(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    number = add(database)
    service.withdraw(database, number, "部長", NOW)
    assert shown(database, desk) == []
    assert [one.withdrawn_by for one in service.standing(database, 9)] == ["部長"]
    for wrong in (number, 999):
        with pytest.raises(CentralError, match="could be withdrawn"):
            service.withdraw(database, wrong, "部長", NOW)


def test_the_newest_go_first_where_there_are_too_many(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    for number in range(MOST_NOTICES + 2):
        add(database, title=f"第{number}号")
    told = shown(database, desk)
    assert (len(told), told[0]) == (MOST_NOTICES, f"第{MOST_NOTICES + 1}号")


def test_what_is_wrong_is_told_and_added_nowhere(database: Database) -> None:
    enrolled(database, DeskOfTests("131016"))
    wrong: list[dict[str, Any]] = [
        {"title": "x" * 61},
        {"title": ""},
        {"title_en": "a\nb"},
        {"body_ja": "x" * 401},
        {"until": NOW},
        {"since": NOW - HOUR * 2, "until": NOW - HOUR},
        {"until": NOW + datetime.timedelta(days=400)},
        {"place": Place(Level.OFFICE, "999")},
    ]
    for change in wrong:
        with pytest.raises(CentralError):
            add(database, **change)
    with pytest.raises(CentralError, match="Say who"):
        service.add(database, NATION, service.Wanted("a", "", NOW, NOW + HOUR), " ", NOW)
    assert service.standing(database, 9) == []


async def test_over_the_interface(world: World) -> None:
    desk = enrolled(world.database, DeskOfTests("131016"))
    number = add(world.database, ask_read=True)

    async def ask(content: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        got = await world.client.post("/v1/notices", content=content, headers={**JSON, **headers})
        return got.status_code, got.json()

    status, told = await ask(b"{}", bearer(desk))
    assert (status, [one["id"] for one in told["notices"]]) == (200, [number])
    assert await ask(b'{"read":[%d]}' % number, bearer(desk)) == (200, {"settled": [number], "notices": []})
    assert (await ask(b"{}", {}))[0] == 401
    assert (await ask(b"{}", {"Authorization": "Bearer nobody"}))[0] == 401
    assert (await ask(b'{"read":["x"]}', bearer(desk)))[0] == 400


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = command("notice", *arguments, "--data", str(folder))
    return done.returncode, done.stdout + done.stderr


def test_at_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    until = ("--until", "2099-04-01T17:00+09:00", "--from", "2099-04-01T09:00+09:00", "--by", "課長")
    assert run(folder, "add", "nation", "--title", "停電", "--ask-read", *until) == (0, "Notice 1.\n")
    assert "is no time" in run(folder, "add", "nation", "--title", "停電", "--until", "tomorrow")[1]
    assert "in the future" in run(folder, "add", "nation", "--title", "停電", "--until", "2020-04-01")[1]
    assert run(folder, "withdraw", "1", "--by", "部長") == (0, "Notice 1 is withdrawn.\n")
    status, out = run(folder, "list")
    assert status == 0
    assert out.startswith("1  nation  2099-04-01T00:00+00:00 – 2099-04-01T08:00+00:00  課長  read at 0 of 0 desks")
    assert out.endswith("withdrawn by 部長  停電\n")
    database = Database(sqlite_url(folder))
    assert len(service.standing(database, 9)) == 1
    database.close()
