"""Passwords and one-time codes."""

from __future__ import annotations

import datetime
import functools
import hmac
import secrets
import threading
import unicodedata

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

SHORTEST = 15  # NIST SP 800-63B-4, 3.1.1.2, where a password is the only factor; characters
LONGEST = 200  # nobody types more; hashing takes no longer for it
# RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# Each takes 64 MiB for a tenth of a second: a flood of attempts must not take all memory.
_few_at_once = threading.BoundedSemaphore(4)
CODE_S = 30  # RFC 6238's own step


def hash_password(password: str) -> str:
    """What is kept of it: argon2id with a salt of its own. Raises CentralError where it is too short or too long."""
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise CentralError(
            Text(
                "A password has {least} to {most} characters, not {count}.",
                least=SHORTEST,
                most=LONGEST,
                count=len(text),
            ),
            Text("Several words in a row are easy to remember and hard to guess."),
        )
    with _few_at_once:
        return _hasher.hash(text)


def is_password(kept: str, password: str) -> bool:
    """Whether it is the one that ``kept`` was made of.

    Empty, an unknown account or one without a password, costs the same work and is False.
    """
    try:
        with _few_at_once:
            _hasher.verify(kept or _nobodys(), _normal(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def new_secret() -> str:
    """A secret for one-time codes, 160 bits in base32 (RFC 4226)."""
    return pyotp.random_base32()


def secret_address(secret: str, name: str) -> str:
    """The secret as authenticator programs take it over."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="kiosk-central")


def step_of(secret: str, code: str, now: datetime.datetime) -> int | None:
    """Which step of time ``code`` belongs to: this one, the one before, the next (RFC 6238, 5.2). None: no such."""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    this, found = int(now.timestamp()) // CODE_S, None
    for step in (this - 1, this, this + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), typed.encode()):
            found = step
    return found


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)  # full-width letters are the same password


@functools.cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
