"""DPAPI keeps the desk's token: encrypted on the disk, readable for this user in any process."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.folders import default_data_dir, open_data_dir
from kiosk_agent.report import keystore
from kiosk_agent.report.disk import disk_digest
from kiosk_agent.report.keystore import KeptIn, KeystoreError

SECRET = "token-of-a-desk-0123456789"
READ = """
import sys
from pathlib import Path
from kiosk_agent.report import keystore
print(keystore.read(Path(sys.argv[1]), keystore.KeptIn.DPAPI, "one"))
"""


def test_what_is_kept_is_encrypted_and_another_process_of_the_user_reads_it(tmp_path: Path) -> None:
    assert keystore.keep(tmp_path, "one", SECRET) is KeptIn.DPAPI
    files = list(tmp_path.iterdir())
    assert len(files) == 1
    assert SECRET.encode() not in files[0].read_bytes()
    command = [sys.executable, "-c", READ, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == SECRET
    assert keystore.read(tmp_path, KeptIn.DPAPI, "two") is None
    for _ in range(2):
        keystore.remove(tmp_path, KeptIn.DPAPI, "one")
    assert keystore.read(tmp_path, KeptIn.DPAPI, "one") is None
    assert list(tmp_path.iterdir()) == []


def test_windows_is_asked_to_encrypt_for_this_user_alone_and_to_show_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wine has one user: what another one cannot read shows in what is asked for (flags of wincrypt.h)."""
    asked: list[tuple[str, int]] = []
    real = ctypes.WinDLL

    class Crypt32:
        def __init__(self, library: Any) -> None:
            self._library = library

        def __getattr__(self, name: str) -> Any:
            def ask(*words: Any) -> Any:
                asked.append((name, words[5]))
                return getattr(self._library, name)(*words)

            return ask

    def open_library(name: str, **options: Any) -> Any:
        return Crypt32(real(name, **options)) if name == "crypt32" else real(name, **options)

    monkeypatch.setattr(ctypes, "WinDLL", open_library)
    keystore.keep(tmp_path, "one", SECRET)
    assert keystore.read(tmp_path, KeptIn.DPAPI, "one") == SECRET
    without_a_dialogue = 0x1  # and not 0x4, CRYPTPROTECT_LOCAL_MACHINE
    assert set(asked) == {("CryptProtectData", without_a_dialogue), ("CryptUnprotectData", without_a_dialogue)}


@pytest.mark.parametrize("damage", ["a bit", "cut", "empty"])
def test_what_somebody_changed_is_an_error_and_no_missing_secret(tmp_path: Path, damage: str) -> None:
    keystore.keep(tmp_path, "one", SECRET)
    (path,) = tmp_path.iterdir()
    kept = bytearray(path.read_bytes())
    kept[-8] ^= 1
    path.write_bytes({"a bit": bytes(kept), "cut": bytes(kept[:40]), "empty": b""}[damage])
    with pytest.raises(KeystoreError):
        keystore.read(tmp_path, KeptIn.DPAPI, "one")


def test_the_data_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert default_data_dir() == tmp_path / "kiosk-agent"
    assert open_data_dir(None).is_dir()


def test_the_disk_is_asked_and_one_that_says_nothing_is_no_failure(tmp_path: Path) -> None:
    first = disk_digest(tmp_path, "0" * 32)
    assert first is None or len(first) == 64
    assert disk_digest(tmp_path, "0" * 32) == first
