"""Reading the agent's configuration file: exact errors, all at once, and floors that nothing undercuts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from pathlib import Path

from kiosk_agent.config import Browser, Config, Desk, Hotkey, Supervision, WindowMode
from kiosk_agent.errors import ConfigError
from kiosk_agent.locale import LANGUAGES
from kiosk_agent.session.policy import CLASSIFICATION, MIN_EXTENSIONS, MIN_WARNING_S, MarkPolicy, Policy
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.toml_input import Table, TomlInput, did_you_mean

SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # RFC 7914, 2; about 50 ms and 16 MiB on an old PC
HASH = re.compile(r"scrypt\$([A-Za-z0-9+/=]{24})\$([A-Za-z0-9+/=]{44})")
HOTKEY = re.compile(r"(<[a-z0-9_]+>\+)*(<[a-z0-9_]+>|[^\s<>+])")
MODIFIER = re.compile(r"<(ctrl|alt|shift|cmd)(_l|_r)?>")
SENSES = ("hotkey", "tray")


def load_config(path: Path) -> Config:
    """Read and check a configuration. Relative paths in it start at its own folder. Raises ConfigError."""
    source = TomlInput(path, ConfigError)
    root = Table(source, source.data, "")
    profile = root.text("profile", "", required=True)
    config = Config(
        path=path,
        profile=path.parent / profile,
        desk=_desk(root.table("desk"), path.parent),
        browser=_browser(root.table("browser"), path.parent),
        hotkey=_hotkey(root.table("hotkey")),
        supervision=_supervision(root.table("supervision")),
        policy=_policy(root.table("policy")),
    )
    root.done()
    source.finish()
    return config


def _path(table: Table, name: str, base: Path) -> Path | None:
    text = table.text(name)
    return base / Path(text).expanduser() if text is not None else None


def _desk(table: Table, base: Path) -> Desk:
    language = table.text("language", "ja")
    if language not in LANGUAGES:
        table.note("language", "one of " + ", ".join(LANGUAGES))
    desk = Desk(table.text("name", "", empty=True), language, _path(table, "data_dir", base))
    table.done()
    return desk


def _browser(table: Table, base: Path) -> Browser:
    proxy = table.text("proxy")
    if proxy is not None and not re.match(r"(http|https|socks5)://[^/\s]+$", proxy):
        table.note("proxy", "an address such as http://proxy.example:8080")
    browser = Browser(
        executable=_path(table, "executable", base),
        window=table.choice("window", WindowMode.MAXIMIZED, WindowMode),
        headless=table.flag("headless", False),
        proxy=proxy,
    )
    table.done()
    return browser


def _hotkey(table: Table) -> Hotkey:
    keys = table.text("end_visit", Hotkey().end_visit, empty=True)
    if keys and (not HOTKEY.fullmatch(keys) or not MODIFIER.search(keys)):
        table.note("end_visit", "a combination such as <ctrl>+<alt>+<end>", "Empty text: no hotkey.")
    table.done()
    return Hotkey(keys)


def _supervision(table: Table) -> Supervision:
    default = Supervision()
    hang_limit_s = table.number(
        "hang_limit_s", default.hang_limit_s, 2.0, 30.0, "Under 2 s a busy PC counts as hung; above 30 s nobody is safe."
    )
    code_hash = table.text("release_code_hash")
    if code_hash is not None and not HASH.fullmatch(code_hash):
        table.note("release_code_hash", "the line that `kiosk-agent config release-code` prints")
    table.done()
    return Supervision(hang_limit_s, code_hash)


LIMITS: dict[str, tuple[float, float, str]] = {
    "idle_limit_s": (3.0, 900.0, "Longer than 15 minutes protects nobody at a desk."),
    "warning_s": (MIN_WARNING_S, 300.0, "WCAG 2.2, 2.2.1: at least 20 seconds to answer."),
    "max_visit_s": (60.0, 14400.0, "No visit may outlast half a working day."),
    "gap_s": (5.0, 900.0, "Shorter gaps are people reading."),
    "challenge_s": (20.0, 600.0, "The support worker must be able to come over."),
    "open_limit_s": (5.0, 120.0, "A browser that needs longer will not come."),
    "record_limit_s": (1.0, 60.0, "A disk that needs longer hangs."),
    "shield_limit_s": (0.2, 5.0, "The portal may be seen until then."),
    "logout_limit_s": (5.0, 120.0, "People wait in front of the cover."),
    "destroy_limit_s": (1.0, 30.0, "People wait in front of the cover."),
    "residue_limit_s": (1.0, 60.0, "People wait in front of the cover."),
    "proof_limit_s": (2.0, 60.0, "People wait in front of the cover."),
}


def _policy(table: Table) -> Policy:
    default = Policy()
    limits = {name: table.number(name, getattr(default, name), *bounds) for name, bounds in LIMITS.items()}
    if limits["warning_s"] + limits["idle_limit_s"] > limits["max_visit_s"]:
        table.note("max_visit_s", "at least idle_limit_s + warning_s", "Otherwise every visit ends before its warning.")
    extensions = table.number(
        "max_extensions", default.max_extensions, MIN_EXTENSIONS, 1000, "WCAG 2.2, 2.2.1: at least ten times.", whole=True
    )
    mark = table.choice("mark", default.mark, MarkPolicy)
    senses = table.texts(
        "mandatory_senses", lambda one: None if one in SENSES else "one of " + ", ".join(SENSES)
    )
    weights = _weights(table.table("weights"))
    table.done()
    return Policy(**limits, max_extensions=extensions, mark=mark, mandatory_senses=senses, weights=weights)


def _weights(table: Table) -> dict[Signal, Weight]:
    weights: dict[Signal, Weight] = {}
    for name in table.values:
        if name not in list(Signal):
            known = did_you_mean(name, list(Signal)) or "Known here: " + ", ".join(Signal)
            table.source.note(table.key(name), "a sign of another person", repr(name), known)
            continue
        weight = table.choice(name, None, Weight)
        if weight is None:
            continue
        if CLASSIFICATION[Signal(name)] is Weight.CERTAIN and weight is not Weight.CERTAIN:
            table.note(name, "\"certain\"", "This sign always ends the session.")
        else:
            weights[Signal(name)] = weight
    return weights


def hash_release_code(code: str) -> str:
    """The line for ``supervision.release_code_hash``: a salted scrypt hash."""
    salt = secrets.token_bytes(16)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(_scrypt(code, salt)).decode()}"


def verify_release_code(code: str, line: str) -> bool:
    """Whether ``code`` is the one that ``line`` was made from."""
    found = HASH.fullmatch(line)
    if found is None:
        return False
    salt, expected = (base64.b64decode(part) for part in found.groups())
    return hmac.compare_digest(_scrypt(code, salt), expected)


def _scrypt(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, dklen=32, **SCRYPT)
