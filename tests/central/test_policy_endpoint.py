"""``GET /v1/policy`` and ``kiosk-central policy``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import service
from kiosk_agent.central.policy.endpoints import is_among
from kiosk_agent.wire.policy import PolicyAnswer, Settings, read_settings
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import bearer, command
from tests.central.world import World

NATION = Place(Level.NATION)


def put(database: Database, idle_limit_s: float) -> int:
    number, _ = service.change(database, NATION, read_settings({"idle_limit_s": idle_limit_s}), "who", "why", NOW)
    return number


async def test_a_desk_gets_its_policy_once_and_again_only_when_it_is_another(world: World) -> None:
    desk = enrolled(world.database, DeskOfTests("131016"))
    nothing = await world.client.get("/v1/policy", headers=bearer(desk))
    assert (nothing.status_code, nothing.json()) == (200, {"revision": 0, "settings": {}})
    number = put(world.database, 60)
    first = await world.client.get("/v1/policy", headers=bearer(desk) | {"If-None-Match": nothing.headers["etag"]})
    assert first.status_code == 200
    assert msgspec.json.decode(first.content, type=PolicyAnswer) == PolicyAnswer(number, Settings(idle_limit_s=60))
    tag = first.headers["etag"]
    for named in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await world.client.get("/v1/policy", headers=bearer(desk) | {"If-None-Match": named})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    put(world.database, 70)
    third = await world.client.get("/v1/policy", headers=bearer(desk) | {"If-None-Match": tag})
    assert (third.status_code, third.json()["settings"]) == (200, {"idle_limit_s": 70})
    assert "no-cache" in third.headers["cache-control"]


async def test_without_a_desks_token_there_is_no_policy(world: World) -> None:
    put(world.database, 60)
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic eA=="}):
        answer = await world.client.get("/v1/policy", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")
        assert "60" not in answer.text


async def test_wrong_tokens_count_against_the_address(world: World) -> None:
    statuses = [
        (await world.client.get("/v1/policy", headers={"Authorization": f"Bearer {n}"})).status_code for n in range(40)
    ]
    assert statuses == [401] * 30 + [429] * 10


async def test_a_desk_that_is_known_gets_through_where_others_were_wrong(world: World) -> None:
    known, new = enrolled(world.database, DeskOfTests("131016")), enrolled(world.database, DeskOfTests("131016"))
    assert (await world.client.get("/v1/policy", headers=bearer(known))).status_code == 200
    for number in range(30):
        await world.client.get("/v1/policy", headers={"Authorization": f"Bearer {number}"})
    assert (await world.client.get("/v1/policy", headers=bearer(known))).status_code == 200
    assert (await world.client.get("/v1/policy", headers=bearer(new))).status_code == 429


def test_tags() -> None:
    assert is_among('"a"', "*")
    assert not is_among('"a"', '"b"')
    assert not is_among('"a"', "")


def policy(folder: Path, *arguments: str) -> tuple[int, str]:
    done = command("policy", *arguments, "--data", str(folder))
    return done.returncode, done.stdout + done.stderr


def test_a_policy_is_set_tried_widened_shown_and_rolled_back_at_the_command_line(tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "policy.toml"
    file.write_text('preset = "strict"\n[weights]\nos_locked = "certain"\n', encoding="utf-8")
    assert policy(folder, "set", "nation", str(file), "--reason", "r", "--preview") == (
        0,
        "0 of 0 desks will change.\n",
    )
    database = Database(sqlite_url(folder))
    for _ in range(5):
        enrolled(database, DeskOfTests("131016"))
    database.close()
    reason = ("--reason", "静かな窓口", "--by", "課長")
    assert policy(folder, "set", "nation", str(file), *reason, "--preview") == (0, "5 of 5 desks will change.\n")
    status, out = policy(folder, "set", "nation", str(file), *reason, "--share", "1")
    assert (status, out.split(":")[0]) == (0, "Version 1")
    assert policy(folder, "widen", "nation", "100", *reason)[1].startswith("Version 2: ")
    assert policy(folder, "rollback", "nation", *reason) == (0, "Version 3: 5 of 5 desks changed.\n")
    status, out = policy(folder, "show", "nation")
    assert status == 0
    first, settings = out.splitlines()[:2]
    assert first.startswith("3  20")
    assert first.endswith("  課長  100 %, takes back to nothing  静かな窓口")
    assert settings.strip() == "{}"
    assert '{"preset":"strict","weights":{"os_locked":"certain"}}' in out


def test_what_is_wrong_is_told_in_one_line(tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "policy.toml"
    file.write_text("warning_s = 5\n")
    reason = ("--reason", "r")
    for arguments, told in (
        (("set", "nation", str(file), *reason), "warning_s"),
        (("set", "nation", str(tmp_path / "none.toml"), *reason), "none.toml"),
        (("set", "tokyo", str(file), *reason), "is no place"),
        (("set", "nation:1", str(file), *reason), "is no place"),
        (("rollback", "prefecture:13", *reason), "There is no place prefecture:13."),
        (("set", "nation", str(file)), "--reason"),
    ):
        status, out = policy(folder, *arguments)
        assert status in (1, 2), arguments
        assert told in out
        assert "Traceback" not in out
