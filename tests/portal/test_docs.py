"""docs/profiles.md names every key of a profile and none that there is not; the profiles that ship are right."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import (
    Account,
    CardUse,
    Expect,
    Isolation,
    Logout,
    Operation,
    PortalInfo,
    Profile,
    ProofOf,
    Replay,
    SamePerson,
    SignedIn,
    SignedOut,
    Verb,
)
from kiosk_agent.session.vocabulary import Proof

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
TABLES = {
    "portal": PortalInfo,
    "signed_in": SignedIn,
    "account": Account,
    "logout": Logout,
    "signed_out": SignedOut,
    "proof": ProofOf,
    "operation": Operation,
    "same_person": SamePerson,
}


def rows(section: str) -> set[str]:
    """The keys in a section's table."""
    after = TEXT.partition(f"## `[{section}]`")[2] or TEXT.partition(f"## `[[{section}]]`")[2]
    text = after.partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", text, re.M))


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_a_table_is_documented_and_no_other(name: str) -> None:
    documented = rows(name) - ({str(proof) for proof in Proof} if name == "proof" else set())
    assert documented == {field.name for field in msgspec.structs.fields(TABLES[name])}


def test_every_table_is_documented() -> None:
    tables = {field.name for field in msgspec.structs.fields(Profile)} - {"path"}
    assert tables == {*TABLES, "sign_in"} - {"operation"} | {"operations"}
    assert rows("sign_in") == {"steps"}


def test_every_word_is_documented() -> None:
    words = [f'`"{word}"`' for word in (*Isolation, *Replay, *Expect, *CardUse)] + [f"{{ {verb} = " for verb in Verb]
    assert [word for word in words if word not in TEXT] == []


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "portals").rglob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_that_ships_is_right(path: Path) -> None:
    assert load_profile(path).proof.protected_url
