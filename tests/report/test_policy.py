"""Central's policy at the desk: kept, in force from the next start, refused where it cannot be kept to."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import service
from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.report.client import DIRECT, Client, make_context
from kiosk_agent.report.policy import FILE_NAME, REFUSED, PolicyRefusedError, read_kept
from kiosk_agent.report.uploader import POLICY_EVERY_S, Uploader
from kiosk_agent.session.policy import MarkPolicy, Policy, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.settings.resolve import Resolved, resolve
from kiosk_agent.wire.policy import Settings, contradiction, read_settings
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import Server
from tests.report.desks import TOKEN, ReportingDesk, reporting_desk
from tests.report.loopback import Reply, answer, loopback, refusal, taken
from tests.support.fake_registry import FakePolicyKey

NATION = Place(Level.NATION)
OWN = """
[desk]
data_dir = "."
[senses.card]
enabled = false
"""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall=SystemClock().wall())


@pytest.fixture
async def desk(
    stack: AsyncExitStack, server: Server, database: Database, tmp_path: Path, clock: ManualClock
) -> ReportingDesk:
    """Enrolled at a real central; refuses what it cannot keep to, as a running agent does."""
    enrolled(database, DeskOfTests("131016", token=TOKEN))
    desk = await reporting_desk(stack, server.url, tmp_path / "desk", clock)
    desk.uploader = Uploader(
        server.url,
        desk.data_dir,
        desk.writer,
        desk.health,
        clock,
        lambda: Client(server.url, DIRECT, make_context(None)),
        check_policy=lambda settings: at_desk(desk.data_dir, server.url).check_policy(settings),
        chance=lambda: 0.5,
    )
    return desk


def at_desk(data_dir: Path, url: str | None, own: str = OWN) -> Resolved:
    """What would hold if the agent started now, at a desk without a card reader."""
    file = data_dir / "agent.toml"
    file.write_text('profile = "p"\n' + (f'central.url = "{url}"\n' if url else "") + own, encoding="utf-8")
    return resolve(file, registry=FakePolicyKey())


def put(database: Database, **values: Any) -> None:
    service.change(database, NATION, read_settings(values), "who", "why", NOW)


def idle(desk: ReportingDesk, server: Server) -> float:
    """The idle limit with which the agent would start now."""
    return at_desk(desk.data_dir, server.url).config.policy.idle_limit_s


async def a_round_later(desk: ReportingDesk) -> None:
    desk.clock.advance(POLICY_EVERY_S)
    await desk.uploader.round()


async def test_a_policy_is_fetched_kept_and_in_force_at_the_next_start(
    desk: ReportingDesk, server: Server, database: Database
) -> None:
    await desk.uploader.round()
    assert idle(desk, server) == Policy().idle_limit_s
    put(database, idle_limit_s=70)
    await desk.uploader.round()
    assert idle(desk, server) == Policy().idle_limit_s  # it was asked for a moment ago
    await a_round_later(desk)
    assert idle(desk, server) == 70
    kept = (desk.data_dir / FILE_NAME).read_bytes()
    await a_round_later(desk)
    assert (desk.data_dir / FILE_NAME).read_bytes() == kept
    server.stop()
    await a_round_later(desk)
    assert idle(desk, server) == 70
    assert at_desk(desk.data_dir, "http://another.invalid").config.policy == Policy()
    assert at_desk(desk.data_dir, None).config.policy == Policy()


async def test_a_policy_that_cannot_be_kept_to_is_refused_told_and_the_last_good_one_goes_on(
    desk: ReportingDesk, server: Server, database: Database
) -> None:
    put(database, idle_limit_s=70)
    await desk.uploader.round()
    put(database, idle_limit_s=60, mandatory_senses=["card"])
    await a_round_later(desk)
    assert REFUSED in desk.codes
    assert idle(desk, server) == 70
    await a_round_later(desk)
    assert REFUSED in desk.codes
    put(database, idle_limit_s=65, mandatory_senses=["input"])
    await a_round_later(desk)
    assert REFUSED not in desk.codes
    assert idle(desk, server) == 65


async def test_the_same_policy_back_after_a_refused_one_clears_the_warning(
    desk: ReportingDesk, server: Server, database: Database
) -> None:
    put(database, idle_limit_s=70)
    await desk.uploader.round()
    put(database, mandatory_senses=["card"])
    await a_round_later(desk)
    service.roll_back(database, NATION, "who", "why", NOW)
    await a_round_later(desk)
    assert REFUSED not in desk.codes
    assert idle(desk, server) == 70


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-5], lambda content: b"\xff" + content, lambda content: b"[]"],
    ids=["empty", "cut off", "not text", "something else"],
)
async def test_a_damaged_file_is_fetched_anew(
    desk: ReportingDesk, server: Server, database: Database, damage: Callable[[bytes], bytes]
) -> None:
    put(database, idle_limit_s=70)
    await desk.uploader.round()
    file = desk.data_dir / FILE_NAME
    file.write_bytes(damage(file.read_bytes()))
    assert idle(desk, server) == Policy().idle_limit_s
    await a_round_later(desk)
    assert idle(desk, server) == 70


def test_what_is_kept_and_no_longer_fits_this_desk_is_told_at_the_start(tmp_path: Path) -> None:
    kept = {"url": "http://c", "tag": '"t"', "answer": {"revision": 1, "settings": {"mandatory_senses": ["card"]}}}
    (tmp_path / FILE_NAME).write_bytes(msgspec.json.encode(kept))
    without = at_desk(tmp_path, "http://c/")
    assert without.config.policy == Policy()
    assert [code for code, *_ in without.warnings] == [REFUSED]
    with_reader = at_desk(tmp_path, "http://c", OWN.replace("false", "true"))
    assert with_reader.config.policy.mandatory_senses == ("card",)
    assert with_reader.warnings == ()


def test_settings_go_before_the_desks_own_and_what_is_not_set_stays(tmp_path: Path) -> None:
    own = '[policy]\nidle_limit_s = 100\ngap_s = 33\n[policy.weights]\nos_locked = "certain"\n'
    settings = read_settings(
        {"idle_limit_s": 60, "mark": "initials", "max_extensions": 12, "weights": {"resumed": "certain"}}
    )
    made = at_desk(tmp_path, None, own).check_policy(settings)
    assert (made.idle_limit_s, made.gap_s, made.mark, made.max_extensions) == (60, 33, MarkPolicy.INITIALS, 12)
    assert made.weights == {Signal.OS_LOCKED: Weight.CERTAIN, Signal.RESUMED: Weight.CERTAIN}


def test_a_preset_brings_its_own_limits_and_weights(tmp_path: Path) -> None:
    own = '[policy]\nidle_limit_s = 111\n[policy.weights]\nos_locked = "certain"\n'
    settings = read_settings({"preset": "strict", "gap_s": 44})
    made = at_desk(tmp_path, None, own).check_policy(settings)
    strict = policy_of(Preset.STRICT)
    assert made == msgspec.structs.replace(strict, gap_s=44)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(weights={"next_person": "nothing"}), "next_person"),  # type: ignore[dict-item]  # as it comes
        (read_settings({"mandatory_senses": ["of_a_later_agent"]}), "of_a_later_agent"),
        (read_settings({"max_visit_s": 100}), "max_visit_s"),
    ],
)
def test_no_policy_of_centrals_undercuts_the_agents_floor(tmp_path: Path, settings: Settings, told: str) -> None:
    with pytest.raises(PolicyRefusedError, match=told):
        at_desk(tmp_path, None).check_policy(settings)


@pytest.mark.parametrize("preset", [None, *Preset])
def test_central_refuses_just_what_no_desk_could_keep(tmp_path: Path, preset: Preset | None) -> None:
    shortest = at_desk(tmp_path, None, "[policy]\nidle_limit_s = 3\nwarning_s = 20\n")
    refused = 0
    limits = itertools.product((None, 3, 40, 60, 90, 110), (None, 20, 30, 60), (60, 80, 81, 120, 150))
    for idle, warning, longest in limits:
        named = {"idle_limit_s": idle, "warning_s": warning, "max_visit_s": longest, "preset": preset}
        settings = msgspec.convert({name: value for name, value in named.items() if value is not None}, Settings)
        try:
            shortest.check_policy(settings)
            kept = True
        except PolicyRefusedError:
            kept = False
        assert (contradiction(settings) is None) == kept, settings
        refused += not kept
    assert 0 < refused < 120


def test_a_sign_that_this_agent_does_not_know_is_left_out(tmp_path: Path) -> None:
    made = at_desk(tmp_path, None).check_policy(read_settings({"weights": {"of_a_later_agent": "certain"}}))
    assert made == Policy()


def test_what_is_kept_of_another_central_is_none_of_this_one(tmp_path: Path) -> None:
    kept = {"url": "http://c", "tag": "t", "answer": {"revision": 1, "settings": {}}}
    (tmp_path / FILE_NAME).write_bytes(msgspec.json.encode(kept))
    assert read_kept(tmp_path, "http://other") is None
    assert read_kept(tmp_path, "http://c") is not None


NOT_A_POLICY: dict[str, Reply] = {
    "a login page": lambda _: answer(200, b"<html>", "text/html"),
    "another program's JSON": lambda _: answer(200, b'{"status":"ok"}'),
    "a policy beneath the floor": lambda _: answer(200, b'{"revision":9,"settings":{"warning_s":1}}', ETag='"x"'),
    "unchanged, of another one": lambda _: answer(304, ETag='"other"'),
    "a failure": lambda _: answer(500),
    "refused": lambda _: refusal(401, "token_unknown"),
    "a central without policies": lambda _: refusal(404, "http"),
    "nobody": lambda _: b"",
}


@pytest.mark.parametrize("reply", NOT_A_POLICY.values(), ids=NOT_A_POLICY.keys())
async def test_what_is_no_policy_changes_nothing_and_disturbs_no_report(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock, reply: Reply
) -> None:
    async with loopback(taken) as central:
        desk = await reporting_desk(stack, central.url, tmp_path / "desk", clock)
        central.policy = lambda _: answer(200, b'{"revision":1,"settings":{"idle_limit_s":70}}', ETag='"a"')
        await desk.uploader.round()
        central.policy = reply
        for _ in range(2):
            await desk.work()
            await a_round_later(desk)
        assert [asked.headers.get("if-none-match") for asked in central.policies] == [None, '"a"', '"a"']
        kept = read_kept(desk.data_dir, central.url)
        assert kept is not None
        assert kept.answer.settings == Settings(idle_limit_s=70)
        assert await desk.waiting() == 0
        assert desk.codes == set()


async def test_a_policy_goes_to_nobody_else(stack: AsyncExitStack, tmp_path: Path, clock: ManualClock) -> None:
    async with loopback(taken) as other, loopback(taken) as central:
        desk = await reporting_desk(stack, central.url, tmp_path / "desk", clock)
        central.policy = lambda _: answer(302, b"", Location=f"{other.url}/v1/policy")
        await desk.uploader.round()
        assert len(central.policies) == 1
        assert other.policies == []
