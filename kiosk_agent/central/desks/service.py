"""Codes and enrolment. Codes and tokens are kept as hashes: whoever reads the database cannot report for a desk."""

from __future__ import annotations

import datetime
import hashlib
import secrets

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks import repository
from kiosk_agent.central.ingest.service import REPORT_EVERY_S
from kiosk_agent.central.places import repository as places
from kiosk_agent.central.places.service import is_name
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire import v1

# Crockford's: no sign looks like another one, and none needs a shift key. 12 of them are 60 bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
LENGTH = 12
CODE_REFUSED = 403


def hash_of(secret: str) -> str:
    """What is kept of a code or a token. Both are random and long, so that a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_codes(
    database: Database,
    municipality_code: str,
    office: str,
    now: datetime.datetime,
    valid: datetime.timedelta,
    count: int,
    *,
    actor: str,
    address: str = "",
    new_office: bool = False,
) -> list[str]:
    """Codes that enrol one desk of an office each, as they are to be typed. Raises CentralError."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(count)]
    with database.writing() as connection:
        if places.municipality_name(connection, municipality_code) is None:
            raise CentralError(
                Text("There is no municipality {code!r}.", code=municipality_code),
                Text("Run: kiosk-central import municipalities FILE"),
            )
        if new_office:
            office = " ".join(office.split())
            if not is_name(office):
                raise CentralError(
                    Text(
                        "An office's name has 1 to {most} characters, none of them a control character.",
                        most=v1.LONGEST_NAME,
                    ),
                    Text("Choose another name."),
                )
            places.begin_office(connection, municipality_code, office)
        office_id = places.office_id(connection, municipality_code, office)
        if office_id is None:
            known = ", ".join(places.office_names(connection, municipality_code)) or Text("none yet")
            raise CentralError(
                Text("There is no office {office!r} (known: {known}).", office=office, known=known),
                Text("Add it with --new-office."),
            )
        for code in codes:
            repository.store_code(connection, hash_of(code), office_id, to_ms(now), to_ms(now + valid))
        told = f"{count} × {municipality_code}/{office}"
        audit.add(connection, now, Action.CODES_MADE, actor=actor, detail=told, address=address)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def make_code(
    database: Database,
    municipality_code: str,
    office: str,
    now: datetime.datetime,
    valid: datetime.timedelta,
    *,
    actor: str = "",
    new_office: bool = False,
) -> str:
    """One of them."""
    return make_codes(database, municipality_code, office, now, valid, 1, actor=actor, new_office=new_office)[0]


def enrol(database: Database, request: v1.EnrolRequest, now: datetime.datetime) -> v1.EnrolAnswer:
    """Make a desk of it. The same code with the same token again is the same desk: the first answer may be lost.

    Raises RefusedError where the code is unknown, expired, or another desk's.
    """
    code_hash, token_hash = hash_of(request.code.upper().translate(LOOK_ALIKE)), hash_of(request.token)
    with database.writing() as connection:
        code = repository.lock_code(connection, code_hash)
        if code is None:
            raise RefusedError(CODE_REFUSED, "code_unknown", "There is no such code.")
        desk = repository.find_desk(connection, token_hash)
        if code["used_at_ms"] is not None:
            if desk is None or desk["id"] != code["desk_id"]:
                raise RefusedError(CODE_REFUSED, "code_used", "Another desk has used this code.")
            return v1.EnrolAnswer(desk["id"], desk["name"], code["office"], code["municipality_code"], REPORT_EVERY_S)
        if code["expires_at_ms"] <= to_ms(now):
            raise RefusedError(CODE_REFUSED, "code_expired", "This code has expired.")
        if desk is not None:
            raise RefusedError(CODE_REFUSED, "token_used", "This token is a desk's already: make a new one.")
        name = request.desk_name.strip()
        desk_id = repository.begin_desk(
            connection,
            municipality_code=code["municipality_code"],
            office_id=code["office_id"],
            name=name,
            token_hash=token_hash,
            enrolled_at_ms=to_ms(now),
            agent_version=request.agent_version,
        )
        repository.use_code(connection, code_hash, desk_id, to_ms(now))
    return v1.EnrolAnswer(desk_id, name, code["office"], code["municipality_code"], REPORT_EVERY_S)
