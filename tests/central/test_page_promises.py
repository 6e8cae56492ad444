"""What pages promise and nothing else would notice: tables beside charts, whole files, writes within the scope."""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata

import pypdf
import pytest
import sqlalchemy as sa

from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.compliance import Figure, compliance
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.policy import service as policies
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Entry
from kiosk_agent.central.staff.scoping import within
from tests.central.nation import NOW
from tests.central.people import PASSWORD, form_of, sign_in
from tests.central.shown import PEOPLE, add_people, fill
from tests.central.world import World

ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture
def shown(world: World) -> World:
    fill(world.database)
    add_people(world.database)
    return world


async def as_person(world: World, name: str) -> None:
    assert name in PEOPLE
    await sign_in(world.client, name, PASSWORD)


async def rows_of(world: World, address: str, table: str) -> list[dict[str, str]]:
    answer = await world.client.get(f"{address}{'&' if '?' in address else '?'}table={table}&as=csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_under_each_chart_stands_its_table(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    for address in ("/places/nation/all", "/places/office/1", "/places/desk/1"):
        text = (await shown.client.get(address)).text
        charts = re.split(r"</picture>", text)[1:]
        assert len(charts) == 2, address
        assert all("<table" in after.split("<h2")[0] for after in charts), address


async def test_the_week_up_to_yesterday_stands_beside_the_one_before(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    yesterday = NOW.astimezone(JAPAN).date() - ONE_DAY
    rows = await rows_of(shown, "/", "changed")
    weeks = []
    for name, last in (("直近の7日間", yesterday), ("その前の7日間", yesterday - ONE_DAY * 7)):
        week = compliance(service.totals(shown.database, NATION, NATION, Days(last - ONE_DAY * 6, last)))
        weeks.append([str(week.of(figure).yes) for figure in Figure])
        assert [row[f"{name} (はい)"] for row in rows] == weeks[-1]
    assert weeks[0] != weeks[1]


async def test_no_cell_of_the_desks_is_empty_in_the_file(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    found = await rows_of(shown, "/places/office/2", "desks")
    assert [one["版"] for one in found] == ["0.3.0"]
    assert all(all(one.values()) for one in found)


@pytest.mark.parametrize(
    "address",
    ["/places/office/2?table=desks&as=csv", "/places/office/2?table=desks&as=xlsx", "/places/office/2/report.pdf"],
)
async def test_what_leaves_as_a_file_stands_in_the_audit_log(shown: World, address: str) -> None:
    await as_person(shown, "nation-viewer")
    before = list_of(shown)
    assert (await shown.client.get("/places/office/2")).status_code == 200  # a page that is looked at does not
    assert (await shown.client.get("/places/office/2?table=desks&as=exe")).status_code == 200
    answer = await shown.client.get(address)
    assert answer.status_code == 200
    assert "content-disposition" in answer.headers
    (entry,) = list_of(shown)[len(before) :]
    assert (entry.action, entry.actor, entry.detail) == ("file_taken", "nation-viewer", address)
    assert audit.verify(shown.database)[1] is None


async def test_no_file_leaves_that_cannot_be_told_of(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    with shown.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE staff_audit_head RENAME TO away")
    answer = await shown.client.get("/places/office/2?table=desks&as=csv")
    assert (answer.status_code, "content-disposition" in answer.headers) == (503, False)


def list_of(world: World) -> list[Entry]:
    with world.database.reading() as connection:
        return list(audit.entries(connection))


async def test_a_policy_beyond_the_scope_is_not_set_either(shown: World) -> None:
    """The page that answers looks at the place again: that alone would refuse only after the change."""
    await as_person(shown, "chiyoda-manager")
    csrf = await form_of(shown.client, "/policy")
    before = policies.history(shown.database, NATION)
    asked = {"csrf": csrf, "level": "nation", "key": "all", "idle_limit_s": "60", "share": "100", "reason": "x"}
    for do in ("set", "widen", "roll_back"):
        assert (await shown.client.post("/policy", data={**asked, "do": do})).status_code == 404
    assert policies.history(shown.database, NATION) == before


async def test_the_report_has_the_numbers_of_its_own_month(shown: World) -> None:
    await as_person(shown, "nation-viewer")
    found = await rows_of(shown, "/places/nation/all?from=2026-04-01&to=2026-04-30", "numbers")
    answer = await shown.client.get("/places/nation/all/report.pdf?month=2026-04")
    text = unicodedata.normalize("NFKC", pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text())
    numbers = text.split("四つの数字")[1].split("前の月との比較")[0]
    for one in found:
        assert f"{int(one['全体']):,}" in numbers
        assert f"{int(one['はい']):,}" in numbers


@pytest.mark.parametrize(
    ("code", "is_seen"), [("130001", True), ("139999", True), ("129999", False), ("140001", False)]
)
def test_a_prefecture_ends_where_the_next_begins(code: str, is_seen: bool) -> None:
    condition = within(Place(Level.PREFECTURE, "13"), municipality=sa.literal(code))
    with sa.create_engine("sqlite://").connect() as connection:
        assert bool(connection.execute(sa.select(condition)).scalar()) is is_seen


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_of_other_sites(shown: World, scheme: str) -> None:
    shown.client.base_url = f"{scheme}://central"
    answer = await sign_in(shown.client, "nation-viewer", PASSWORD)
    cookies = [one.lower() for one in answer.headers.get_list("set-cookie") if "kiosk-staff=" in one]
    assert len(cookies) == 1
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookies[0].split(";")}
    is_bound = cookies[0].startswith("__host-") and "secure" in cookies[0]
    assert is_bound is (scheme == "https")


async def test_no_page_may_run_or_load_what_is_not_central_s_own(shown: World) -> None:
    for address in ("/login", "/", "/places/nation/all", "/places/desk/99999"):
        if address == "/":
            await as_person(shown, "nation-viewer")
        headers = (await shown.client.get(address)).headers
        policy = dict(one.strip().partition(" ")[::2] for one in headers["content-security-policy"].split(";"))
        assert policy["default-src"] in ("'none'", "'self'"), address
        assert "unsafe" not in headers["content-security-policy"]
        assert policy["frame-ancestors"] == "'none'"
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
