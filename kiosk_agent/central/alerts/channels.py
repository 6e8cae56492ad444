"""The ways out: a mail server, and webhooks. What cannot be delivered raises DeliveryError, with what was said."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import email.message
import email.utils
import hashlib
import hmac
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator

import httpx
import msgspec

from kiosk_agent import reasons
from kiosk_agent.central.alerts import texts
from kiosk_agent.central.alerts.schemas import Channel, Message, Security
from kiosk_agent.central.alerts.smtp import STEP_S, TimedSMTP, TimedSMTPS
from kiosk_agent.central.trust import trusted
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

CA_OPTION = "--alert-ca"
LONGEST_S = 60.0  # for a whole delivery: a server that drips a byte now and then holds up all others no longer
LONGEST_ERROR = 300


class DeliveryError(Exception):
    """A message was not taken. ``why`` names no address and no password. ``late``: it used up the time it had."""

    def __init__(self, why: Text, *, late: bool = False) -> None:
        super().__init__(str(why))
        self.why, self.late = why, late


class Mailing(msgspec.Struct, frozen=True):
    """The mail server. The password is in memory alone, and in no text of this object."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Mailing({self.host}:{self.port}, {self.security})"


class Ways(msgspec.Struct, frozen=True):
    """All ways out. ``secret``: what the signing keys of webhooks are made of; ``ca``: authorities of the office.

    ``longest_s``: for one delivery from beginning to end.
    """

    mail: Mailing | None = None
    secret: str = ""
    ca: str | None = None
    longest_s: float = LONGEST_S

    def __repr__(self) -> str:
        return f"Ways({self.mail!r})"

    def deliver(self, message: Message, now: datetime.datetime) -> None:
        """Hand a message over. Raises DeliveryError."""
        if message.recipient.channel is Channel.MAIL:
            _mail(self, message)
        else:
            _post(self, message, now)


def _mail(ways: Ways, message: Message) -> None:
    server, recipient = ways.mail, message.recipient
    if server is None:
        raise DeliveryError(Text("there is no mail server: start kiosk-central serve with --smtp-host"))
    mail = _letter(server, message)
    try:
        context = trusted(ways.ca, CA_OPTION)
    except CentralError as error:
        raise DeliveryError(_unusable(error.message)) from None
    ends_at = time.monotonic() + ways.longest_s

    def left_s() -> float:
        return ends_at - time.monotonic()

    try:
        with _connected(server, context, left_s) as connection:
            if server.security is Security.STARTTLS:
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail, server.sender, [recipient.address])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise DeliveryError(
            Text("the mail server refused the recipient: {code} {said}", code=code, said=_short(_decoded(said)))
        ) from None
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(
            Text("the mail server said {code} {said}", code=error.smtp_code, said=_short(_decoded(error.smtp_error)))
        ) from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:  # ssl's are OSErrors
        if left_s() <= 0:
            why = Text("the mail server took longer than {seconds} s", seconds=f"{ways.longest_s:g}")
            raise DeliveryError(why, late=True) from None
        raise DeliveryError(_unusable(_reason(error))) from None


def _unusable(reason: str | Text) -> Text:
    return Text("the mail server could not be used: {reason}", reason=reason)


@contextlib.contextmanager
def _connected(server: Mailing, context: ssl.SSLContext, left_s: Callable[[], float]) -> Iterator[smtplib.SMTP]:
    if server.security is Security.TLS:
        connection: TimedSMTP = TimedSMTPS(server.host, server.port, left_s, context)
    else:
        connection = TimedSMTP(server.host, server.port, left_s)
    with contextlib.closing(connection):
        yield connection
        # whatever the server says to this: the mail is its business now, and must not come twice
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.quit()


def _letter(server: Mailing, message: Message) -> email.message.EmailMessage:
    language = message.recipient.language
    mail = email.message.EmailMessage()
    mail["From"] = server.sender
    mail["To"] = message.recipient.address
    mail["Subject"] = texts.subject(message.content, language)
    mail["Date"] = email.utils.format_datetime(
        datetime.datetime.fromtimestamp(message.made_at_ms / 1000, tz=datetime.UTC)
    )
    mail["Message-ID"] = f"<{message.key}@{server.sender.rpartition('@')[2]}>"  # the same in every try
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes in answer
    mail["Content-Language"] = language.value
    mail.set_content(texts.body(message.content, language), cte="base64")
    return mail


def key_of(secret: str, address: str) -> str:
    """The signing key of a webhook: each address has its own, so that one cannot sign for another."""
    return hmac.new(secret.encode(), address.encode(), hashlib.sha256).hexdigest()


def signature(key: str, at_s: int, body: bytes) -> str:
    """What stands in ``Kiosk-Signature``: the time in seconds since 1970, and HMAC-SHA256 over it and the body.

    A receiver makes it anew with its key, compares, and refuses a time that is long past.
    """
    signed = hmac.new(key.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={signed}"


def _post(ways: Ways, message: Message, now: datetime.datetime) -> None:
    if not ways.secret:
        raise DeliveryError(
            Text("there is no secret to sign with: start kiosk-central serve with --webhook-secret-file")
        )
    address, content = message.recipient.address, message.content
    told = {
        "id": message.key,
        "made_at": datetime.datetime.fromtimestamp(message.made_at_ms / 1000, tz=datetime.UTC),
        "text": texts.body(content, message.recipient.language),
        "items": content.items,
        "left_out": content.left_out,
    }
    body = msgspec.json.encode(told)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "kiosk-central",
        "Kiosk-Delivery": message.key,
        "Kiosk-Signature": signature(key_of(ways.secret, address), int(now.timestamp()), body),
    }
    try:
        status = asyncio.run(_posted(ways, trusted(ways.ca, CA_OPTION), address, body, headers))
    except TimeoutError:
        why = Text("the webhook took longer than {seconds} s", seconds=f"{ways.longest_s:g}")
        raise DeliveryError(why, late=True) from None
    except CentralError as error:
        raise DeliveryError(error.message) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, ImportError) as error:  # the last two: the system's proxy
        # the text of some errors holds the address, which may hold a secret
        raise DeliveryError(Text("the webhook could not be reached: {error}", error=type(error).__name__)) from None
    if not 200 <= status < 300:
        raise DeliveryError(Text("the webhook answered {status}", status=status))


async def _posted(ways: Ways, context: ssl.SSLContext, address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer. What comes after it is not waited for: it may have no end. Raises TimeoutError."""
    async with (
        asyncio.timeout(ways.longest_s),  # httpx's own limit begins anew with each byte
        httpx.AsyncClient(verify=context, timeout=STEP_S, follow_redirects=False) as client,
        client.stream("POST", address, content=body, headers=headers) as response,
    ):
        return response.status_code


def _reason(error: Exception) -> str | Text:
    found = reasons.of_system(error) if isinstance(error, OSError) else str(error)
    return _short(found) if isinstance(found, str) else found


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _short(said: str) -> str:
    return "".join(mark if mark.isprintable() else " " for mark in said)[:LONGEST_ERROR]
