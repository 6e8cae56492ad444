"""Reading a portal profile: exact errors, all at once. ``docs/profiles.md`` says what every key means."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from kiosk_agent.errors import ProfileError
from kiosk_agent.portal.globs import GlobError, matches_any, names_a_host, parse_glob
from kiosk_agent.portal.profile import (
    Account,
    CardUse,
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
    SamePerson,
    SignedIn,
    SignedOut,
    Step,
    Verb,
)
from kiosk_agent.toml_input import Table, TomlInput

VARIABLES = ("KIOSK_TEST_USER", "KIOSK_TEST_PASSWORD")
VARIABLE = re.compile(r"\$\{([^}]*)\}?")
EXTENSION_ID = re.compile(r"[a-p]{32}")
STORAGE = re.compile(r"(local|session):.+", re.DOTALL)
NOT_CSS = re.compile(r"^\s*(/|\.\.|[a-z_-]+(:light)?=)|>>|:(has-text|text|text-is|text-matches|visible)\b")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # RFC 5646, as far as anybody here needs it
LOGOUT_LIMITS = (1.0, 60.0, "It runs beneath the cover, while people wait.")
LOWEST_STATUS, HIGHEST_STATUS = 100, 599  # RFC 9110, 15
AN_ADDRESS = "a whole address that begins with https:// or http://"
MARKS = ("selector", "cookie", "storage", "url")


def load_profile(path: Path) -> Profile:
    """Read and check a profile. Raises ProfileError with every mistake."""
    source = TomlInput(path, ProfileError)
    root = source.root
    portal = _portal(root.table("portal", required=True))
    signed_in = _signed_in(root.table("signed_in", required=True))
    proof_table = root.table("proof", required=True)
    account = _account(root.table("account"), portal)
    profile = Profile(
        path=path,
        portal=portal,
        signed_in=signed_in,
        proof=_proof(proof_table, portal, signed_in),
        account=account,
        sign_in=_sign_in(root.table("sign_in"), portal),
        logout=_logout(root.table("logout", required=True), portal),
        signed_out=_signed_out(root.table("signed_out")),
        operations=_operations(root),
        same_person=_same_person(root, account),
    )
    root.done()
    source.finish()
    return profile


def _portal(table: Table) -> PortalInfo:
    name = table.required_text("name", hint="A short name; people see the title.")
    title = _title(table.table("title"), name)
    allowed = table.texts("allowed", _allowed_problem)
    if not allowed and table.is_good("allowed"):
        table.note("allowed", "at least one URL glob", "Everything that no glob names is refused in the visit.")
    start_url = _address(table, "start_url", allowed)
    isolation = table.choice("isolation", Isolation) or Isolation.MEMORY
    extensions = table.texts(
        "extensions", lambda one: None if EXTENSION_ID.fullmatch(one) else "an extension's id: 32 letters from a to p"
    )
    if isolation is Isolation.TEMPLATE and not extensions and table.is_good("extensions"):
        table.note("extensions", "the ids of the portal's extensions", 'isolation = "template" is for them alone.')
    if isolation is Isolation.MEMORY and extensions and table.is_good("isolation"):
        table.note("extensions", 'isolation = "template" beside it', "A browser in memory runs no extensions.")
    table.done()
    return PortalInfo(name, title, start_url, allowed, isolation, extensions)


def _title(table: Table, name: str) -> dict[str, str]:
    """The names by language; the portal's own where none are given."""
    if not table.given:
        return {"ja": name, "en": name}
    if not table.values:
        table.note_table('names by language, such as { ja = "…", en = "…" }', "none")
    title = {}
    for language in table.values:
        if LANGUAGE.fullmatch(language):
            title[language] = table.required_text(language)
    table.done()
    return title


def _glob_problem(text: str) -> str | None:
    try:
        parse_glob(text)
    except GlobError as error:
        return str(error)
    return None


def _allowed_problem(text: str) -> str | None:
    problem = _glob_problem(text)
    if problem is None and not names_a_host(text):
        return "an address with its host, such as https://portal.example/*"
    return problem


def _glob(table: Table, name: str) -> str | None:
    text = table.text(name)
    if text is not None and (expected := _glob_problem(text)) is not None:
        table.note(name, expected)
        return None
    return text


def _address(table: Table, name: str, allowed: tuple[str, ...]) -> str:
    text = table.required_text(name, hint="For example https://portal.example/")
    if text:
        _check_address(table, name, text, allowed)
    return text


def _check_address(table: Table, name: str, text: str, allowed: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and "*" not in text
    except ValueError:
        is_address = False
    if not is_address or _glob_problem(text) is not None:
        table.note(name, AN_ADDRESS)
    elif allowed and not matches_any(allowed, text):
        table.note(name, "an address that portal.allowed names", "Add a glob for it to portal.allowed.")


def _signed_in(table: Table) -> SignedIn:
    storage = table.text("storage")
    if storage is not None and not STORAGE.fullmatch(storage):
        table.note("storage", '"local:KEY" or "session:KEY"', "KEY is the item's name in the page's web storage.")
    marks = SignedIn(table.text("selector"), table.text("cookie"), storage, _glob(table, "url"))
    _need_one_of(table, MARKS, "How does the portal show that somebody is signed in?")
    table.done()
    return marks


def _need_one_of(table: Table, names: tuple[str, ...], hint: str) -> None:
    if table.given and not any(name in table.values for name in names):
        table.note_table("at least one of " + ", ".join(names), "none of them", hint)


def _account(table: Table, portal: PortalInfo) -> Account | None:
    if not table.given:
        return None
    account = Account(
        table.required_text("selector", hint="Where does the account show?"), _steps(table, "reveal", portal)
    )
    table.done()
    return account


def _sign_in(table: Table, portal: PortalInfo) -> tuple[Step, ...]:
    steps = _steps(table, "steps", portal, VARIABLES)
    table.done()
    return steps


def _logout(table: Table, portal: PortalInfo) -> Logout:
    steps = _steps(table, "steps", portal)
    timeout_s = table.number("timeout_s", Logout().timeout_s, *LOGOUT_LIMITS)
    table.done()
    return Logout(steps, timeout_s)


def _signed_out(table: Table) -> SignedOut:
    marks = SignedOut(table.text("selector"), _glob(table, "url"))
    _need_one_of(table, ("selector", "url"), "What does the portal show after a logout?")
    table.done()
    return marks


def _proof(table: Table, portal: PortalInfo, signed_in: SignedIn) -> ProofOf:
    protected_url = _address(table, "protected_url", portal.allowed)
    refused_table = table.table("refused", required=True)
    refused = Refused(_glob(refused_table, "redirect"), _status(refused_table), refused_table.text("selector"))
    _need_one_of(refused_table, ("redirect", "status", "selector"), "How does the portal ask to sign in?")
    refused_table.done()
    opened_table = table.table("opened", required=True)
    opened = Opened(_status(opened_table), opened_table.text("selector"))
    _need_one_of(opened_table, ("status", "selector"), "What shows that the protected page opened?")
    opened_table.done()
    _check_difference(refused_table, refused, opened)
    replay = table.choice("replay", Replay)
    expect = table.choice("expect", Expect)
    if "expect" not in table.values:
        words = ", ".join(f'"{one}"' for one in Expect)
        table.note(
            "expect", f"one of {words}", "Less than this is an incident; profile check --live tells what it gives."
        )
    if replay is Replay.NONE and expect is Expect.REVOKED:
        hint = 'Without a replay nobody asks the server: replay = "cookies" or "storage".'
        table.note("expect", '"cleared", because replay = "none" can prove no more', hint)
    table.done()
    return ProofOf(protected_url, refused, opened, replay or Replay.COOKIES, expect or Expect.REVOKED)


def _check_difference(refused_table: Table, refused: Refused, opened: Opened) -> None:
    """The same answer must not mean both: one sign of a refusal is enough, so it must never come with the page."""
    both = sorted(set(refused.status) & set(opened.status))
    if both:
        hint = f"{both[0]} also stands in proof.opened: nobody could tell the two."
        refused_table.note("status", "a status that the open page never has", hint)
    if refused.selector is not None and refused.selector == opened.selector:
        refused_table.note("selector", "another one than proof.opened has", "Nobody could tell the two.")


def _status(table: Table) -> tuple[int, ...]:
    value = table.raw("status")
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    good = [
        one
        for one in values
        if isinstance(one, int) and not isinstance(one, bool) and LOWEST_STATUS <= one <= HIGHEST_STATUS
    ]
    if not values or good != values:
        table.note("status", f"an HTTP status from {LOWEST_STATUS} to {HIGHEST_STATUS}, or a list of them")
        return ()
    return tuple(good)


def _operations(root: Table) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    for table in root.tables("operation"):
        name = table.required_text("name", hint="The nudge and the counts name it.")
        if name and any(one.name == name for one in operations):
            table.note("name", "a name that no other operation has")
        url = _glob(table, "url")
        if "url" not in table.values:
            table.note("url", "a URL glob", "On which page is the operation finished?")
        done = table.required_text("done", hint="What shows on the page once it is finished?")
        card = table.choice("card", CardUse) or CardUse.UNEXPECTED
        operations.append(Operation(name, url or "", done, card))
        table.done()
    return tuple(operations)


def _same_person(root: Table, account: Account | None) -> tuple[SamePerson, ...]:
    rules: list[SamePerson] = []
    for table in root.tables("same_person"):
        url = _glob(table, "url")
        if "url" not in table.values:
            table.note("url", "a URL glob", "On which page is the form?")
        fields = table.texts("fields", _css_problem)
        confirm_card = table.flag("confirm_card", False)
        name = table.text("account")
        if not fields and table.is_good("fields") and not confirm_card:
            hint = "What is to be the same person's: the name in the form, the card on the reader, or both?"
            table.note_table("fields, or confirm_card = true", "neither of them", hint)
        if name is not None and not fields:
            table.note("account", "account only beside fields")
        if fields and account is None and "account" not in table.values:
            table.note("account", "a selector", "Where does the account's name show, in the writing of the field?")
        rules.append(SamePerson(url or "", fields, name, _glob(table, "sends"), confirm_card))
        table.done()
    return tuple(rules)


def _css_problem(text: str) -> str | None:
    """These are looked for without Playwright, at the very moment of a press."""
    if not text.strip() or NOT_CSS.search(text):
        return "a CSS selector, such as #holder; no other kind is known here"
    return None


def _steps(table: Table, name: str, portal: PortalInfo, variables: tuple[str, ...] = ()) -> tuple[Step, ...]:
    steps = [_step(one, portal, variables) for one in table.tables(name)]
    return tuple(step for step in steps if step is not None)


def _step(table: Table, portal: PortalInfo, variables: tuple[str, ...]) -> Step | None:
    verbs = [verb for verb in Verb if verb.value in table.values]
    if len(verbs) != 1:
        found = ", ".join(verb.value for verb in verbs) or ", ".join(table.values) or "nothing"
        table.note_table("a step with exactly one of " + ", ".join(Verb), found)
        return None
    verb = verbs[0]
    target = table.required_text(verb.value)
    value: str | None = None
    if verb is Verb.FILL:
        value = table.required_text("value", empty=True, hint="What is to be filled in?")
    elif "value" in table.values:
        table.raw("value")
        table.note("value", "value only beside fill")
    if verb is Verb.GOTO and target and "${" not in target:
        _check_address(table, verb.value, target, portal.allowed)
    optional = table.flag("optional", False)
    for where, text in ((verb.value, target), ("value", value or "")):
        _check_variables(table, where, text, variables if where == "value" else ())
    table.done()
    return Step(verb, target, value, optional)


def _check_variables(table: Table, where: str, text: str, variables: tuple[str, ...]) -> None:
    """Whoever runs a profile must not be made to type secrets of the environment into a page."""
    if all(found.group() in [f"${{{one}}}" for one in variables] for found in VARIABLE.finditer(text)):
        return
    if variables:
        table.note(where, "no other ${…} than " + ", ".join(f"${{{one}}}" for one in variables))
    else:
        table.note(where, "no ${…} here", "Only the values in sign_in.steps may come from the environment.")
