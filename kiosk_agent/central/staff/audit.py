"""The audit log: entries that are only ever added, each with the digest of the one before."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.staff.schemas import Action, Broken, Entry
from kiosk_agent.central.staff.tables import staff_audit, staff_audit_head
from kiosk_agent.central.times import to_ms
from kiosk_agent.text import Text

FIRST = "0" * 64  # what stands before the first entry


def digest_of(entry: Entry) -> str:
    """SHA-256 over all of it but the digest itself."""
    told = [value for name, value in msgspec.structs.asdict(entry).items() if name != "digest"]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def add(
    connection: Connection,
    now: datetime.datetime,
    action: Action,
    *,
    actor: str = "",
    subject: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """Add an entry to the transaction, as its last statement: others wait from here to its end."""
    head = connection.execute(sa.select(staff_audit_head).with_for_update()).one()
    unsigned = Entry(head.number + 1, to_ms(now), actor, action.value, subject, detail, address, head.digest, "")
    entry = msgspec.structs.replace(unsigned, digest=digest_of(unsigned))
    connection.execute(staff_audit.insert().values(**msgspec.structs.asdict(entry)))
    connection.execute(staff_audit_head.update().values(number=entry.number, digest=entry.digest))


def entries(connection: Connection) -> Iterator[Entry]:
    """All entries, the oldest first."""
    for row in connection.execute(sa.select(staff_audit).order_by(staff_audit.c.number)).mappings():
        yield Entry(**row)


def verify(database: Database) -> tuple[int, Broken | None]:
    """How many entries there are, and the first that was changed, put in or taken out; None where all stand."""
    number, digest = 0, FIRST
    with database.reading() as connection:
        # read first: what is added meanwhile comes after it
        head = connection.execute(sa.select(staff_audit_head)).one_or_none()
        for entry in entries(connection):
            if entry.number != number + 1:
                return number, Broken(number + 1, Text("it is missing"))
            if entry.previous != digest:
                return number, Broken(entry.number, Text("it does not follow from the one before"))
            if entry.digest != digest_of(entry):
                return number, Broken(entry.number, Text("it was changed"))
            number, digest = entry.number, entry.digest
            if head is not None and number == head.number and digest != head.digest:
                return number, Broken(number, Text("it is not the one that was written last"))
        later = connection.execute(sa.select(staff_audit_head)).one_or_none()
    if later is not None and number > later.number:
        return number, Broken(later.number + 1, Text("it was put in"))
    if head is None or number < head.number:
        return number, Broken(number + 1, Text("it is missing"))
    return number, None
