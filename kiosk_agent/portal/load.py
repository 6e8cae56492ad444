"""Reading a portal profile: exact errors, all at once. ``docs/profiles.md`` says what every key means."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from kiosk_agent.errors import ProfileError
from kiosk_agent.portal.globs import GlobError, matches, matches_any, names_a_host, parse_glob
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
from kiosk_agent.text import Text
from kiosk_agent.toml_input import Table, TomlInput, one_of

VARIABLES = ("KIOSK_TEST_USER", "KIOSK_TEST_PASSWORD")
SIGN_OF_VARIABLES = "${…}"
VARIABLE = re.compile(r"\$\{([^}]*)\}?")
EXTENSION_ID = re.compile(r"[a-p]{32}")
STORAGE = re.compile(r"(local|session):.+", re.DOTALL)
NOT_CSS = re.compile(r"^\s*(/|\.\.|[a-z_-]+(:light)?=)|>>|:(has-text|text|text-is|text-matches|visible)\b")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # RFC 5646, as far as anybody here needs it
LOGOUT_LIMITS = (1.0, 60.0, Text("It runs beneath the cover, while people wait."))
LOWEST_STATUS, HIGHEST_STATUS = 100, 599  # RFC 9110, 15
AN_ADDRESS = Text("a whole address that begins with https:// or http://")
A_GLOB = Text("a URL glob")
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
    name = table.required_text("name", hint=Text("A short name; people see the title."))
    title = _title(table.table("title"), name)
    allowed = table.texts("allowed", _allowed_problem)
    if not allowed and table.is_good("allowed"):
        hint = Text("Everything that no glob names is refused in the visit.")
        table.note("allowed", Text("at least one URL glob"), hint)
    start_url = _address(table, "start_url", allowed)
    isolation = table.choice("isolation", Isolation) or Isolation.MEMORY
    an_id = Text("an extension's id: 32 letters from a to p")
    extensions = table.texts("extensions", lambda one: None if EXTENSION_ID.fullmatch(one) else an_id)
    if isolation is Isolation.TEMPLATE and not extensions and table.is_good("extensions"):
        hint = Text('isolation = "template" is for them alone.')
        table.note("extensions", Text("the ids of the portal's extensions"), hint)
    if isolation is Isolation.MEMORY and extensions and table.is_good("isolation"):
        hint = Text("A browser in memory runs no extensions.")
        table.note("extensions", Text('isolation = "template" beside it'), hint)
    table.done()
    return PortalInfo(name, title, start_url, allowed, isolation, extensions)


def _title(table: Table, name: str) -> dict[str, str]:
    """The names by language; the portal's own where none are given."""
    if not table.given:
        return {"ja": name, "en": name}
    if not table.values:
        table.note_table(Text("names by language, such as {example}", example='{ ja = "…", en = "…" }'), Text("none"))
    title = {}
    for language in table.values:
        if LANGUAGE.fullmatch(language):
            title[language] = table.required_text(language)
    table.done()
    return title


def _glob_problem(text: str) -> Text | None:
    try:
        parse_glob(text)
    except GlobError as error:
        return error.expected
    return None


def _allowed_problem(text: str) -> Text | None:
    problem = _glob_problem(text)
    if problem is None and not names_a_host(text):
        return Text("an address with its host, such as {example}", example="https://portal.example/*")
    return problem


def _glob(table: Table, name: str) -> str | None:
    text = table.text(name)
    if text is not None and (expected := _glob_problem(text)) is not None:
        table.note(name, expected)
        return None
    return text


def _address(table: Table, name: str, allowed: tuple[str, ...]) -> str:
    text = table.required_text(name, hint=Text("For example {example}", example="https://portal.example/"))
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
        hint = Text("Add a glob for it to portal.allowed.")
        table.note(name, Text("an address that portal.allowed names"), hint)


def _signed_in(table: Table) -> SignedIn:
    storage = table.text("storage")
    if storage is not None and not STORAGE.fullmatch(storage):
        hint = Text("KEY is the item's name in the page's web storage.")
        table.note("storage", Text('"local:KEY" or "session:KEY"'), hint)
    marks = SignedIn(table.text("selector"), table.text("cookie"), storage, _glob(table, "url"))
    _need_one_of(table, MARKS, Text("How does the portal show that somebody is signed in?"))
    table.done()
    return marks


def _need_one_of(table: Table, names: tuple[str, ...], hint: Text) -> None:
    if table.given and not any(name in table.values for name in names):
        table.note_table(Text("at least one of {names}", names=", ".join(names)), Text("none of them"), hint)


def _account(table: Table, portal: PortalInfo) -> Account | None:
    if not table.given:
        return None
    selector = table.required_text("selector", hint=Text("Where does the account show?"))
    account = Account(selector, _steps(table, "reveal", portal))
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
    _need_one_of(table, ("selector", "url"), Text("What does the portal show after a logout?"))
    table.done()
    return marks


def _proof(table: Table, portal: PortalInfo, signed_in: SignedIn) -> ProofOf:
    protected_url = _address(table, "protected_url", portal.allowed)
    refused_table = table.table("refused", required=True)
    refused = Refused(_glob(refused_table, "redirect"), _status(refused_table), refused_table.text("selector"))
    _need_one_of(refused_table, ("redirect", "status", "selector"), Text("How does the portal ask to sign in?"))
    refused_table.done()
    opened_table = table.table("opened", required=True)
    opened = Opened(_status(opened_table), opened_table.text("selector"))
    _need_one_of(opened_table, ("status", "selector"), Text("What shows that the protected page opened?"))
    opened_table.done()
    _check_difference(refused_table, refused, opened)
    if protected_url and refused.redirect is not None and matches(refused.redirect, protected_url):
        expected = Text("a glob that does not mean proof.protected_url too")
        refused_table.note("redirect", expected, Text("Nobody could tell the two."))
    replay = table.choice("replay", Replay)
    expect = table.choice("expect", Expect)
    if "expect" not in table.values:
        hint = Text("Less than this is an incident; profile check --live tells what it gives.")
        table.note("expect", one_of(Expect), hint)
    if replay is Replay.NONE and expect is Expect.REVOKED:
        hint = Text('Without a replay nobody asks the server: replay = "cookies" or "storage".')
        table.note("expect", Text('"cleared", because replay = "none" can prove no more'), hint)
    table.done()
    return ProofOf(protected_url, refused, opened, replay or Replay.COOKIES, expect or Expect.REVOKED)


def _check_difference(refused_table: Table, refused: Refused, opened: Opened) -> None:
    """The same answer must not mean both: one sign of a refusal is enough, so it must never come with the page."""
    both = sorted(set(refused.status) & set(opened.status))
    if both:
        hint = Text("{status} also stands in proof.opened: nobody could tell the two.", status=both[0])
        refused_table.note("status", Text("a status that the open page never has"), hint)
    if refused.selector is not None and refused.selector == opened.selector:
        hint = Text("Nobody could tell the two.")
        refused_table.note("selector", Text("another one than proof.opened has"), hint)


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
        limits = {"least": LOWEST_STATUS, "most": HIGHEST_STATUS}
        table.note("status", Text("an HTTP status from {least} to {most}, or a list of them", **limits))
        return ()
    return tuple(good)


def _operations(root: Table) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    for table in root.tables("operation"):
        name = table.required_text("name", hint=Text("The nudge and the counts name it."))
        if name and any(one.name == name for one in operations):
            table.note("name", Text("a name that no other operation has"))
        url = _glob(table, "url")
        if "url" not in table.values:
            table.note("url", A_GLOB, Text("On which page is the operation finished?"))
        done = table.required_text("done", hint=Text("What shows on the page once it is finished?"))
        card = table.choice("card", CardUse) or CardUse.UNEXPECTED
        operations.append(Operation(name, url or "", done, card))
        table.done()
    return tuple(operations)


def _same_person(root: Table, account: Account | None) -> tuple[SamePerson, ...]:
    rules: list[SamePerson] = []
    for table in root.tables("same_person"):
        url = _glob(table, "url")
        if "url" not in table.values:
            table.note("url", A_GLOB, Text("On which page is the form?"))
        fields = table.texts("fields", _css_problem)
        confirm_card = table.flag("confirm_card", False)
        name = table.text("account")
        if not fields and table.is_good("fields") and not confirm_card:
            hint = Text("What is to be the same person's: the name in the form, the card on the reader, or both?")
            table.note_table(Text("fields, or confirm_card = true"), Text("neither of them"), hint)
        if name is not None and not fields:
            table.note("account", Text("account only beside fields"))
        if fields and account is None and "account" not in table.values:
            hint = Text("Where does the account's name show, in the writing of the field?")
            table.note("account", Text("a selector"), hint)
        rules.append(SamePerson(url or "", fields, name, _glob(table, "sends"), confirm_card))
        table.done()
    return tuple(rules)


def _css_problem(text: str) -> Text | None:
    """These are looked for without Playwright, at the very moment of a press."""
    if not text.strip() or NOT_CSS.search(text):
        return Text("a CSS selector, such as {example}; no other kind is known here", example="#holder")
    return None


def _steps(table: Table, name: str, portal: PortalInfo, variables: tuple[str, ...] = ()) -> tuple[Step, ...]:
    steps = [_step(one, portal, variables) for one in table.tables(name)]
    return tuple(step for step in steps if step is not None)


def _step(table: Table, portal: PortalInfo, variables: tuple[str, ...]) -> Step | None:
    verbs = [verb for verb in Verb if verb.value in table.values]
    if len(verbs) != 1:
        found = ", ".join(verb.value for verb in verbs) or ", ".join(table.values) or Text("nothing")
        table.note_table(Text("a step with exactly one of {verbs}", verbs=", ".join(Verb)), found)
        return None
    verb = verbs[0]
    target = table.required_text(verb.value)
    value: str | None = None
    if verb is Verb.FILL:
        value = table.required_text("value", empty=True, hint=Text("What is to be filled in?"))
    elif "value" in table.values:
        table.raw("value")
        table.note("value", Text("value only beside fill"))
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
        names = ", ".join(f"${{{one}}}" for one in variables)
        table.note(where, Text("no other {sign} than {names}", sign=SIGN_OF_VARIABLES, names=names))
    else:
        hint = Text("Only the values in sign_in.steps may come from the environment.")
        table.note(where, Text("no {sign} here", sign=SIGN_OF_VARIABLES), hint)
