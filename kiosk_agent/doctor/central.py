"""Central: does this desk report, who can read its token, and does anything wait?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from kiosk_agent.config import Central
from kiosk_agent.doctor.check import Check, Translate, amber, green
from kiosk_agent.errors import DeskError
from kiosk_agent.ledger import FILE_NAME, LedgerReader, OutboxState
from kiosk_agent.text import Text
from kiosk_agent.text import shown as in_words

CODE = "central"
SHOWN = 3  # of what was set aside


def check_central(central: Central, data_dir: Path, t: Translate) -> list[Check]:
    """Each thing that is worth a look has a line of its own."""
    if central.url is None:
        return [green(CODE, t("No central is configured: nothing leaves this desk."))]
    from kiosk_agent.report.enrolment import read_enrolment, read_token
    from kiosk_agent.report.keystore import KeptIn, KeystoreError

    enrol_it = t("Run: kiosk-agent enroll --config FILE --code CODE")
    try:
        enrolment = read_enrolment(data_dir)
    except DeskError as error:
        return [amber(CODE, in_words(error.message, t), enrol_it)]
    if enrolment is None or enrolment.url != central.url:
        return [amber(CODE, t("This desk is not enrolled at {url}: nothing is reported.", url=central.url), enrol_it)]
    checks = []
    who = f"{central.url}, {enrolment.municipality_code} {enrolment.office}, {enrolment.desk_id}"
    try:
        read_token(data_dir, enrolment)
    except KeystoreError as error:
        return [amber(CODE, t("The desk's token cannot be read: {reason}", reason=error.shown(t)), enrol_it)]
    match enrolment.kept_in:
        case KeptIn.DPAPI:
            checks.append(green(CODE, t("{who}: the token is encrypted by Windows for this user.", who=who)))
        case KeptIn.SECRET_SERVICE:
            checks.append(green(CODE, t("{who}: the token is in this user's keyring.", who=who)))
        case KeptIn.FILE:
            detail = t("{who}: the token is in a file that only this user can read, not in a keyring.", who=who)
            checks.append(green(CODE, detail))
    if central.url.startswith("http://"):
        detail = t("What is reported is not encrypted: whoever can listen on the network reads the desk's token.")
        checks.append(amber(CODE, detail, t("Put a proxy with TLS in front of central, and write https://.")))
    return [*checks, *_reach(central, t), *_waiting(data_dir, t)]


def _reach(central: Central, t: Translate) -> list[Check]:
    from kiosk_agent.report.client import Refused
    from kiosk_agent.report.uploading import make_client

    async def ask() -> str | Text:
        client = make_client(central.url or "", central)
        try:
            failed = await client.is_there()
        finally:
            await client.close()
        match failed:
            case None:
                return ""
            case Refused():
                return f"{failed.status} {failed.code}"
            case _:
                return failed.why

    remedy = t("Check the network, central.url, central.proxy and central.ca; everything is kept meanwhile.")
    try:
        problem = asyncio.run(ask())
    except DeskError as error:
        return [amber(CODE, error.shown(t), remedy)]
    if problem:
        return [amber(CODE, t("Central cannot be reached: {reason}", reason=in_words(problem, t)), remedy)]
    return [green(CODE, t("Central can be reached."))]


def _waiting(data_dir: Path, t: Translate) -> list[Check]:
    path = data_dir / FILE_NAME
    if not path.exists():
        return []
    reader = LedgerReader(path)  # what is wrong with it stands in the ledger's own line
    try:
        outbox = reader.outbox_state()
    finally:
        reader.close()
    checks = [green(CODE, t("{days} days waiting", days=outbox.waiting_days))]
    if outbox.dropped_days:
        detail = t("{days} days waited for too long and are not reported any more.", days=outbox.dropped_days)
        checks.append(amber(CODE, detail, t("The ledger has them: kiosk-agent ledger counts")))
    if outbox.set_aside:
        checks.append(_set_aside(outbox, t))
    return checks


def _set_aside(outbox: OutboxState, t: Translate) -> Check:
    shown = "; ".join(f"{what}: {why}" for what, why in list(outbox.set_aside.items())[:SHOWN])
    detail = t("Central has refused {items} items for good: {shown}", items=len(outbox.set_aside), shown=shown)
    return amber(CODE, detail, t("Install the agent that fits this central, or tell whoever runs central."))
