"""Reading the agent's configuration file: exact errors, all at once, and floors that nothing undercuts.

``docs/configuration.md`` says what every key means.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from kiosk_agent.config import (
    Browser,
    BrowserAction,
    BrowsersSense,
    CardReader,
    Central,
    Config,
    Desk,
    Hotkey,
    InputSense,
    OsSessionSense,
    Recording,
    RemoteAction,
    Residue,
    Senses,
    Supervision,
    WindowMode,
)
from kiosk_agent.errors import ConfigError
from kiosk_agent.locale import SPOKEN
from kiosk_agent.session.policy import (
    CLASSIFICATION,
    MIN_EXTENSIONS,
    MIN_WARNING_S,
    MarkPolicy,
    Policy,
    Preset,
    policy_of,
)
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.text import Text
from kiosk_agent.toml_input import Table, TomlInput, did_you_mean, one_of, shown

# Each sense, and what switches it on.
SENSES: dict[str, Callable[[Config], bool]] = {
    "hotkey": lambda config: bool(config.hotkey.end_visit) and not config.browser.headless,
    "card": lambda config: config.senses.card.enabled,
    "tray": lambda config: not config.browser.headless,
    # without a screen there is nothing that a lock would hide, and nobody's input beside it
    "os_session": lambda config: config.senses.os_session.enabled and not config.browser.headless,
    "input": lambda config: config.senses.input.enabled and not config.browser.headless,
    "browsers": lambda config: config.senses.browsers.is_on,
}
MOST_EXTENSIONS = 1000  # more is no limit
EXTENSIONS = (MIN_EXTENSIONS, MOST_EXTENSIONS, Text("WCAG 2.2, 2.2.1: at least ten times."))
CENTRAL_URL = re.compile(r"https?://[^\s@?#\\]+")
CENTRAL_PROXY = re.compile(r"https?://[^\s@/]+/?")
PROXY = re.compile(r"(http|https|socks5)://[^/\s@]+")
# as `kiosk-agent config release-code` prints it: 16 bytes of salt and 32 of hash in base64
HASH = re.compile(r"scrypt\$([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=)")
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1  # RFC 7914, 2; about 50 ms and 16 MiB on an old PC

# Asking pynput itself would need a display; its names: pynput.keyboard.Key.
MODIFIERS = {f"<{name}{side}>" for name in ("ctrl", "alt", "shift", "cmd") for side in ("", "_l", "_r")} | {"<alt_gr>"}
NAMED_KEYS = {
    f"<{name}>"
    for name in (
        "backspace", "caps_lock", "delete", "down", "end", "enter", "esc", "home", "insert", "left", "menu",
        "num_lock", "page_down", "page_up", "pause", "print_screen", "right", "scroll_lock", "space", "tab", "up",
        *(f"f{number}" for number in range(1, 21)),
    )
}  # fmt: skip

# Least, most, and why.
LIMITS: dict[str, tuple[float, float, Text]] = {
    "idle_limit_s": (3.0, 900.0, Text("Longer than 15 minutes protects nobody at a desk.")),
    "warning_s": (MIN_WARNING_S, 300.0, Text("WCAG 2.2, 2.2.1: at least 20 seconds to answer.")),
    "max_visit_s": (60.0, 14400.0, Text("No visit may outlast half a working day.")),
    "gap_s": (5.0, 900.0, Text("Shorter gaps are people reading; after a longer one nobody knows who is there.")),
    "card_absent_grace_s": (1.0, 900.0, Text("Longer than 15 minutes protects nobody at a desk.")),
    "card_wait_s": (
        5.0,
        120.0,
        Text("Whoever is asked for the card must find it; without one the support worker is asked."),
    ),
    "challenge_s": (20.0, 600.0, Text("The support worker must be able to come over, and the portal session is open.")),
    "open_limit_s": (5.0, 120.0, Text("A browser that needs longer will not come.")),
    "record_limit_s": (1.0, 60.0, Text("A disk that needs longer hangs.")),
    "shield_limit_s": (0.2, 5.0, Text("The portal may be seen until then.")),
    "logout_limit_s": (5.0, 120.0, Text("People wait in front of the cover.")),
    "destroy_limit_s": (1.0, 30.0, Text("People wait in front of the cover.")),
    "residue_limit_s": (1.0, 60.0, Text("People wait in front of the cover.")),
    "proof_limit_s": (2.0, 60.0, Text("People wait in front of the cover.")),
}
CLOSE_AFTER = (5.0, 60.0, Text("In less nobody has read the notice; for longer it covers the screen."))
KEEP_DAYS = (1, 92, Text("A quarter is enough for any tuning; what is not kept cannot be lost."))
MAX_MIB = (1, 500, Text("It must never be what fills the disk, and one busy day takes about one."))
HANG_LIMITS = (2.0, 30.0, Text("In less a busy PC counts as hung; for longer nobody watches over the screen."))


def load_config(path: Path) -> Config:
    """Read and check a configuration. Relative paths in it start at its own folder.

    Raises ConfigError with every mistake. This is the file alone; what holds at a desk: :mod:`kiosk_agent.settings`.
    """
    source = TomlInput(path, ConfigError)
    config = read_config(source)
    source.finish()
    return config


def read_config(source: TomlInput) -> Config:
    """Check what ``source`` says. Every mistake is noted there; what is wrong has its default in the answer."""
    path, root = source.path, source.root
    hint = Text("The portal's profile, as a path that starts at this file's folder.")
    profile = _as_path(root, "profile", root.required_text("profile", hint=hint), path.parent)
    config = Config(
        path=path,
        profile=profile or path,
        desk=_desk(root.table("desk"), path.parent),
        browser=_browser(root.table("browser"), path.parent),
        residue=_residue(root.table("residue")),
        hotkey=_hotkey(root.table("hotkey")),
        senses=_senses(root.table("senses")),
        supervision=_supervision(root.table("supervision")),
        recording=_recording(root.table("recording")),
        central=_central(root.table("central"), path.parent),
        policy=_policy(root.table("policy")),
    )
    root.done()
    for number, name in enumerate(config.policy.mandatory_senses):
        if not SENSES[name](config):
            key = ("policy", "mandatory_senses", number)
            hint = Text("This desk would be held for ever.")
            source.contradict(key, Text("a sense that is switched on"), shown(name), hint)
    return config


def _as_path(table: Table, name: str, text: str | None, base: Path) -> Path | None:
    if not text:
        return None
    if "\0" in text:
        table.note(name, Text("a path"))
        return None
    try:
        return base / Path(text).expanduser()
    except RuntimeError:  # ~name of somebody who has no account here
        table.note(name, Text("a path"), Text("There is no such user on this PC."))
        return None


def _desk(table: Table, base: Path) -> Desk:
    default = Desk()
    name = table.text("name", empty=True)
    language = table.text("language")
    if language is not None and language not in SPOKEN:
        table.note("language", one_of(SPOKEN), did_you_mean(language, SPOKEN))
    languages = _languages(table, language or default.language)
    data_dir = _as_path(table, "data_dir", table.text("data_dir"), base)
    sound = table.flag("sound", default.sound)
    table.done()
    return Desk(name or default.name, language or default.language, data_dir, languages or default.languages, sound)


def _languages(table: Table, own: str) -> tuple[str, ...]:
    languages = table.texts("languages", lambda one: None if one in SPOKEN else one_of(SPOKEN))
    given = table.values.get("languages")
    if not isinstance(given, list) or len(languages) < len(given):
        return languages  # not given, or noted already
    if own in SPOKEN and own not in languages:
        hint = Text("The desk's own language is one of those that it offers.")
        table.contradict("languages", Text('a list with "{language}" in it', language=own), hint)
    elif len(set(languages)) < len(languages):
        table.note("languages", Text("each language once"))
    return languages


def _browser(table: Table, base: Path) -> Browser:
    executable = _as_path(table, "executable", table.text("executable"), base)
    window = table.choice("window", WindowMode)
    headless = table.flag("headless", False)
    proxy = table.text("proxy")
    if proxy is not None and not PROXY.fullmatch(proxy):
        table.note("proxy", Text("an address such as {example}", example="http://proxy.example:8080"))
    table.done()
    return Browser(executable, window or Browser().window, headless, proxy)


def _residue(table: Table) -> Residue:
    print_jobs = table.flag("print_jobs", Residue().print_jobs)
    table.done()
    return Residue(print_jobs)


def _hotkey(table: Table) -> Hotkey:
    keys = table.text("end_visit", empty=True)
    if keys and (problem := hotkey_problem(keys)):
        table.note("end_visit", Text("a combination such as <ctrl>+<alt>+<end>"), problem)
    table.done()
    return Hotkey() if keys is None else Hotkey(keys)


def hotkey_problem(keys: str) -> str | Text:
    """What is wrong with a key combination in pynput's notation; empty where nothing is."""
    parts = [part.lower() for part in keys.split("+")]
    for part in parts:
        if part not in MODIFIERS | NAMED_KEYS and (len(part) != 1 or not part.isprintable() or part.isspace()):
            near = did_you_mean(part, MODIFIERS | NAMED_KEYS)
            unknown = Text("Unknown: {key}. Keys with a name stand in < >, all others are one sign.", key=shown(part))
            return near or unknown
    if len(set(parts)) != len(parts):
        return Text("One key stands there twice.")
    if not any(part in MODIFIERS for part in parts):
        return Text("At least one of <ctrl>, <alt>, <shift>, <cmd>: a bare key would be typed by residents.")
    if all(part in MODIFIERS for part in parts):
        return Text("Also a key that is none of <ctrl>, <alt>, <shift>, <cmd>.")
    return ""


def _senses(table: Table) -> Senses:
    senses = Senses(
        card=_card(table.table("card")),
        os_session=_os_session(table.table("os_session")),
        input=_input(table.table("input")),
        browsers=_browsers_sense(table.table("browsers")),
    )
    table.done()
    return senses


def _card(table: Table) -> CardReader:
    default = CardReader()
    enabled = table.flag("enabled", default.enabled)
    reader = table.text("reader", empty=True)
    compare_certificate = table.flag("compare_certificate", default.compare_certificate)
    table.done()
    return CardReader(enabled, reader or default.reader, compare_certificate)


def _os_session(table: Table) -> OsSessionSense:
    enabled = table.flag("enabled", OsSessionSense().enabled)
    table.done()
    return OsSessionSense(enabled)


def _input(table: Table) -> InputSense:
    enabled = table.flag("enabled", InputSense().enabled)
    table.done()
    return InputSense(enabled)


def _browsers_sense(table: Table) -> BrowsersSense:
    default = BrowsersSense()
    action = table.choice("action", BrowserAction)
    close_after_s = table.number("close_after_s", default.close_after_s, *CLOSE_AFTER)
    remote_control = table.choice("remote_control", RemoteAction)
    table.done()
    return BrowsersSense(action or default.action, close_after_s, remote_control or default.remote_control)


def _supervision(table: Table) -> Supervision:
    hang_limit_s = table.number("hang_limit_s", Supervision().hang_limit_s, *HANG_LIMITS)
    code_hash = table.text("release_code_hash")
    if code_hash is not None and not HASH.fullmatch(code_hash):
        # not shown: somebody may have written the code itself
        path = (*table.path, "release_code_hash")
        expected = Text("the line that `kiosk-agent config release-code` prints")
        table.source.note(path, expected, Text("another text of {count} signs", count=len(code_hash)))
    table.done()
    return Supervision(hang_limit_s, code_hash)


def _recording(table: Table) -> Recording:
    default = Recording()
    events = table.flag("events", default.events)
    keep_days = table.whole_number("keep_days", default.keep_days, *KEEP_DAYS)
    max_mib = table.whole_number("max_mib", default.max_mib, *MAX_MIB)
    table.done()
    return Recording(events, keep_days, max_mib)


def _central(table: Table, base: Path) -> Central:
    url = table.text("url")
    if url is not None and (problem := central_url_problem(url)):
        table.note("url", Text("an address such as {example}", example="https://central.example"), problem)
    proxy = table.text("proxy")
    if proxy is not None and proxy != "direct" and not CENTRAL_PROXY.fullmatch(proxy):
        example = "http://proxy.example:8080"
        table.note("proxy", Text('an address such as {example}, or "direct"', example=example))
    ca = _as_path(table, "ca", table.text("ca"), base)
    table.done()
    return Central(url.rstrip("/") if url else None, proxy, ca)


def central_url_problem(url: str) -> str | Text:
    """What is wrong with central's address; empty where nothing is."""
    if not CENTRAL_URL.fullmatch(url):
        return Text("It begins with https:// or http://, and has no user, query or fragment.")
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return Text("Its host cannot be read.")
    try:
        _ = parts.port
    except ValueError:
        return Text("Its port is no number from 0 to 65535.")
    return "" if parts.hostname else Text("It has no host.")


def _policy(table: Table) -> Policy:
    preset = table.choice("preset", Preset) or Preset.STANDARD
    default = policy_of(preset)
    limits = {name: table.number(name, getattr(default, name), *bounds) for name, bounds in LIMITS.items()}
    if limits["warning_s"] + limits["idle_limit_s"] > limits["max_visit_s"]:
        hint = Text("Otherwise every visit ends before its warning.")
        table.contradict("max_visit_s", Text("at least {value}", value="idle_limit_s + warning_s"), hint)
    max_extensions = table.whole_number("max_extensions", default.max_extensions, *EXTENSIONS)
    mark = table.choice("mark", MarkPolicy)
    senses = table.texts("mandatory_senses", lambda one: None if one in SENSES else one_of(SENSES))
    weights = _weights(table.table("weights"))
    table.done()
    return Policy(
        **limits,
        preset=preset,
        max_extensions=max_extensions,
        mark=mark or default.mark,
        mandatory_senses=senses,
        weights={**default.weights, **weights},
    )


def _weights(table: Table) -> dict[Signal, Weight]:
    weights: dict[Signal, Weight] = {}
    for signal in Signal:
        weight = table.choice(signal.value, Weight)
        if weight is None:
            continue
        if CLASSIFICATION[signal] is Weight.CERTAIN and weight is not Weight.CERTAIN:
            table.note(signal.value, '"certain"', Text("This sign always ends the session."))
        weights[signal] = weight
    table.done()
    return weights


def hash_release_code(code: str) -> str:
    """The line for ``supervision.release_code_hash``: a salted scrypt hash."""
    salt = secrets.token_bytes(16)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(_scrypt(code, salt)).decode()}"


def verify_release_code(code: str, line: str) -> bool:
    """Whether ``code`` is the one that ``line`` was made from; takes equally long for every code."""
    found = HASH.fullmatch(line)
    if found is None:
        return False
    salt, expected = (base64.b64decode(part) for part in found.groups())
    return hmac.compare_digest(_scrypt(code, salt), expected)


def _scrypt(code: str, salt: bytes) -> bytes:
    # an input method may turn the same keys into full-width signs
    text = unicodedata.normalize("NFKC", code).strip()
    # surrogatepass: a lone surrogate is a wrong code, not a crash
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32)
