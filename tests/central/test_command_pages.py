"""Commands given on a desk's page: by whom, to which desks, how sure, and that the desk really gets them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import NamedTuple

import msgspec
import openpyxl
import pytest
import sqlalchemy as sa

from kiosk_agent.central.commands import service
from kiosk_agent.central.commands.diagnosis import SENSE_MARKS, diagnosis_table
from kiosk_agent.central.commands.pages import MARKS, MOST_SHOWN
from kiosk_agent.central.commands.schemas import GivenCommand
from kiosk_agent.central.commands.service import LONGEST_TEXT
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.words import TEXTS, words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.errors import CentralError
from kiosk_agent.sensors.sense import SenseState
from kiosk_agent.wire.commands import (
    LONGEST_NOTE,
    MOST_COMMANDS,
    CommandKind,
    CommandResult,
    ReadResults,
    Result,
    SenseLine,
)
from kiosk_agent.wire.v1 import Severity
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.people import PASSWORD, add_person, form_of, sign_in
from tests.central.serving import JSON, bearer
from tests.central.shown import DIAGNOSTICS
from tests.central.world import World

WHY = "窓口から電話があった"
PEOPLE = {
    "nation": (Role.MANAGER, "nation"),
    "tokyo": (Role.ADMINISTRATOR, "prefecture:13"),
    "manager": (Role.MANAGER, "municipality:131016"),
    "administrator": (Role.ADMINISTRATOR, "municipality:131016"),
    "office": (Role.MANAGER, "office:131016/市民課"),
    "viewer": (Role.VIEWER, "municipality:131016"),
}


class Desks(NamedTuple):
    """Of one municipality two in different offices, and one of another municipality."""

    own: DeskOfTests
    beside: DeskOfTests
    elsewhere: DeskOfTests


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(
        enrolled(world.database, DeskOfTests("131016")),
        enrolled(world.database, DeskOfTests("131016"), "福祉課"),
        enrolled(world.database, DeskOfTests("131024")),
    )


async def as_person(world: World, name: str) -> str:
    """Begins an account and signs in; returns the token of the session's forms."""
    add_person(world.database, name, *PEOPLE[name])
    world.client.cookies.clear()
    assert (await sign_in(world.client, name, PASSWORD)).status_code == 303
    return await form_of(world.client)


def page_of(desk: DeskOfTests) -> str:
    return f"/places/desk/{desk.id}"


def asked(csrf: str, what: str = "end_visit", **changes: str) -> dict[str, str]:
    return {"csrf": csrf, "what": what, "reason": WHY, "sure": "yes", "note": "", **changes}


def given(database: Database, desk: DeskOfTests) -> list[GivenCommand]:
    return list(service.history(database, desk.id))


async def test_the_desk_gets_what_was_given_on_its_page_and_the_page_says_how_it_stands(
    world: World, desks: Desks
) -> None:
    csrf, page = await as_person(world, "manager"), page_of(desks.own)
    done = await world.client.post(f"{page}/commands", data=asked(csrf))
    assert (done.status_code, done.headers["location"]) == (303, f"{page}#commands")
    text = (await world.client.get(page)).text
    assert f"{WHY}</td>" in text
    assert 'mark plain">受け取り待ち<' in text
    headers = {**JSON, **bearer(desks.own)}
    got = (await world.client.post("/v1/commands", content=b"{}", headers=headers)).json()["commands"]
    assert [(one["kind"], one["valid_for_s"]) for one in got] == [("end_visit", 300)]
    assert 'mark care">受け取り済み<' in (await world.client.get(page)).text
    told = json.dumps({"results": [{"id": got[0]["id"], "result": "nothing_to_do"}]}).encode()
    await world.client.post("/v1/commands", content=told, headers=headers)
    assert 'mark plain">することなし<' in (await world.client.get(page)).text
    assert given(world.database, desks.beside) == []


@pytest.mark.parametrize("kind", CommandKind)
async def test_each_command_is_given_as_it_is_called(world: World, desks: Desks, kind: CommandKind) -> None:
    csrf, page = await as_person(world, "administrator"), page_of(desks.own)
    text = (await world.client.get(page)).text
    assert f'value="{kind.value}"' in text
    assert TEXTS[f"command_{kind.value}"][0] in text
    sent = asked(csrf, kind.value, note="  点検中\nです ", reason=" 二行の\n理由 ")
    assert (await world.client.post(f"{page}/commands", data=sent)).status_code == 303
    (one,) = given(world.database, desks.own)
    note = "点検中 です" if kind is CommandKind.CLOSE_DESK else ""  # no other command shows it
    assert (one.kind, one.reason, one.made_by, one.note) == (kind.value, "二行の 理由", "administrator", note)


async def test_the_audit_log_tells_who_gave_which_command_from_where(world: World, desks: Desks) -> None:
    csrf = await as_person(world, "manager")
    await world.client.post(f"{page_of(desks.own)}/commands", data=asked(csrf, "close_desk"))
    with world.database.reading() as connection:
        newest = list(audit.entries(connection))[-1]
    (one,) = given(world.database, desks.own)
    assert (newest.actor, newest.action, newest.detail, newest.address) == (
        "manager",
        "command_given",
        f"disable desk:{desks.own.id} {one.id}",
        "127.0.0.1",
    )


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("nation", {"own", "beside", "elsewhere"}),
        ("tokyo", {"own", "beside", "elsewhere"}),
        ("manager", {"own", "beside"}),
        ("office", {"own"}),
        ("viewer", set[str]()),
    ],
)
async def test_commands_end_at_the_scope(world: World, desks: Desks, name: str, may: set[str]) -> None:
    csrf = await as_person(world, name)
    refused = 403 if name == "viewer" else 404
    for called, desk in desks._asdict().items():
        answer = await world.client.post(f"{page_of(desk)}/commands", data=asked(csrf))
        assert answer.status_code == (303 if called in may else refused), called
        assert len(given(world.database, desk)) == (called in may), called
    for nowhere in ("desk/999", "desk/x", "desk/" + "9" * 30, "office/1", "municipality/131016", "nation/all"):
        answer = await world.client.post(f"/places/{nowhere}/commands", data=asked(csrf))
        assert answer.status_code == refused, nowhere


async def test_beyond_the_scope_nothing_is_given_or_told_by_the_service_either(world: World, desks: Desks) -> None:
    """The page looks at the place before; this holds where it does not."""
    with world.database.reading() as connection:
        query = sa.text("SELECT office_id FROM desks WHERE id = :id")
        beside = connection.execute(query, {"id": desks.beside.id}).scalar_one()
    for scope in (
        Place(Level.MUNICIPALITY, "131024"),
        Place(Level.PREFECTURE, "01"),
        Place(Level.OFFICE, str(beside)),
    ):
        with pytest.raises(CentralError, match="no desk"):
            service.give(world.database, desks.own.id, CommandKind.END_VISIT, "x", WHY, NOW, scope=scope)
        with pytest.raises(CentralError, match="no desk"):
            service.history(world.database, desks.own.id, scope=scope)
    assert given(world.database, desks.own) == []


async def test_a_viewer_sees_the_list_and_has_no_form(world: World, desks: Desks) -> None:
    service.give(world.database, desks.own.id, CommandKind.CLOSE_DESK, "課長", WHY, NOW, note="点検中")
    for name, has_form in (("viewer", False), ("manager", True)):
        await as_person(world, name)
        text = (await world.client.get(page_of(desks.own))).text
        assert all(word in text for word in ("端末の利用を停止する", "点検中", "課長", WHY, "受け取り待ち")), name
        assert ('action="/places/desk/1/commands"' in text, 'type="radio"' in text) == (has_form, has_form)


async def test_a_form_that_is_not_ours_gives_nothing(world: World, desks: Desks) -> None:
    csrf = await as_person(world, "manager")
    for sent, headers in (
        (asked("0" * 64), {}),
        (asked(""), {}),
        (asked(csrf), {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = await world.client.post(f"{page_of(desks.own)}/commands", data=sent, headers=headers)
        assert (answer.status_code, 'role="alert"' in answer.text) == (403, True)
    assert given(world.database, desks.own) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reason": " \u3000 "}, "理由を1〜200文字で"),
        ({"reason": "x" * (LONGEST_TEXT + 1)}, "理由を1〜200文字で"),
        ({"what": ""}, "指示を一つ選んでください"),
        ({"what": "explode"}, "選んだ値を読み取れません"),
        ({"sure": ""}, "「この端末で間違いありません」に印"),
        ({"sure": "no"}, "「この端末で間違いありません」に印"),
        ({"sure": "", "reason": ""}, "入れてください。端末を確かめて"),
        ({"what": "close_desk", "note": "x" * (LONGEST_NOTE + 1)}, "1行、200 文字以内"),
    ],
)
async def test_what_is_wanting_is_said_and_nothing_is_given(
    world: World, desks: Desks, changes: dict[str, str], told: str
) -> None:
    csrf = await as_person(world, "manager")
    refused = await world.client.post(f"{page_of(desks.own)}/commands", data=asked(csrf, **changes))
    assert refused.status_code == 400
    assert told in refused.text.split('role="alert">')[1].split("</p>")[0]
    assert given(world.database, desks.own) == []


async def test_a_refused_form_comes_again_as_it_was_filled_in_but_must_be_confirmed_anew(
    world: World, desks: Desks
) -> None:
    csrf = await as_person(world, "manager")
    sent = asked(csrf, "close_desk", note="<点検中>", sure="")
    text = (await world.client.post(f"{page_of(desks.own)}/commands", data=sent)).text
    assert f'value="{WHY}"' in text
    assert 'value="&lt;点検中&gt;"' in text
    assert re.findall(r'value="(\w+)"[^>]* checked', text) == ["close_desk"]
    assert f'href="{page_of(desks.own)}"' in text


async def test_nothing_is_chosen_or_ticked_beforehand_and_all_of_it_is_demanded(world: World, desks: Desks) -> None:
    await as_person(world, "manager")
    form = (await world.client.get(page_of(desks.own))).text.split('/commands">')[1].split("</form>")[0]
    fields = re.findall(r"<input[^>]+>", form)
    assert [one for one in fields if " checked" in one] == []
    for name, count in (("what", len(CommandKind)), ("reason", 1), ("sure", 1)):
        assert len([one for one in fields if f'name="{name}"' in one and " required" in one]) == count
    assert "東京都" not in form  # above the scope
    assert "千代田区 市民課 端末1（端末番号1）" in form
    warned = form.split('<p id="about-end_visit" class="status care">')[1].split("</p>")[0]
    assert all(word in warned for word in ("覆われ", "ログアウトされ", "確かめられ", "5分以内"))


async def test_no_more_is_given_to_a_desk_that_fetches_nothing(world: World, desks: Desks) -> None:
    for _ in range(MOST_COMMANDS):
        service.give(world.database, desks.own.id, CommandKind.SEND_DIAGNOSTICS, "x", WHY, NOW)
    csrf = await as_person(world, "manager")
    refused = await world.client.post(f"{page_of(desks.own)}/commands", data=asked(csrf))
    assert (refused.status_code, "すでに20件あります" in refused.text) == (400, True)
    assert "kiosk-central" not in refused.text  # whoever reads this has no command line
    assert len(given(world.database, desks.own)) == MOST_COMMANDS


async def rows_of(world: World, desk: DeskOfTests, ending: str, table: str = "commands") -> list[list[str]]:
    file = await world.client.get(f"{page_of(desk)}?table={table}&as={ending}")
    assert file.headers["content-disposition"].startswith("attachment;")
    if ending == "csv":
        return [list(row) for row in csv.reader(io.StringIO(file.content.decode("utf-8-sig")))]
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_the_file_has_all_commands_where_the_page_has_the_newest(world: World, desks: Desks, ending: str) -> None:
    await as_person(world, "viewer")
    assert "まだ指示を出していません" in (await world.client.get(page_of(desks.own))).text
    for number in range(1, MOST_SHOWN + 3):
        given_now = service.give(
            world.database, desks.own.id, CommandKind.CLOSE_DESK, "課長", f"理由{number}番", NOW, note="点検中"
        )
        results = ReadResults([CommandResult(given_now, Result.DONE)], [])
        service.exchange(world.database, hash_of(desks.own.token), results, NOW)
    text = (await world.client.get(page_of(desks.own))).text
    assert [f"理由{number}番" in text for number in (1, 2, 3, MOST_SHOWN + 2)] == [False, False, True, True]
    assert f"新しい順に {MOST_SHOWN}件までです" in text
    head, *rows = await rows_of(world, desks.own, ending)
    assert head == [
        *("番号", "出した日時", "指示", "窓口に表示する言葉", "だれが", "理由"),
        *("どうなったか", "期限", "受け取った日時", "返事の日時"),
    ]
    assert [row[5] for row in rows] == [f"理由{number}番" for number in range(MOST_SHOWN + 2, 0, -1)]
    moment = "2026年4月20日 12:00"
    assert rows[0][1:] == [
        *(moment, "端末の利用を停止する", "点検中", "課長", f"理由{MOST_SHOWN + 2}番"),
        *("実行済み", "2026年4月27日 12:00", "", moment),
    ]


async def test_what_the_desk_said_of_itself_stands_on_its_page_in_words(world: World, desks: Desks) -> None:
    for entries in (5, 1234):
        number = service.give(world.database, desks.own.id, CommandKind.SEND_DIAGNOSTICS, "x", WHY, NOW)
        said = msgspec.structs.replace(DIAGNOSTICS, entries=entries)
        results = ReadResults([CommandResult(number, Result.DONE, said)], [])
        service.exchange(world.database, hash_of(desks.own.token), results, NOW)
    await as_person(world, "viewer")
    assert "端末の診断" not in (await world.client.get(page_of(desks.beside))).text
    assert "端末の診断（2026年4月20日 12:00）" in (await world.client.get(page_of(desks.own))).text
    head, *rows = await rows_of(world, desks.own, "csv", "diagnosis")
    assert head == ["調べたもの", "内容と符号", "結果"]
    assert rows == [
        ["警告", "カードリーダーが使えない (card)", "注意"],
        ["見守り", "カード (card)", "働かない"],
        ["見守り", "画面の外の操作 (input)", "動いている"],
        ["点検（doctor）", "ledger", "問題なし"],
        ["点検（doctor）", "cover", "重大"],
        ["版", "", "0.3.0"],
        ["OSとPython", "", "Windows 11, Python 3.11.9"],
        ["端末の状態（符号）", "", "Gate"],
        ["台帳の記録の数", "", "1234"],
        ["まだ送っていない日数", "", "0"],
        ["方針の番号", "", "2"],
    ]
    for scope in (Place(Level.MUNICIPALITY, "131024"), Place(Level.PREFECTURE, "01")):
        assert service.diagnosis(world.database, desks.own.id, scope=scope) is None


async def test_what_a_newer_agent_says_of_itself_is_shown_as_it_is(world: World, desks: Desks) -> None:
    said = msgspec.structs.replace(DIAGNOSTICS, health=[], doctor=[], senses=[SenseLine("radar", "asleep")])
    number = service.give(world.database, desks.own.id, CommandKind.SEND_DIAGNOSTICS, "x", WHY, NOW)
    results = ReadResults([CommandResult(number, Result.DONE, said)], [])
    service.exchange(world.database, hash_of(desks.own.token), results, NOW)
    (one,) = given(world.database, desks.own)
    t = words("ja")
    first = diagnosis_table(one, t, Formats("ja", t)).rows[0]
    assert [cell.text for cell in first] == ["見守り", "radar", "asleep"]


async def test_in_english_it_is_all_english(world: World, desks: Desks) -> None:
    service.give(world.database, desks.own.id, CommandKind.OPEN_DESK, "boss", "why", NOW)
    csrf = await as_person(world, "manager")
    await world.client.get("/language/en")
    text = (await world.client.get(page_of(desks.own))).text
    section = text.split('<section aria-labelledby="commands">')[1].split("</section>")[0]
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")
    names = {"千代田区", "市民課"}
    assert set(japanese.findall(re.sub(r"端末1", "", section))) <= names
    assert "Enable the desk" in section
    refused = await world.client.post(f"{page_of(desks.own)}/commands", data=asked(csrf, reason=""))
    assert "No command was given. Say why, in 1 to 200 characters." in refused.text


def test_every_command_and_every_way_it_may_stand_has_words_and_a_mark() -> None:
    standings = {*Result, "waiting", "fetched"}
    assert set(MARKS) == standings
    keys = [
        *(f"stands_{one}" for one in standings),
        *(f"command_{what}{kind.value}" for kind in CommandKind for what in ("", "about_")),
    ]
    keys += [f"diagnosed_{one}" for one in (*Severity, *SenseState)]
    assert [key for key in keys if key not in TEXTS] == []
    assert set(SENSE_MARKS) == set(SenseState)
    for column in (0, 1):
        told = [TEXTS[key][column] for key in keys]
        assert len(set(told)) == len(told)  # none is called like another
