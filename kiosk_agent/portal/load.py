"""Reading a portal profile: exact errors, all at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk_agent.errors import ProfileError
from kiosk_agent.portal.globs import GlobError, matches_any, parse_glob
from kiosk_agent.portal.profile import (
    Account,
    Expect,
    Isolation,
    Logout,
    Opened,
    Operation,
    PortalInfo,
    Profile,
    ProofOf,
    Refused,
    Replay,
    SignedIn,
    SignedOut,
    Step,
    Verb,
)
from kiosk_agent.toml_input import Table, TomlInput, shown

VARIABLES = ("KIOSK_TEST_USER", "KIOSK_TEST_PASSWORD")
VARIABLE = re.compile(r"\$\{([^}]*)\}")
EXTENSION_ID = re.compile(r"[a-p]{32}")
STORAGE = re.compile(r"(local|session):.+")
LONGEST_LOGOUT_S = 60.0
AN_ADDRESS = "an address that begins with https:// or http://"


def load_profile(path: Path) -> Profile:
    """Read and check a profile. Raises ProfileError with every mistake."""
    source = TomlInput(path, ProfileError)
    root = Table(source, source.data, "")
    portal = _portal(root.table("portal", required=True))
    profile = Profile(
        path=path,
        portal=portal,
        signed_in=_signed_in(root.table("signed_in", required=True)),
        proof=_proof(root.table("proof", required=True), portal),
        account=_account(root) if root.raw("account") is not None else None,
        sign_in=_sign_in(root.table("sign_in")),
        logout=_logout(root.table("logout", required=True)),
        signed_out=_signed_out(root.table("signed_out")),
        operations=_operations(root),
    )
    root.done()
    source.finish()
    return profile


def _portal(table: Table) -> PortalInfo:
    name = table.text("name", "", required=True)
    title = table.raw("title")
    if title is None:
        title = {"ja": name, "en": name}
    elif not isinstance(title, dict) or not title or not all(isinstance(one, str) for one in title.values()):
        table.note("title", "names by language, such as {ja = \"…\", en = \"…\"}")
        title = {}
    allowed = table.texts("allowed", _glob_problem)
    if not allowed and "allowed" not in {key.rpartition(".")[2] for key in _noted(table)}:
        table.note("allowed", "at least one URL glob", "Everything that no glob names is refused in the visit.")
    start_url = _address(table, "start_url", allowed)
    isolation = table.choice("isolation", Isolation.MEMORY, Isolation)
    extensions = table.texts(
        "extensions", lambda one: None if EXTENSION_ID.fullmatch(one) else "an extension's id: 32 letters from a to p"
    )
    if isolation is Isolation.TEMPLATE and not extensions:
        table.note("extensions", "the ids of the extensions that isolation = \"template\" is for")
    if isolation is Isolation.MEMORY and extensions:
        table.note("extensions", "isolation = \"template\" beside it", "A browser in memory runs no extensions.")
    table.done()
    return PortalInfo(name, title, start_url, _good_globs(allowed), isolation, extensions)


def _noted(table: Table) -> list[str]:
    return [problem.key for problem in table.source.problems]


def _good_globs(globs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(glob for glob in globs if _glob_problem(glob) is None)


def _glob_problem(text: str) -> str | None:
    try:
        parse_glob(text)
    except GlobError as error:
        return str(error)
    return None


def _glob(table: Table, name: str) -> str | None:
    text: str | None = table.text(name)
    if text is not None and (expected := _glob_problem(text)) is not None:
        table.note(name, expected)
        return None
    return text


def _address(table: Table, name: str, allowed: tuple[str, ...]) -> str:
    text: str = table.text(name, "", required=True)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "*" not in text
    except ValueError:
        good = False
    if not good:
        table.note(name, AN_ADDRESS)
    elif allowed and not matches_any(_good_globs(allowed), text):
        table.note(name, "an address that portal.allowed names", "Add a glob for it to portal.allowed.")
    return text


def _signed_in(table: Table) -> SignedIn:
    storage = table.text("storage")
    if storage is not None and not STORAGE.fullmatch(storage):
        table.note("storage", "\"local:KEY\" or \"session:KEY\"")
    marks = SignedIn(table.text("selector"), table.text("cookie"), storage, _glob(table, "url"))
    if table.values and not any(name in table.values for name in ("selector", "cookie", "storage", "url")):
        table.source.note(table.prefix, "at least one of selector, cookie, storage, url", "none of them")
    elif not table.values and "signed_in" in table.source.data:
        table.source.note(table.prefix, "at least one of selector, cookie, storage, url", "none of them")
    table.done()
    return marks


def _account(root: Table) -> Account:
    table = root.table("account")
    account = Account(table.text("selector", "", required=True), _steps(table, "reveal"))
    table.done()
    return account


def _sign_in(table: Table) -> tuple[Step, ...]:
    steps = _steps(table, "steps", variables=VARIABLES)
    table.done()
    return steps


def _logout(table: Table) -> Logout:
    steps = _steps(table, "steps")
    reason = "It runs beneath the cover, while the resident waits."
    timeout_s = table.number("timeout_s", 10.0, 1.0, LONGEST_LOGOUT_S, reason)
    table.done()
    return Logout(steps, timeout_s)


def _signed_out(table: Table) -> SignedOut:
    marks = SignedOut(table.text("selector"), _glob(table, "url"))
    table.done()
    return marks


def _proof(table: Table, portal: PortalInfo) -> ProofOf:
    protected_url = _address(table, "protected_url", portal.allowed)
    refused_table = table.table("refused", required=True)
    refused = Refused(_glob(refused_table, "redirect"), _status(refused_table), refused_table.text("selector"))
    if isinstance(table.raw("refused"), dict) and not refused_table.values:
        table.note("refused", "at least one of redirect, status, selector", "How does the portal ask to sign in?")
    refused_table.done()
    opened_table = table.table("opened", required=True)
    opened = Opened(_status(opened_table), opened_table.text("selector"))
    if isinstance(table.raw("opened"), dict) and not opened_table.values:
        table.note("opened", "at least one of status, selector", "What shows that the protected page opened?")
    opened_table.done()
    replay = table.choice("replay", Replay.COOKIES, Replay)
    expect = table.choice("expect", Expect.REVOKED, Expect, required=True)
    if replay is Replay.NONE and table.raw("expect") == Expect.REVOKED.value:
        table.note("expect", "\"cleared\", because replay = \"none\" can prove no more")
    table.done()
    return ProofOf(protected_url, refused, opened, replay, expect)


def _status(table: Table) -> tuple[int, ...]:
    value = table.raw("status")
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not values or not all(
        isinstance(one, int) and not isinstance(one, bool) and 100 <= one <= 599  # noqa: PLR2004 - RFC 9110, 15
        for one in values
    ):
        table.note("status", "an HTTP status from 100 to 599, or a list of them")
        return ()
    return tuple(values)


def _operations(root: Table) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    for table in root.tables("operation"):
        name = table.text("name", "", required=True)
        if name and any(one.name == name for one in operations):
            table.note("name", "a name that no other operation has")
        url = _glob(table, "url")
        if "url" not in table.values:
            table.note("url", "a URL glob")
        operations.append(Operation(name, url or "", table.text("done", "", required=True)))
        table.done()
    return tuple(operations)


def _steps(table: Table, name: str, variables: tuple[str, ...] = ()) -> tuple[Step, ...]:
    return tuple(step for one in table.tables(name) if (step := _step(one, variables)) is not None)


def _step(table: Table, variables: tuple[str, ...]) -> Step | None:
    verbs = [verb for verb in Verb if verb.value in table.values]
    words = ", ".join(verb.value for verb in Verb)
    optional = table.flag("optional", False)
    if len(verbs) != 1:
        found = ", ".join(verb.value for verb in verbs) or shown(next(iter(table.values), "nothing"))
        table.source.note(table.prefix, f"a step with exactly one of {words}", found)
        return None
    verb = verbs[0]
    target = table.text(verb.value, "", required=True)
    value: Any = None
    if verb is Verb.FILL:
        value = table.text("value", "", required=True, empty=True)
    elif "value" in table.values:
        table.raw("value")
        table.note("value", "value only beside fill")
    if verb is Verb.GOTO and target and not target.startswith(("http://", "https://")):
        table.note("goto", AN_ADDRESS)
    for where, text in ((verb.value, target), ("value", value or "")):
        for variable in VARIABLE.findall(text):
            if where != "value" or variable not in variables:
                hint = "Names and passwords come from the environment." if variables else "Only sign_in may have one."
                table.note(where, _allowed_variables(variables), hint)
    table.done()
    return Step(verb, target, value, optional)


def _allowed_variables(variables: tuple[str, ...]) -> str:
    return "no ${…} here" if not variables else "in value only " + " or ".join(f"${{{one}}}" for one in variables)
