"""Enrolment: the desk makes its own token, and trades a one-time code for the right to report with it.

The token is kept before the code is used. If the answer is lost, the same command again gets the same desk.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from pathlib import Path

import msgspec

from kiosk_agent import __version__, reasons
from kiosk_agent.errors import DeskError
from kiosk_agent.report import keystore
from kiosk_agent.report.client import Client, NotCentral, Refused, Unreachable
from kiosk_agent.report.keystore import KeptIn, KeystoreError
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.text import Text
from kiosk_agent.wire import v1

FILE_NAME = "enrolment.json"
PENDING_NAME = "enrolment-pending.json"
CODE_IS_DEAD = ("code_unknown", "code_expired", "code_used")
# What central says of a code, in English alone; any other answer is shown as it came.
REFUSALS = {
    "code_unknown": Text("There is no such code."),
    "code_expired": Text("This code has expired."),
    "code_used": Text("Another desk has used this code."),
    "token_used": Text("This token is a desk's already: make a new one."),
    "too_many": Text("There were too many requests: come again later."),
    "database": Text("Come again later."),
}


class Enrolment(msgspec.Struct, frozen=True):
    """What the desk knows of its enrolment; no secret. ``secret``: under which name the token is kept."""

    url: str
    secret: str
    kept_in: KeptIn
    desk_id: int
    desk_name: str
    office: str
    municipality_code: str
    report_every_s: int


class Pending(msgspec.Struct, frozen=True):
    """An enrolment whose answer has not come."""

    url: str
    code_digest: str
    secret: str
    kept_in: KeptIn


class EnrolError(DeskError):
    """The desk could not be enrolled."""


class CodeRefusedError(EnrolError):
    """The code will never enrol this desk: it is unknown, expired or used."""


def read_enrolment(data_dir: Path) -> Enrolment | None:
    """The desk's enrolment; None where there is none. Raises DeskError where its file is damaged."""
    path = data_dir / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Enrolment)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        reason = reasons.of_system(error) if isinstance(error, OSError) else reasons.of_json(error)
        raise DeskError(
            Text("{file} cannot be read: {reason}.", file=path, reason=reason),
            Text("Enrol this desk anew: kiosk-agent enroll."),
        ) from error


def read_token(data_dir: Path, enrolment: Enrolment) -> str:
    """The desk's token. May block for some seconds. Raises KeystoreError."""
    token = keystore.read(data_dir, enrolment.kept_in, enrolment.secret)
    if token is None:
        raise KeystoreError(Text("the desk's token is not in its keystore ({kind}) any more", kind=enrolment.kept_in))
    return token


async def enrol(client: Client, data_dir: Path, url: str, code: str, desk_name: str) -> Enrolment:
    """Enrol this desk. Raises EnrolError, KeystoreError and OSError; after any of them it can be done again."""
    pending, token = await asyncio.to_thread(_prepare, data_dir, url, code)
    answer = await client.enrol(v1.EnrolRequest(code, token, __version__, desk_name[: v1.LONGEST_NAME]))
    match answer:
        case Unreachable():
            unreachable = Text("Central cannot be reached: {reason}.", reason=answer.why)
            raise EnrolError(unreachable, Text("Try again with the same code."))
        case NotCentral():
            not_central = Text("This is not central: {reason}.", reason=answer.why)
            raise EnrolError(not_central, Text("Check the address, the proxy and the network."))
        case Refused():
            kind = CodeRefusedError if answer.code in CODE_IS_DEAD else EnrolError
            said = REFUSALS.get(answer.code, answer.detail)
            refused = Text("Central refuses: {said} ({code})", said=said, code=answer.code)
            is_elsewhere = answer.code == "http"  # an address of central's at which nobody enrols: the code is as good
            look = Text("Check the address: central's own, without a path.")
            raise kind(refused, look if is_elsewhere else Text("Ask for a new code."))
        case v1.EnrolAnswer():
            return await asyncio.to_thread(_settle, data_dir, pending, answer)


def _prepare(data_dir: Path, url: str, code: str) -> tuple[Pending, str]:
    """The token of the last try with this code, or a new one, kept durably."""
    digest = hashlib.sha256("".join(code.upper().replace("-", "").split()).encode()).hexdigest()
    path = data_dir / PENDING_NAME
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):  # of another try, or of a power loss
        pending = msgspec.json.decode(path.read_bytes(), type=Pending)
        if (pending.url, pending.code_digest) == (url, digest):
            token = keystore.read(data_dir, pending.kept_in, pending.secret)
            if token is not None:
                return pending, token
        with contextlib.suppress(KeystoreError):  # a token that nobody has accepted does no harm
            keystore.remove(data_dir, pending.kept_in, pending.secret)
    token, name = secrets.token_urlsafe(32), f"central-{secrets.token_hex(4)}"
    pending = Pending(url, digest, name, keystore.keep(data_dir, name, token))
    write_durably(path, msgspec.json.encode(pending))
    return pending, token


def _settle(data_dir: Path, pending: Pending, answer: v1.EnrolAnswer) -> Enrolment:
    before = None
    with contextlib.suppress(DeskError):  # a damaged one is replaced
        before = read_enrolment(data_dir)
    enrolment = Enrolment(
        url=pending.url,
        secret=pending.secret,
        kept_in=pending.kept_in,
        desk_id=answer.desk_id,
        desk_name=answer.desk_name,
        office=answer.office,
        municipality_code=answer.municipality_code,
        report_every_s=answer.report_every_s,
    )
    write_durably(data_dir / FILE_NAME, msgspec.json.encode(enrolment))
    (data_dir / PENDING_NAME).unlink(missing_ok=True)
    if before is not None and before.secret != enrolment.secret:
        with contextlib.suppress(KeystoreError):  # central knows it still, and nobody uses it any more
            keystore.remove(data_dir, before.kept_in, before.secret)
    return enrolment
