"""What reads Group Policy's values keeps to one contract, on Windows' registry and on the one in memory."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping

import pytest

from kiosk_agent.settings.registry import Kind, NoPolicyKey, PolicyKey, Value, this_pcs
from tests.support.fake_registry import FakePolicyKey

Write = Callable[[Mapping[str, Value]], PolicyKey]


def in_memory() -> Iterator[Write]:
    yield lambda entries: FakePolicyKey(entries, os.environ)


def in_windows() -> Iterator[Write]:
    if sys.platform != "win32":
        pytest.skip("only on Windows: no registry here")
    import winreg

    from kiosk_agent.settings.registry_windows import WindowsPolicyKey

    root = rf"Software\KioskAgentTest-{uuid.uuid4()}"
    made = [root]

    def write(entries: Mapping[str, Value]) -> PolicyKey:
        for path, value in entries.items():
            above, _, name = path.rpartition("\\")
            key = rf"{root}\{above}".rstrip("\\")
            parts = key.split("\\")
            made.extend("\\".join(parts[:end]) for end in range(3, len(parts) + 1))
            kind = winreg.REG_BINARY if value.kind is Kind.OTHER else int(value.kind)
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, kind, value.data)
        return WindowsPolicyKey(root, winreg.HKEY_CURRENT_USER)

    try:
        yield write
    finally:
        for key in sorted(set(made), key=len, reverse=True):
            try:
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
            except FileNotFoundError:  # nothing was written
                continue


@pytest.fixture(params=[in_memory, in_windows])
def write(request: pytest.FixtureRequest) -> Iterator[Write]:
    yield from request.param()


def test_where_there_is_no_key_there_are_no_values(write: Write) -> None:
    assert write({}).values() == {}


def test_every_type_comes_as_it_was_written(write: Write) -> None:
    entries = {
        "profile": Value(Kind.SZ, "窓口.toml"),
        r"policy\warning_s": Value(Kind.DWORD, 4294967295),
        r"policy\idle_limit_s": Value(Kind.QWORD, 2**40),
        r"desk\languages": Value(Kind.MULTI_SZ, ["ja", "en"]),
        r"desk\sound": Value(Kind.OTHER, b"\x01"),
    }
    assert write(entries).values() == entries


def test_keys_are_followed_to_any_depth_and_names_stay_as_they_are_spelt(write: Write) -> None:
    entries = {
        r"Policy\Weights\OS_Locked": Value(Kind.SZ, "certain"),
        r"Policy\mandatory_senses\1": Value(Kind.SZ, "tray"),
        r"Policy\mandatory_senses\2": Value(Kind.SZ, "card"),
    }
    assert write(entries).values() == entries


def test_texts_that_are_to_be_expanded_are(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_TEST_FOLDER", "D:\\desk")
    found = write({"profile": Value(Kind.EXPAND_SZ, r"%KIOSK_TEST_FOLDER%\portal.toml")}).values()
    assert found == {"profile": Value(Kind.EXPAND_SZ, "D:\\desk\\portal.toml")}


def test_what_changes_is_seen_at_the_next_look(write: Write) -> None:
    key = write({r"desk\sound": Value(Kind.DWORD, 0)})
    assert key.values() == {r"desk\sound": Value(Kind.DWORD, 0)}
    again = write({r"desk\sound": Value(Kind.DWORD, 1)})
    assert again.values() == {r"desk\sound": Value(Kind.DWORD, 1)}


def test_only_windows_has_a_group_policy() -> None:
    assert isinstance(this_pcs(), NoPolicyKey) is (sys.platform != "win32")
    assert NoPolicyKey().values() == {}
