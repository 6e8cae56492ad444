"""Every staff page for every role and for other people's places; the files of the tables; ranges that cannot be."""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pypdf
import pytest
from litestar import Litestar

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.app import create_app
from kiosk_agent.central.dashboard.silence import State
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.desks.service import enrol
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.words import TEXTS, words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import service
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action, Role
from kiosk_agent.clock import ManualClock
from kiosk_agent.wire import v1
from kiosk_agent.wire.policy import Settings
from tests.central.nation import NOW
from tests.central.page_addresses import ABOVE_OR_ELSEWHERE, OWN, addresses
from tests.central.people import CSRF, PASSWORD, add_person, add_places, form_of, sign_in, staff_routes
from tests.central.shown import PEOPLE, add_people, fill
from tests.central.world import World, open_world

# What is said of other places on nobody's page but of those who may see them.
PICTURES = (".svg", ".pdf")  # slow to make, and without these words in plain text
ELSEWHERE = ("札幌市", "北海道", "中央区役所", "日本橋特別出張所")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """To find the routes in."""
    return create_app(Database(sqlite_url(tmp_path_factory.mktemp("routes"))), ManualClock(wall=NOW))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the nation and its people, made once."""
    folder = tmp_path_factory.mktemp("filled")
    database = Database(sqlite_url(folder))
    from kiosk_agent.central.database.migrate import migrate

    migrate(database)
    fill(database)
    add_people(database)
    database.close()
    return folder


@pytest.fixture
async def shown(filled: Path) -> AsyncIterator[World]:
    async with open_world(filled) as world:
        yield world


async def as_person(world: World, name: str) -> None:
    world.client.cookies.clear()
    answer = await sign_in(world.client, name, PASSWORD)
    assert answer.status_code == 303, answer.text


async def test_nobody_sees_a_page_without_signing_in(shown: World, app: Litestar) -> None:
    for method, address, needs in addresses(app, "nation", "all"):
        if needs is not None:
            answer = await shown.client.request(method, address)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login"), (method, address)


@pytest.mark.parametrize("name", PEOPLE)
async def test_each_role_sees_its_pages_and_no_others(shown: World, app: Litestar, name: str) -> None:
    await as_person(shown, name)
    role, level, key = PEOPLE[name][0], "desk", "1"  # within everybody's scope
    for method, address, needs in addresses(app, level, key):
        if needs is None or address in ("/logout", "/stay"):
            continue
        is_slow = address.endswith(".pdf")  # a month that is none is refused only after the role
        answer = await shown.client.request(method, f"{address}?month=x" if is_slow else address)
        if method == "GET":
            allowed = answer.status_code in ((400,) if is_slow else (200, 303))
            assert allowed == (role >= needs), (name, address, answer.status_code)
        else:  # a form without its token is nobody's
            assert answer.status_code == 403, (name, address)


VARIES = ("date", "set-cookie", "content-length")  # the last: a page holds a token that is made for it


async def test_head_is_answered_as_get_without_the_body(shown: World, app: Litestar) -> None:
    await as_person(shown, next(name for name, (role, _) in PEOPLE.items() if role is Role.ADMINISTRATOR))
    addressed = [address for method, address, _ in addresses(app, "office", "1") if method == "GET"]
    for address in [*addressed, "/healthz", "/openapi.json", "/v1/policy", "/not/there"]:
        asked = f"{address}?month=x" if address.endswith(".pdf") else address
        whole, head = await shown.client.get(asked), await shown.client.head(asked)
        assert (head.status_code, head.content) == (whole.status_code, b""), address
        assert int(head.headers["content-length"]) > 0 or not whole.content, address
        same = [{name: value for name, value in one.headers.items() if name not in VARIES} for one in (head, whole)]
        assert same[0] == same[1], address


@pytest.mark.parametrize("name", [name for name, (_, scope) in PEOPLE.items() if "131016" in scope])
async def test_other_peoples_places_are_on_no_page(shown: World, app: Litestar, name: str) -> None:
    await as_person(shown, name)
    role = PEOPLE[name][0]
    seen = [place for place in OWN if not name.startswith("office") or place in (("office", "1"), ("desk", "1"))]
    takes_a_place = 0
    walked = set[str]()
    for level, key in [*seen, *ABOVE_OR_ELSEWHERE]:
        for method, address, needs in addresses(app, level, key):
            is_place = f"/{level}/{key}" in address
            if (
                method != "GET"
                or needs is None
                or role < needs
                or ((level, key) in seen and address.endswith(PICTURES))
            ):
                continue
            for query in ("",) if is_place else ("", f"?level={level}&key={key}", f"?municipality={key}"):
                if address + query in walked:
                    continue
                walked.add(address + query)
                answer = await shown.client.get(address + query)
                assert not any(word in answer.text for word in ELSEWHERE), (address + query, answer.status_code)
                if (level, key) in ABOVE_OR_ELSEWHERE and is_place:
                    takes_a_place += 1
                    assert answer.status_code == 404, address + query
    assert takes_a_place >= 2 * len(ABOVE_OR_ELSEWHERE)


async def test_a_prefectures_people_see_all_of_it_and_nothing_beyond(shown: World) -> None:
    await as_person(shown, "tokyo-viewer")
    assert (await shown.client.get("/places")).headers["location"] == "/places/prefecture/13"
    text = (await shown.client.get("/places/prefecture/13")).text
    assert "千代田区" in text
    assert "中央区" in text
    assert "北海道" not in text
    assert (await shown.client.get("/places/prefecture/01")).status_code == 404
    assert (await shown.client.get("/places/nation/all")).status_code == 404


async def test_what_needs_a_person_stands_on_the_overview(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    text = (await shown.client.get("/")).text
    assert "4台のうち 1台から、開庁時間中なのに知らせが届いていません。" in text
    assert "台帳の複製（1つの台帳が2台にある）" in text
    assert "見守られていない端末（長い順、10台まで）" in text
    assert "開庁時間中なのに、端末から報告がありません" in text
    listed = (await shown.client.get("/unprotected")).text
    assert "本庁舎 2階 マイナンバーカード特設窓口" in listed
    assert "日本橋特別出張所" not in listed


async def test_few_visits_have_no_rank_and_it_is_said_why(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    text = (await shown.client.get("/places/nation/all")).text
    assert "順位なし" in text
    assert "30件に満たないところには順位を付けません" in text
    rows = list(csv.reader(io.StringIO(await csv_of(shown, "/places/nation/all", "ranking"))))
    assert [row[:4] for row in rows[1:]] == [["1", "1", "1", "東京都"], ["", "", "", "北海道"]]


async def csv_of(world: World, address: str, table: str) -> str:
    answer = await world.client.get(f"{address}?table={table}&as=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return answer.content.decode("utf-8-sig")


async def test_every_table_of_every_page_is_given_as_a_file(shown: World, app: Litestar) -> None:
    await as_person(shown, "nation-administrator")
    pages = {
        address
        for place in (("nation", "all"), ("office", "1"), ("desk", "2"))
        for method, address, _ in addresses(app, *place)
        if method == "GET" and not address.endswith(PICTURES)
    }
    given = 0
    for address in sorted(pages):
        answer = await shown.client.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        links = re.findall(r'<p class="files">.*?</p>', answer.text, re.S)
        assert answer.text.count("<table") == len(links), address
        for link in links:
            for href in re.findall(r'href="([^"]+)"', link):
                file = await shown.client.get(href.replace("&amp;", "&"))
                assert file.headers["content-disposition"].startswith("attachment;"), href
                assert file.headers["cache-control"] == "no-store"
                if "as=xlsx" in href:
                    book = openpyxl.load_workbook(io.BytesIO(file.content))
                    rows = list(book.active.iter_rows(values_only=True)) if book.active else []
                else:
                    rows = list(map(tuple, csv.reader(io.StringIO(file.content.decode("utf-8-sig")))))
                assert len(rows) > 1, href
                assert len({len(row) for row in rows}) == 1, href
                given += 1
    assert given >= 20


async def test_each_number_stands_beside_its_share_of_unknown(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    text = (await shown.client.get("/places/nation/all")).text
    cards = text.split('<ul class="numbers">')[1].split("</ul>")[0]
    _, *rows = csv.reader(io.StringIO(await csv_of(shown, "/places/nation/all", "numbers")))
    assert len(rows) == 4
    for _, total, yes, no, unknown, share, unknown_share in rows:
        counts = [int(one) for one in (yes, no, unknown)]
        assert sum(counts) == int(total)
        assert (float(share), float(unknown_share)) == tuple(round(100 * one / int(total), 1) for one in counts[::2])
        assert f"不明 {counts[2]:,}件（{unknown_share} %）" in cards
    assert any(int(row[4]) for row in rows)


async def test_files_tell_desks_apart_and_say_units(shown: World) -> None:
    """Offices of many municipalities have one name, and desks may have none."""
    await as_person(shown, "nation-viewer")
    for address, table in (("/unprotected", "desks"), ("/alarms", "alarms"), ("/places/office/2", "desks")):
        head, *rows = csv.reader(io.StringIO(await csv_of(shown, address, table)))
        told = [dict(zip(head, row, strict=True)) for row in rows]
        assert {(one["端末番号"], one["市区町村"].removeprefix("東京都 ")) for one in told} == {("2", "千代田区")}, (
            address
        )
    units = {
        "numbers": ("割合 (%)", "不明の割合 (%)"),
        "changed": ("差 (ポイント)",),
        "desks": ("知らせのない開庁時間 (分)",),
    }
    for table, wanted in units.items():
        head = next(csv.reader(io.StringIO(await csv_of(shown, "/", table))))
        assert set(wanted) <= set(head), table
    head = next(csv.reader(io.StringIO(await csv_of(shown, "/policy", "history"))))
    assert "端末の割合 (%)" in head


@pytest.mark.parametrize(
    "query",
    [
        "days=0",
        "days=x",
        "days=99999999999",
        "from=2026-04-02&to=2026-04-01",
        "from=2026-04-01",
        "from=1900-01-01&to=2026-01-01",
        "figure=signed_in",
        "figure=x",
        "step=year",
    ],
)
async def test_what_cannot_be_read_is_said(shown: World, query: str) -> None:
    await as_person(shown, "nation-viewer")
    answer = await shown.client.get(f"/places/nation/all?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_every_page_says_which_methods_it_takes(shown: World) -> None:
    for address in {path: None for _, path, _ in addresses(create_app(shown.database, shown.clock), "office", "1")}:
        answer = await shown.client.options(address)
        assert (answer.status_code, "OPTIONS" in answer.headers["allow"]) == (204, True), address
    refused = await shown.client.put("/login", headers={"Accept": "text/html"})
    assert (refused.status_code, "POST" in refused.headers["allow"]) == (405, True)


@pytest.mark.parametrize("place", ["desk/0", "desk/x", "office/９", "planet/1", "nation/1", "municipality/all"])
async def test_places_that_are_none_are_not_there(shown: World, place: str) -> None:
    await as_person(shown, "nation-viewer")
    for address in (f"/places/{place}", f"/places/{place}/trend.svg"):
        assert (await shown.client.get(address)).status_code == 404


async def test_the_language_is_chosen_and_leads_nowhere_else(shown: World) -> None:
    for back, to in [
        ("/alarms?table=x", "/alarms?table=x"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nb", "/"),
        ("/\t/evil.example", "/"),
    ]:
        answer = await shown.client.get("/language/en", params={"back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, to)
    assert "Sign in" in (await shown.client.get("/login")).text
    await shown.client.get("/language/xx")
    assert "ログイン" in (await shown.client.get("/login")).text


async def test_the_chart_is_text_and_the_same_for_the_same_numbers(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    address = "/places/nation/all/trend.svg?from=2026-04-01&to=2026-04-20"
    first, again = [(await shown.client.get(address)).text for _ in range(2)]
    assert first == again
    assert ">4/1</text>" in first
    dark = (await shown.client.get(f"{address}&dark=1")).text
    assert "#1a1a1a" in dark
    assert "#1a1a1a" not in first


async def test_the_map_of_hours_says_of_which_desks_it_is(shown: World) -> None:
    await as_person(shown, "chiyoda-administrator")
    text = (await shown.client.get("/places/municipality/131016")).text
    assert "利用ごとの記録を中央へ送る端末（2台のうち1台）" in text
    assert "その端末：市民課 端末1。" in text
    picture = await shown.client.get("/places/municipality/131016/hours.svg?days=28")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert ">月</text>" in picture.text
    assert (await shown.client.get("/places/municipality/131024/hours.svg")).status_code == 404
    nobodys = (await shown.client.get("/places/desk/2")).text
    assert "この期間の利用ごとの記録を送った端末はありません。" in nobodys
    assert "hours.svg" not in nobodys


def test_both_languages_have_the_same_gaps() -> None:
    for key, (japanese, english) in TEXTS.items():
        gaps = [sorted(set(re.findall(r"{(\w*)}", text))) for text in (japanese, english)]
        assert gaps[0] == gaps[1], key
        assert japanese
        assert english


def test_whatever_a_page_may_have_to_name_has_its_words() -> None:
    named = [
        *(f"alarm_{kind.value}" for kind in AlarmKind),
        *(f"action_{action.value}" for action in Action),
        *(f"setting_{name}" for name in Settings.__struct_fields__),
        *(f"state_{state.value}" for state in State),
        *(f"severity_{severity.value}" for severity in v1.Severity),
    ]
    assert [key for key in named if key not in TEXTS] == []


async def test_a_policys_form_keeps_what_it_does_not_ask_for(shown: World) -> None:
    place = Place(Level.DESK, "1")
    service.change(shown.database, place, Settings(mandatory_senses=("card",), gap_s=30), "tests", "first", NOW)
    await as_person(shown, "nation-manager")
    csrf = await form_of(shown.client)
    asked = {"csrf": csrf, "level": "desk", "key": "1", "warning_s": "45", "share": "100", "reason": "why", "do": "set"}
    assert (await shown.client.post("/policy", data=asked)).status_code == 200
    newest = service.history(shown.database, place)[0]
    assert newest.settings == Settings(mandatory_senses=("card",), warning_s=45)


def test_a_moment_at_either_end_of_the_calendar_is_shown() -> None:
    formats = Formats("ja", words("ja"))
    first, last = "0001-01-01T00:30:00+14:00", "9999-12-31T23:59:59+00:00"  # in UTC, or in Japan, of no year
    assert [formats.moment(datetime.datetime.fromisoformat(one)) for one in (first, last)] == [
        "1年1月1日 00:30",
        "9999年12月31日 23:59",
    ]


async def test_a_sign_that_a_database_has_no_place_for_is_not_understood(url: str, tmp_path: Path) -> None:
    async with open_world(tmp_path, url) as world:
        add_places(world.database)
        add_person(world.database, role=Role.ADMINISTRATOR)
        assert (await sign_in(world.client, "o\0ne")).status_code in (400, 403)
        await sign_in(world.client)
        assert (await world.client.get("/places/municipality/%00")).status_code == 404
        asked = {"csrf": await form_of(world.client), "name": "new", "role": "VIEWER", "level": "municipality"}
        added = await world.client.post("/staff/add", data={**asked, "password": PASSWORD, "code": "13\0"})
        assert added.status_code == 400


@pytest.mark.parametrize(("charset", "value"), [("utf-8", b"\xff"), ("of-nobody", b"a")])
async def test_a_form_that_cannot_be_read_is_not_understood(world: World, charset: str, value: bytes) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="csrf"\r\nContent-Type: text/plain; charset={charset}\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await world.client.post("/login", content=head.encode() + value + b"\r\n--x--\r\n", headers=headers)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (400, "text/html")


def test_nearly_all_never_looks_like_all() -> None:
    formats = Formats("ja", words("ja"))
    assert [formats.percent(share) for share in (None, 0, 0.0001, 0.5, 0.9999, 1)] == [
        "–",
        "0.0 %",
        "0.1 %",
        "50.0 %",
        "99.9 %",
        "100.0 %",
    ]
    assert [formats.points(value) for value in (None, 0.0001, 0.1, -0.1)] == [
        "–",
        "±0.0 ポイント",
        "+10.0 ポイント",
        "−10.0 ポイント",
    ]


async def test_to_stay_needs_the_pages_token(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    assert (await shown.client.post("/stay")).status_code == 403
    csrf = await form_of(shown.client)
    assert (await shown.client.post("/stay", headers={"X-CSRF-Token": csrf})).status_code == 204


def test_every_page_says_which_role_it_needs(app: Litestar) -> None:
    found = {path: needs for _, path, needs in staff_routes(app)}
    assert found["/"] is Role.VIEWER
    assert {path for path, needs in found.items() if needs is None} == {
        "/login",
        "/assets/central.css",
        "/assets/idle.js",
        "/language/{chosen:str}",
    }


async def test_codes_are_made_for_ones_own_offices_alone_and_shown_once(shown: World) -> None:
    await as_person(shown, "chiyoda-manager")
    csrf = await form_of(shown.client, "/enrolment")
    asked = {"csrf": csrf, "count": "2", "hours": "24"}
    answer = await shown.client.post("/enrolment", data={**asked, "office": "1"})
    codes = re.findall(r'<p class="code">([0-9A-Z-]{14})</p>', answer.text)
    assert (answer.status_code, len(set(codes)), answer.text.count("<svg")) == (200, 2, 2)
    assert re.search(r"<span>--central http://central</span> <span>--code [0-9A-Z-]{14}</span>", answer.text)
    request = v1.EnrolRequest(codes[0], "t" * 43, "0.1.0")
    assert enrol(shown.database, request, NOW).office == "市民課"
    for wrong in ({"office": "3"}, {"office": "x"}, {"municipality": "131024", "new_office": "ほか"}):
        assert (await shown.client.post("/enrolment", data={**asked, **wrong})).status_code == 404
    for wrong in ({"count": "51"}, {"count": "い"}, {"hours": "0"}, {"new_office": "課" * 101}):
        refused = await shown.client.post("/enrolment", data={**asked, "office": "1", **wrong})
        assert (refused.status_code, 'id="count"' in refused.text) == (400, True), "the form comes again"
        assert "端末の台数は1〜50" in refused.text
    new = await shown.client.post("/enrolment", data={**asked, "municipality": "131016", "new_office": "新しい課"})
    assert "新しい課" in new.text
    with shown.database.reading() as connection:
        made = [one for one in audit.entries(connection) if one.action == "codes_made" and one.actor]
    assert [(one.actor, one.detail) for one in made] == [
        ("chiyoda-manager", "2 × 131016/市民課"),
        ("chiyoda-manager", "2 × 131016/新しい課"),
    ]


async def test_accounts_are_added_and_disabled_within_ones_own_scope(shown: World) -> None:
    await as_person(shown, "chiyoda-administrator")
    text = (await shown.client.get("/staff")).text
    assert "office-manager" in text
    assert "nation-viewer" not in text
    assert "tokyo-viewer" not in text
    csrf = await form_of(shown.client, "/staff")
    asked = {"csrf": csrf, "name": "new", "role": "VIEWER", "password": PASSWORD}
    office = ("office", "131024/日本橋特別出張所")
    for level, code in (("nation", ""), ("prefecture", "13"), ("municipality", "131024"), office):
        refused = await shown.client.post("/staff/add", data={**asked, "level": level, "code": code})
        assert (refused.status_code, 'role="alert"' in refused.text) == (400, True), level
    beyond, nowhere = [
        (await shown.client.post("/staff/add", data={**asked, "level": "office", "code": code})).text
        for code in ("131024/日本橋特別出張所", "131024/どこにもない課")
    ]
    assert beyond == nowhere, "nobody learns which offices others have"
    added = await shown.client.post("/staff/add", data={**asked, "level": "municipality", "code": "131016"})
    assert (added.status_code, added.headers["location"]) == (303, "/staff")
    for name in ("nation-viewer", "chiyoda-administrator", "nobody"):  # another's, oneself, none
        refused = await shown.client.post("/staff/disable", data={"csrf": csrf, "name": name})
        assert refused.status_code == 400, name
    await shown.client.post("/staff/disable", data={"csrf": csrf, "name": "new"})
    log = (await shown.client.get("/staff/audit")).text
    assert "chiyoda-administrator" in log
    assert "nation-viewer" not in log
    await as_person(shown, "nation-viewer")
    shown.client.cookies.clear()
    assert (await sign_in(shown.client, "new", PASSWORD)).status_code == 403


async def test_a_policy_is_looked_at_set_and_taken_back_within_ones_own_scope(shown: World) -> None:
    await as_person(shown, "chiyoda-manager")
    page = (await shown.client.get("/policy?level=office&key=1")).text
    assert "混雑のため短くする" not in page  # of the municipality's history, not of the office's
    csrf = CSRF.findall(page)[0]
    asked = {"csrf": csrf, "level": "office", "key": "1", "idle_limit_s": "60", "share": "100", "reason": "試す"}
    looked = await shown.client.post("/policy", data={**asked, "do": "preview"})
    assert "台のうち" in looked.text
    assert service.history(shown.database, Place(Level.OFFICE, "1")) == []
    done = await shown.client.post("/policy", data={**asked, "do": "set"})
    assert done.status_code == 200
    newest = service.history(shown.database, Place(Level.OFFICE, "1"))[0]
    assert (newest.settings, newest.made_by, newest.reason) == (Settings(idle_limit_s=60), "chiyoda-manager", "試す")
    for wrong in ({"warning_s": "5"}, {"idle_limit_s": "x"}, {"reason": ""}, {"share": "0"}, {"preset": "none"},
                  {"idle_limit_s": "60", "max_visit_s": "60"}):  # fmt: skip
        refused = await shown.client.post("/policy", data={**asked, **wrong, "do": "set"})
        assert (refused.status_code, 'role="alert"' in refused.text) == (400, True), wrong
        told = refused.text.split('role="alert">')[1].split("</p>")[0]
        assert [name for name in wrong if name.endswith("_s") and name in told] == [], "the form calls it otherwise"
    for level, key in [("nation", "all"), ("prefecture", "13"), ("municipality", "131024"), ("office", "3")]:
        refused = await shown.client.post("/policy", data={**asked, "level": level, "key": key, "do": "set"})
        assert refused.status_code == 404
    await shown.client.post("/policy", data={**asked, "do": "roll_back"})
    assert service.history(shown.database, Place(Level.OFFICE, "1"))[0].settings == Settings()
    await as_person(shown, "chiyoda-viewer")
    csrf = await form_of(shown.client)
    assert (await shown.client.post("/policy", data={**asked, "csrf": csrf, "do": "set"})).status_code == 403


async def test_the_monthly_report_is_a_pdf_with_the_months_numbers(shown: World) -> None:
    await as_person(shown, "chiyoda-viewer")
    answer = await shown.client.get("/places/municipality/131016/report.pdf?month=2026-04")
    assert answer.headers["content-type"] == "application/pdf"
    if folder := os.environ.get("KIOSK_CENTRAL_PICTURES"):
        (Path(folder) / "report.pdf").write_bytes(answer.content)
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    text = unicodedata.normalize("NFKC", "".join(page.extract_text() for page in read.pages)).replace("\n", "")
    assert "月次報告 2026年4月" in text
    assert "千代田区" in text
    assert "東京都" not in text  # it is above the scope
    assert "4/1" in text  # the chart's text is text
    assert "chiyoda-viewer" in text
    assert (await shown.client.get("/places/municipality/131024/report.pdf")).status_code == 404
    for month in ("2026-13", "0001-01", "9999-12"):  # the first and the last one have no neighbour
        answer = await shown.client.get(f"/places/municipality/131016/report.pdf?month={month}")
        assert (answer.status_code, "2026-04 のように" in answer.text) == (400, True), month
    answer = await shown.client.get("/places/municipality/131016/report.pdf?month=2026-05")
    assert (answer.status_code, "まだ始まっていない月" in answer.text) == (400, True)
