"""Each keystore keeps, gives back and forgets; the file is this user's alone; a keyring is used where there is one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.report import keystore
from kiosk_agent.report.keystore import KeptIn, KeystoreError
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.report.keystore.windows import DpapiStore

# What a process does in a session of its own, with a keyring that is open
IN_A_SESSION = """
import sys
from pathlib import Path
from kiosk_agent.report import keystore
from kiosk_agent.report.keystore import KeptIn

folder, other = Path(sys.argv[1]), Path(sys.argv[2])
assert keystore.keep(folder, "one", "first") is KeptIn.SECRET_SERVICE
keystore.keep(folder, "one", "second")
keystore.keep(other, "one", "of another data folder")
assert keystore.read(folder, KeptIn.SECRET_SERVICE, "one") == "second"
assert keystore.read(folder, KeptIn.SECRET_SERVICE, "two") is None
keystore.remove(folder, KeptIn.SECRET_SERVICE, "one")
keystore.remove(folder, KeptIn.SECRET_SERVICE, "one")
assert keystore.read(folder, KeptIn.SECRET_SERVICE, "one") is None
assert keystore.read(other, KeptIn.SECRET_SERVICE, "one") == "of another data folder"
print("kept in the keyring")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="DPAPI is always there on Windows")
def test_without_a_keyring_a_file_of_this_user_alone_keeps_it(tmp_path: Path) -> None:
    assert keystore.keep(tmp_path, "one", "secret") is KeptIn.FILE
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keystore.read(tmp_path, KeptIn.FILE, "one") == "secret"
    keystore.remove(tmp_path, KeptIn.FILE, "one")
    keystore.remove(tmp_path, KeptIn.FILE, "one")
    assert keystore.read(tmp_path, KeptIn.FILE, "one") is None


def test_a_file_that_was_left_readable_for_all_does_not_lend_its_rights(tmp_path: Path) -> None:
    left = tmp_path / "one.secret.new"
    left.write_text("")
    left.chmod(0o644)
    write_durably(tmp_path / "one.secret", b"secret")
    assert stat.S_IMODE((tmp_path / "one.secret").stat().st_mode) == 0o600


def test_a_keyring_that_is_gone_is_an_error_and_no_missing_secret(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError):
        keystore.read(tmp_path, KeptIn.SECRET_SERVICE, "one")


@pytest.mark.skipif(sys.platform == "win32", reason="it is there")
def test_what_windows_encrypted_is_an_error_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError):
        DpapiStore(tmp_path)


@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="gnome-keyring is not installed")
@pytest.mark.skipif(shutil.which("dbus-run-session") is None, reason="dbus-run-session is not installed")
def test_an_open_keyring_keeps_it_by_data_folder_and_name(tmp_path: Path) -> None:
    script = tmp_path / "session.py"
    script.write_text(IN_A_SESSION)
    unlock = 'printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@"'
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    environment.pop("DBUS_SESSION_BUS_ADDRESS")
    program = ["dbus-run-session", "--", "sh", "-c", unlock, "sh", sys.executable, str(script)]
    answer = subprocess.run(
        [*program, str(tmp_path / "a"), str(tmp_path / "b")],
        env=environment, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "kept in the keyring" in answer.stdout, answer.stderr
