"""What a desk said of itself when it was asked, as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kiosk_agent.central.commands.schemas import GivenCommand
from kiosk_agent.central.dashboard.details import warning_told
from kiosk_agent.central.pages.formats import Formats, Words
from kiosk_agent.central.pages.tables import Cell, Column, Table
from kiosk_agent.central.pages.words import TEXTS
from kiosk_agent.central.times import from_ms
from kiosk_agent.wire.commands import Diagnostics
from kiosk_agent.wire.v1 import Severity

MARKS = {Severity.GREEN: "good", Severity.AMBER: "care", Severity.RED: "bad"}
SENSE_MARKS = {"working": "good", "degraded": "care", "absent": "bad"}
_diagnostics = msgspec.json.Decoder(Diagnostics)


def diagnosis_table(command: GivenCommand, t: Words, f: Formats) -> Table:
    """Its warnings, its senses, what ``doctor`` found and how far it is; codes are those of the guides."""
    said = _diagnostics.decode(command.diagnostics or "")
    at = f.moment(None if command.settled_at_ms is None else from_ms(command.settled_at_ms))
    columns = (Column(t("diagnosed_what")), Column(t("diagnosed_code"), is_name=True), Column(t("diagnosed_how")))
    return Table("diagnosis", t("diagnosis", moment=at), columns, list(_rows(said, t)), note=t("diagnosis_note"))


def _rows(said: Diagnostics, t: Words) -> Iterator[list[Cell]]:
    for item in said.health:
        how = Cell(t(f"diagnosed_{item.severity.value}"), mark=MARKS[item.severity])
        yield [Cell(t("warning")), _coded(warning_told(item.code, t), item.code), how]
    for sense in said.senses:
        told = _known(f"sense_{sense.name}", sense.name, t), _known(f"diagnosed_{sense.state}", sense.state, t)
        how = Cell(told[1], mark=SENSE_MARKS.get(sense.state, "plain"))
        yield [Cell(t("diagnosed_sense")), _coded(told[0], sense.name), how]
    for line in said.doctor:
        how = Cell(t(f"diagnosed_{line.severity.value}"), mark=MARKS[line.severity])
        yield [Cell(t("diagnosed_doctor")), Cell(line.code), how]
    for word, value in (
        ("version", said.agent_version),
        ("diagnosed_system", f"{said.system}, Python {said.python}"),
        ("diagnosed_state", said.state),
        ("diagnosed_entries", str(said.entries)),
        ("diagnosed_waiting", str(said.waiting_days)),
        ("diagnosed_policy", str(said.policy_revision)),
    ):
        yield [Cell(t(word)), Cell(""), Cell(value)]


def _coded(told: str, code: str) -> Cell:
    return Cell(told, (f"{told} ({code})",), code)


def _known(key: str, code: str, t: Words) -> str:
    """The words of a code; what a newer agent has besides stays as it is."""
    return t(key) if key in TEXTS else code
