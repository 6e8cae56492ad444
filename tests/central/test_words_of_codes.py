"""Whatever desks report as a code has words on the pages: the agent's own source says which codes there are."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.alerts.schemas import State as AlertState
from kiosk_agent.central.dashboard.details import alarm_told, warning_told
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.ingest.arithmetic import follow_ledger, shrinking
from kiosk_agent.central.ingest.schemas import Ledger
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.words import TEXTS, words
from kiosk_agent.central.policy.pages import CHOICES, shown
from kiosk_agent.config_load import SENSES
from kiosk_agent.hands.health_words import health_sentence
from kiosk_agent.locale import translator
from kiosk_agent.recording.writer import CODE as RECORDING
from kiosk_agent.report.uploader import Code
from kiosk_agent.sensors.browsers.sense import BROWSER_CODE, REMOTE_CODE
from kiosk_agent.session.vocabulary import Signal
from kiosk_agent.settings.resolve import GROUP_POLICY_IGNORED
from kiosk_agent.wire import policy, v1
from tests.central.nation import NOW

AGENT = Path(__file__).resolve().parent.parent.parent / "kiosk_agent"
# What stands where a call does not have the code as a text: the name in the call → the codes it may be.
NAMED: dict[str, tuple[str, ...]] = {
    "code": tuple(Code),  # of what concerns central
    "name": tuple(SENSES),  # a sense is its own code
    "CODE": (RECORDING,),
    "BROWSER_CODE": (BROWSER_CODE,),
    "REMOTE_CODE": (REMOTE_CODE,),
    "one.code": (Code.POLICY_REFUSED, GROUP_POLICY_IGNORED),
}
LANGUAGES = ("ja", "en")
LATIN = re.compile(r"[a-z]{3,}_?[a-z]*")  # a code that was left as it is


def failures() -> Iterator[ast.expr]:
    """The first argument of every ``health.fail(…)`` in the agent."""
    for path in sorted(AGENT.rglob("*.py")):
        if "central" in path.relative_to(AGENT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fail":
                yield node.args[0]


def codes() -> set[str]:
    found: set[str] = set()
    for argument in failures():
        if isinstance(argument, ast.Constant):
            found.add(argument.value)
        else:
            found.update(NAMED[ast.unparse(argument)])  # a new way to name a code must be added above
    return found


def test_every_warning_of_the_agent_has_words() -> None:
    found = codes()
    assert {"ledger", "card", "central_unreachable", "clock_jump", "remote_control"} <= found
    assert [code for code in sorted(found) if f"code_{code}" not in TEXTS] == []
    assert LATIN.search(warning_told("card", words("ja"))) is None
    assert "something_new" in warning_told("something_new", words("ja"))


def test_every_warning_of_the_agent_has_a_sentence_for_whoever_works_at_the_desk() -> None:
    japanese, anything_else = translator("ja"), health_sentence("something_new", translator("ja"))
    assert [code for code in sorted(codes()) if health_sentence(code, japanese) == anything_else] == []
    assert [code for code in sorted(codes()) if LATIN.search(health_sentence(code, japanese))] == []


def test_every_value_sense_sign_state_and_counter_has_words() -> None:
    values: set[str] = {value for options in CHOICES.values() for value in options}
    for one in vars(policy).values():
        if isinstance(one, type) and issubclass(one, enum.StrEnum) and one is not enum.StrEnum:
            values |= {member.value for member in one}
    keys = [
        *(f"value_{value}" for value in values),
        *(f"sense_{sense}" for sense in SENSES),
        *(f"signal_{signal.value}" for signal in Signal),
        *(f"count_{name}" for name in HEADLINES),
        *(f"alert_{state.value}" for state in AlertState),
    ]
    assert [key for key in sorted(keys) if key not in TEXTS] == []


def test_settings_are_shown_in_words() -> None:
    t = words("ja")
    told = [
        shown(value, t) for value in (True, False, "strict", ("card", "input"), {"card_removed": "possible"}, 90.0, 12)
    ]
    assert told == ["はい", "いいえ", "厳しい", "カード、画面の外の操作", "カードが外された: 疑い", "90", "12"]


def ledger(**changes: object) -> Ledger:
    values = {"epoch": "e" * 32, "desk_id": 1, "disk": "d" * 64, "entries": 9, "digest": "a" * 64}
    return Ledger(**{**values, "number": 3, "number_entries": 9, "number_digest": "a" * 64, **changes})  # type: ignore[arg-type]


def report(number: int, entries: int, digest: str = "a" * 64, disk: str = "d" * 64) -> v1.Report:
    return v1.Report("e" * 32, number, NOW, "0.1.0", v1.ChainPoint(entries, digest), [], disk=disk)


FOUND = {
    "another desk": follow_ledger(ledger(), 2, report(4, 10))[1],
    "another disk": follow_ledger(ledger(), 1, report(4, 10, disk="f" * 64))[1],
    "the same number": follow_ledger(ledger(), 1, report(3, 10))[1],
    "forked": follow_ledger(ledger(), 1, report(4, 9, "b" * 64))[1],
    "shorter": follow_ledger(ledger(), 1, report(4, 8))[1],
    "shrunk": [shrinking("2026-04-20", {"visits": (5, 3), "proof.half": (1, 0)})],
    "shrunk much": [shrinking("2026-04-20", dict.fromkeys(list(HEADLINES)[:8], (2, 1)))],
}


@pytest.mark.parametrize("what", FOUND)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_alarm_found_is_said_in_words(what: str, language: str) -> None:
    t = words(language)
    assert FOUND[what]
    for kind, subject, detail in FOUND[what]:
        told = alarm_told(kind, subject, detail, t, Formats(language, t))
        assert t("found_unknown", detail="")[:8] not in told, told
        if language == "ja":
            assert LATIN.search(told) is None, told


def test_the_numbers_of_an_alarm_are_in_its_words() -> None:
    t = words("ja")
    f = Formats("ja", t)
    ((kind, subject, detail),) = FOUND["shrunk"]
    assert alarm_told(kind, subject, detail, t, f) == "2026年4月20日：途中までのログアウト 1→0、利用 5→3"
    ((kind, subject, detail),) = FOUND["shrunk much"]
    assert alarm_told(kind, subject, detail, t, f).endswith("、ほか3種類")
    told = [alarm_told(kind, subject, detail, t, f) for kind, subject, detail in FOUND["shorter"]]
    assert told == ["記録が9件あったのに、後で8件になりました。"]
    assert "x y" in alarm_told(AlarmKind.CLONE, "x", "y", t, f)  # kept by a newer central
