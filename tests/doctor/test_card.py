"""What the doctor says of the card reader: the real one, and none."""

from __future__ import annotations

import sys

import pytest

from kiosk_agent.config import CardReader
from kiosk_agent.doctor.card import check_card
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator
from tests.desk.whole_desk import until
from tests.support.card_world import CardWorld

t = translator("en")


def test_a_reader_that_is_there_is_green_and_named(card_world: CardWorld) -> None:
    check = check_card(CardReader(), t)
    assert (check.code, check.severity) == ("card", Severity.GREEN)
    assert "Virtual PCD 00 00" in check.detail


def test_a_reader_that_is_listed_but_silent_is_none(cabled_card_world: CardWorld) -> None:
    cabled_card_world.pull_cable()
    until(lambda: check_card(CardReader(), t).severity is Severity.AMBER)
    assert "No card reader" in check_card(CardReader(), t).detail
    cabled_card_world.push_cable()
    until(lambda: check_card(CardReader(), t).severity is Severity.GREEN)


def test_a_reader_that_does_not_count_is_amber(card_world: CardWorld) -> None:
    check = check_card(CardReader(reader="another"), t)
    assert check.severity is Severity.AMBER
    assert "Virtual PCD 00 00" in check.detail
    assert "senses.card.reader" in check.remedy


def test_a_service_that_does_not_run_is_amber_and_named(card_world: CardWorld) -> None:
    card_world.stop()
    check = check_card(CardReader(), t)
    assert check.severity is Severity.AMBER
    assert "service" in check.detail
    assert "pcscd" in check.remedy


def test_without_pyscard_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    check = check_card(CardReader(), t)
    assert check.severity is Severity.AMBER
    assert "pyscard" in check.detail


def test_a_desk_without_a_reader_is_asked_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    assert check_card(CardReader(enabled=False), t).severity is Severity.GREEN
