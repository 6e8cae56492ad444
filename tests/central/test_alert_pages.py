"""Acknowledging alerts on their page: by whom, of which places, and that it ends the reminders."""

from __future__ import annotations

import datetime
import re

import pytest

from kiosk_agent.central.alerts import service
from kiosk_agent.central.alerts.schemas import State, What
from kiosk_agent.central.places.schemas import NATION
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Role
from tests.central.alerting import raise_clone
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.people import PASSWORD, add_person, form_of, sign_in
from tests.central.test_alerts import look, send
from tests.central.world import World

DAY = datetime.timedelta(days=1)
LATER = NOW + 2 * DAY  # a Wednesday
PAGE = "/alerts"


@pytest.fixture
async def alerted(world: World) -> World:
    """Chiyoda and Sapporo each have a copied desk; a manager of Chiyoda is signed in."""
    for code in ("131016", "011002"):
        raise_clone(world.database, enrolled(world.database, DeskOfTests(code)))
    service.add_recipient(world.database, "it@example.test", "nation", NOW, actor="tests")
    look(world.database, NOW)
    send(world.database, NOW)
    add_person(world.database, "manager", Role.MANAGER, "municipality:131016")
    add_person(world.database, "viewer", Role.VIEWER, "municipality:131016")
    assert (await sign_in(world.client, "manager", PASSWORD)).status_code == 303
    return world


def states(world: World) -> dict[str, State]:
    return {one.municipality: one.alert.state for one in service.listed(world.database, NATION)}


async def test_who_sees_to_it_is_named_and_nobody_is_reminded_of_it(alerted: World) -> None:
    text = (await alerted.client.get(PAGE)).text
    assert "同じ記録が2台の端末から届きました" in text
    assert "札幌市" not in text
    number = re.findall(r'<option value="(\d+)"', text)[0]
    csrf = await form_of(alerted.client, PAGE)
    asked = {"csrf": csrf, "number": number, "note": "  窓口に\n電話する "}
    done = await alerted.client.post(f"{PAGE}/acknowledge", data=asked)
    assert (done.status_code, done.headers["location"]) == (303, PAGE)
    text = (await alerted.client.get(PAGE)).text
    assert "窓口に 電話する" in text
    assert "2026年4月20日 12:00" in text
    assert "<option" not in text  # nothing is left to see to
    assert "対応中" in (await alerted.client.get("/")).text
    with alerted.database.reading() as connection:
        newest = list(audit.entries(connection))[-1]
    assert (newest.actor, newest.action, newest.detail) == (
        *("manager", "alert_acknowledged", f"alert {number}: 窓口に 電話する"),
    )
    assert newest.address
    look(alerted.database, LATER)
    (message,) = send(alerted.database, LATER)
    assert [one.municipality for one in message.content.items if one.what is What.REMINDER] == ["札幌市"]


async def test_what_cannot_be_seen_to_stays_as_it_is(alerted: World) -> None:
    asked = {"csrf": await form_of(alerted.client, PAGE), "number": "1", "note": ""}
    for changes, status in (
        ({"number": "2"}, 404),  # another municipality's
        ({"number": "3"}, 404),  # nobody's
        ({"number": "x"}, 400),
        ({"number": "９"}, 400),
        ({"note": "n" * 1001}, 400),
        ({"csrf": "0" * 64}, 403),
    ):
        refused = await alerted.client.post(f"{PAGE}/acknowledge", data={**asked, **changes})
        assert (refused.status_code, 'role="alert"' in refused.text) == (status, True), changes
        assert "札幌市" not in refused.text
    assert set(states(alerted).values()) == {State.NOTIFIED}


async def test_what_nobody_sees_to_stands_first_on_the_overview(alerted: World) -> None:
    service.acknowledge(alerted.database, NATION, 2, NOW, actor="somebody")
    for most, expected in ((None, [1, 2]), (2, [1, 2]), (1, [1])):
        found = service.listed(alerted.database, NATION, most=most)
        assert [one.alert.id for one in found] == expected
    text = (await alerted.client.get("/")).text
    assert "同じ記録が2台の端末から届きました" in text
    assert "未対応（通知済み）" in text


async def test_a_viewer_looks_and_has_no_form(alerted: World) -> None:
    alerted.client.cookies.clear()
    await sign_in(alerted.client, "viewer", PASSWORD)
    text = (await alerted.client.get(PAGE)).text
    assert "同じ記録が2台の端末から届きました" in text
    assert "<option" not in text
    csrf = await form_of(alerted.client)
    refused = await alerted.client.post(f"{PAGE}/acknowledge", data={"csrf": csrf, "number": "1"})
    assert refused.status_code == 403
    assert states(alerted)["千代田区"] is State.NOTIFIED


async def test_the_second_one_is_told_that_somebody_sees_to_it_already(alerted: World) -> None:
    csrf = await form_of(alerted.client, PAGE)
    for note, status in (("first", 303), ("second", 404)):
        asked = {"csrf": csrf, "number": "1", "note": note}
        assert (await alerted.client.post(f"{PAGE}/acknowledge", data=asked)).status_code == status
    (one,) = [one for one in service.listed(alerted.database, NATION) if one.municipality == "千代田区"]
    assert one.alert.note == "first"
