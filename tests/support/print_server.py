"""A CUPS of the tests' own: with settings, folders and a socket of its own, and printers that a test switches off."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

START_LIMIT_S = 30.0
TOOL_LIMIT_S = 30.0

SETTINGS = """LogLevel info
Listen {socket}
Browsing No
DefaultAuthType Basic
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  SubscriptionPrivateAccess default
  SubscriptionPrivateValues default
  <Limit Send-Document Hold-Job Release-Job Close-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit Cancel-Job Cancel-Jobs Cancel-My-Jobs Purge-Jobs>
    Require user {may_cancel}
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """User lp
Group lp
SystemGroup root
ServerRoot {folder}/etc
ServerBin {folder}/bin
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/spool/tmp
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
Printcap
FileDevice Yes
PassEnv PATH
PassEnv KIOSK_AGENT_TEST_RUN
"""
# A printer that takes PDF as it comes. Chromium prints to none that does not tell its paper.
DESCRIPTION = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "TEST.PPD"
*Manufacturer: "Test"
*Product: "(Test)"
*ModelName: "Test"
*ShortNickName: "Test"
*NickName: "Test"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: True
*DefaultColorSpace: RGB
*FileSystem: False
*cupsFilter2: "application/pdf application/pdf 0 -"
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583 830"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
"""
# A printer that has the paper half out and does not hear.
STUBBORN = """#!/bin/sh
[ $# -eq 0 ] && {{ echo 'direct stubborn "stubborn" "stubborn"'; exit 0; }}
trap '' TERM
echo printing > {folder}/paper/page
exec sleep 600
"""


class PrintServer:
    """A running cupsd. ``may_cancel``: who may cancel jobs, in its own words."""

    def __init__(self, folder: Path, *, may_cancel: str = "@OWNER @SYSTEM") -> None:
        if shutil.which("cupsd") is None:
            pytest.skip("cupsd is not on this machine (cups-daemon)")
        if shutil.which("lpadmin") is None:
            pytest.skip("lpadmin is not on this machine (cups-client)")
        if os.geteuid() != 0:
            pytest.skip("only as root: cupsd gives its printers to another user")
        self.folder = folder
        self.socket = folder / "sock"
        for name in ("etc", "spool/tmp", "cache", "state", "log", "bin/backend", "bin/filter", "bin/daemon"):
            (folder / name).mkdir(parents=True)
        (folder / "bin/daemon/cups-exec").symlink_to("/usr/lib/cups/daemon/cups-exec")
        backend = folder / "bin/backend/stubborn"
        backend.write_text(STUBBORN.format(folder=folder))
        backend.chmod(0o755)
        (folder / "paper").mkdir()
        (folder / "paper").chmod(0o777)
        folder.chmod(0o755)  # cupsd's own helpers run as another user
        (folder / "cupsd.conf").write_text(SETTINGS.format(socket=self.socket, may_cancel=may_cancel))
        (folder / "cups-files.conf").write_text(FILES.format(folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        files = ["-c", str(self.folder / "cupsd.conf"), "-s", str(self.folder / "cups-files.conf")]
        self._process = subprocess.Popen(["cupsd", "-f", *files], stdin=subprocess.DEVNULL)
        until = time.monotonic() + START_LIMIT_S
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log/error").read_text()
            assert time.monotonic() < until, "cupsd does not answer"
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(str(self.socket))
            except OSError:
                return False
        return True

    def stop(self) -> None:
        """As where somebody switches it off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It hangs: connections are taken, and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def tool(self, *arguments: str) -> str:
        """One of CUPS's own programs; what it prints."""
        done = subprocess.run(
            arguments,
            env={**os.environ, "CUPS_SERVER": str(self.socket)},
            capture_output=True,
            text=True,
            timeout=TOOL_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add(
        self, queue: str, *, device: str = "file:///dev/null", stopped: bool = False, described: bool = False
    ) -> None:
        """A queue; where it is ``stopped`` its jobs wait. ``described``: it tells its paper, and takes PDF alone."""
        description = self.folder / "printer.ppd"
        description.write_text(DESCRIPTION)
        self.tool("lpadmin", "-p", queue, "-E", "-v", device, *(("-P", str(description)) if described else ()))
        if stopped:
            self.tool("cupsdisable", queue)

    def submit(self, queue: str, *, user: str = "", title: str = "a title") -> int:
        """Send a job; returns its number."""
        document = self.folder / "document.txt"
        document.write_text("what a resident prints\n")
        who = ("-U", user) if user else ()
        said = self.tool("lp", *who, "-d", queue, "-t", title, str(document))
        return int(said.split()[3].rpartition("-")[2])  # request id is desk-1 (1 file(s))

    def numbers(self, which: str = "all") -> set[int]:
        """The jobs of all users that it knows of."""
        said = self.tool("lpstat", "-W", which, "-o")
        return {int(line.split()[0].rpartition("-")[2]) for line in said.splitlines() if line.strip()}

    def kept_documents(self) -> list[str]:
        """Documents that are still on its disk."""
        return sorted(path.name for path in (self.folder / "spool").iterdir() if path.name.startswith("d"))
