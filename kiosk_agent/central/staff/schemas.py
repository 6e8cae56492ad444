"""Who somebody is, and what they may do and see."""

from __future__ import annotations

import enum

import msgspec

from kiosk_agent.central.places.schemas import Place
from kiosk_agent.text import Text


class Role(enum.IntEnum):
    """What somebody may do; a higher one may do all that a lower one may."""

    VIEWER = 1
    MANAGER = 2
    ADMINISTRATOR = 3


class Staff(msgspec.Struct, frozen=True):
    """Who is asking; handed to every handler of a staff page that names it."""

    id: int
    name: str
    role: Role
    scope: Place


class Action(enum.StrEnum):
    """What the audit log tells."""

    ADDED = "added"
    CHANGED = "changed"
    DISABLED = "disabled"
    CODE_CHANGED = "code_changed"  # the second factor was set or taken away
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word
    PASSWORD_RESET = "password_reset"  # noqa: S105 - by an administrator
    LOGIN_SET = "login_set"  # of an account at the OpenID provider
    LOGIN_REMOVED = "login_removed"
    LINKED = "linked"  # somebody has come for it from there
    SIGNED_IN = "signed_in"
    FAILED = "failed"
    LOCKED = "locked"
    LOGGED_OUT = "logged_out"
    CODES_MADE = "codes_made"  # for new desks
    POLICY_SET = "policy_set"
    HOURS_SET = "hours_set"  # of an office
    PLACES_IMPORTED = "places_imported"  # municipalities
    COMMAND_GIVEN = "command_given"  # to a desk
    NOTICE_ADDED = "notice_added"  # for the support workers
    NOTICE_WITHDRAWN = "notice_withdrawn"
    ALERT_ACKNOWLEDGED = "alert_acknowledged"
    FILE_TAKEN = "file_taken"  # a table or a report, out of the pages
    RECIPIENT_ADDED = "recipient_added"  # of alerts
    RECIPIENT_REMOVED = "recipient_removed"


class Entry(msgspec.Struct, frozen=True):
    """One entry of the audit log. ``actor`` did it to the account ``subject``; empty where that is not known."""

    number: int
    at_ms: int
    actor: str
    action: str
    subject: str
    detail: str
    address: str
    previous: str
    digest: str


class Broken(msgspec.Struct, frozen=True):
    """The first entry of the audit log that is not as it was written."""

    number: int
    reason: Text


class Locked(msgspec.Struct, frozen=True):
    """Too many attempts: none is looked at for ``wait_s`` seconds."""

    wait_s: int
