"""Which browser the set-up takes, and what it says where it can have none.

The distributions are small programs on a PATH of their own: what apt says of ``chromium`` on Debian and on Ubuntu was
read off such machines.
"""

from __future__ import annotations

import http.server
import io
import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import browsers, packages
from installer.browsers import distribution, package_is_good, provide_browser, remedy
from kiosk_agent.errors import BrowserMissingError
from kiosk_agent.hands import find_browser as finding
from kiosk_agent.hands.find_browser import needs_profile

if sys.platform != "linux":
    pytest.skip("only on Linux", allow_module_level=True)

PYTHON = Path(sys.executable)
DEBIAN = {"chromium": "156.0.8078.79-1~deb12u1"}
UBUNTU = {"chromium-browser": "2:1snap1-0ubuntu2"}
WITHOUT_LISTS: dict[str, str] = {}
# /usr/bin/chromium-browser of Ubuntu's package: it has no snap either, so it only talks.
SNAP_POINTER = """\
echo "Command '/usr/bin/chromium-browser' requires the chromium snap to be installed." >&2
echo "Please install it with:" >&2
echo "snap install chromium" >&2
exit 1
"""
DOWNLOAD = "playwright install --with-deps --no-shell chromium"


class Server(http.server.ThreadingHTTPServer):
    """Stands for Playwright's own: has what was put into ``files``, by its name, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.asked: set[str] = set()


class Answer(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.add(name)
        body = self.server.files.get(name)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_args: object) -> None:
        pass


class Machine:
    """A distribution: its programs, what its apt knows, and who sits at it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self._folder = folder
        self._patch = monkeypatch
        for name in ("env", "sh"):
            (self.programs / name).symlink_to(f"/usr/bin/{name}")
        monkeypatch.setenv("PATH", str(self.programs))
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(folder / "downloads"))
        self.server = Server()
        monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", f"http://127.0.0.1:{self.server.server_port}")
        for name in (finding.BROWSER_VARIABLE, finding.SANDBOX_VARIABLE):
            monkeypatch.delenv(name, raising=False)
        self.apparmor(restricts=False)
        self.person(root=False)

    def program(self, name: str, body: str) -> Path:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)
        return path

    def apt(self, known: dict[str, str], name: str) -> None:
        """``known``: package → candidate. Installing is only written down."""
        cases = "".join(f"{package}) echo '  Candidate: {version}';;\n" for package, version in known.items())
        self.program("apt-cache", f'case "$2" in\n{cases}esac\n')
        self.program("apt-get", f'echo "$@" >> {self.log}\nexit 100\n')
        release = self._folder / "os-release"
        release.write_text(f'NAME="A distribution"\nVERSION_ID="1"\nID={name}\n')
        self._patch.setattr(browsers, "OS_RELEASE", release)

    def apparmor(self, *, restricts: bool) -> None:
        switch = self._folder / "apparmor"
        switch.write_text("1\n" if restricts else "0\n")
        self._patch.setattr(finding, "APPARMOR_SWITCH", switch)

    def person(self, *, root: bool) -> None:
        self._patch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        packages.may_install.cache_clear()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = Machine(tmp_path, monkeypatch)
    thread = threading.Thread(target=machine.server.serve_forever)
    thread.start()
    yield machine
    machine.server.shutdown()
    thread.join(timeout=30)
    machine.server.server_close()
    packages.may_install.cache_clear()


def playwrights_place() -> Path:
    """Where Playwright's Chromium belongs on this machine."""
    path = browsers.answer([str(PYTHON), "-I", "-c", browsers.ASK_PLAYWRIGHT])
    assert path is not None
    return Path(path)


def put_download(body: str) -> Path:
    place = playwrights_place()
    place.parent.mkdir(parents=True)
    place.write_text(f"#!/bin/sh\n{body}")
    place.chmod(0o755)
    return place


def zipped(path: Path, body: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo(str(path))
        entry.external_attr = 0o755 << 16
        file.writestr(entry, f"#!/bin/sh\n{body}\n")
    return archive.getvalue()


def test_ubuntus_pointer_to_a_snap_is_no_browser_and_the_download_is_named(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.apt(UBUNTU, "ubuntu")
    pointer = machine.program("chromium-browser", SNAP_POINTER)
    assert provide_browser(PYTHON) is None
    said = capfd.readouterr().err
    assert machine.server.asked  # the download was tried
    assert f"\n    {PYTHON} -m {DOWNLOAD}\n" in said
    assert str(pointer) not in said


def test_on_ubuntu_apts_chromium_is_never_named_also_before_its_lists_are_there(machine: Machine) -> None:
    machine.apt(WITHOUT_LISTS, "ubuntu")
    # without sudo: a download belongs into the folder of whoever runs it, not of root
    assert remedy(PYTHON) == f"{PYTHON} -m {DOWNLOAD}"


def test_debians_package_is_named_where_it_may_not_be_installed(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    for known in (DEBIAN, WITHOUT_LISTS):
        machine.apt(known, "debian")
        assert provide_browser(PYTHON) is None
        said = capfd.readouterr().err
        assert "apt-get install --no-install-recommends chromium" in said
        assert "playwright" not in said


@pytest.mark.parametrize(
    ("known", "name", "good"),
    [
        (DEBIAN, "debian", True),
        (WITHOUT_LISTS, "debian", True),
        (UBUNTU, "ubuntu", False),
        (WITHOUT_LISTS, "ubuntu", False),
        ({"chromium": "124.0.6367.60~linuxmint1", **UBUNTU}, "linuxmint", True),
        ({"chromium": "1:85.0-0ubuntu1snap1"}, "ubuntu", False),
    ],
)
def test_a_package_is_told_from_a_pointer(machine: Machine, known: dict[str, str], name: str, good: bool) -> None:
    machine.apt(known, name)
    assert package_is_good() is good


def test_playwrights_chromium_is_fetched_and_nothing_that_the_agent_does_not_use(machine: Machine) -> None:
    machine.apt(UBUNTU, "ubuntu")
    place = playwrights_place()
    machine.server.files = {
        "chrome-linux64.zip": zipped(place.relative_to(place.parents[1]), "echo Chrome for Testing 159.0.8154.6"),
        "ffmpeg-linux.zip": zipped(Path("ffmpeg-linux"), "exit 0"),
    }
    assert provide_browser(PYTHON) == place
    assert machine.server.asked == set(machine.server.files)


def test_a_download_that_starts_is_taken(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    machine.apt(UBUNTU, "ubuntu")
    place = put_download("echo Google Chrome for Testing 159.0.8154.6\n")
    assert provide_browser(PYTHON) == place
    assert "Missing" not in capfd.readouterr().err


def test_the_agent_started_by_hand_finds_the_newest_download_that_starts(machine: Machine) -> None:
    older = put_download("echo Google Chrome for Testing 159.0.8154.6\n")
    broken = older.parents[1].with_name("chromium-9999999") / older.parent.name / older.name
    newer = older.parents[1].with_name("chromium-999999") / older.parent.name / older.name
    for place, body in ((broken, "exit 127"), (newer, "echo Google Chrome for Testing 160.0.1.1")):
        place.parent.mkdir(parents=True)
        place.write_text(f"#!/bin/sh\n{body}\n")
        place.chmod(0o755)
    assert finding.find_browser() == newer
    installed = machine.program("chromium", "echo Chromium 156.0.8078.79")
    assert finding.find_browser() == installed
    installed.unlink()
    machine.apparmor(restricts=True)
    with pytest.raises(BrowserMissingError):
        finding.find_browser()


def test_a_download_without_its_libraries_is_not_taken(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    machine.apt(UBUNTU, "ubuntu")
    put_download("echo 'libglib-2.0.so.0: cannot open shared object file' >&2\nexit 127\n")
    assert provide_browser(PYTHON) is None
    assert "--with-deps" in capfd.readouterr().err


def test_where_apparmor_keeps_the_sandbox_from_a_download_the_vendors_package_is_named(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.apt(UBUNTU, "ubuntu")
    machine.apparmor(restricts=True)
    put_download("echo Google Chrome for Testing 159.0.8154.6\n")
    assert provide_browser(PYTHON) is None
    said = capfd.readouterr().err
    assert f"\n    {PYTHON} -m playwright install chrome\n" in said
    assert machine.server.asked == set()  # nothing was fetched that could not be used


def test_root_and_the_development_switch_run_without_the_sandbox_and_may_use_a_download(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.apparmor(restricts=True)
    assert needs_profile()
    monkeypatch.setenv(finding.SANDBOX_VARIABLE, "1")
    assert not needs_profile()
    monkeypatch.delenv(finding.SANDBOX_VARIABLE)
    machine.person(root=True)
    assert not needs_profile()


def test_what_a_distribution_calls_itself_may_stand_in_quotes(machine: Machine, tmp_path: Path) -> None:
    machine.apt(UBUNTU, "ubuntu")
    (tmp_path / "os-release").write_text('VERSION_ID="24.04"\nID="ubuntu"\nID_LIKE=debian\n')
    assert distribution() == "ubuntu"
    (tmp_path / "os-release").unlink()
    assert distribution() == ""
