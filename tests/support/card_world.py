"""The real pcscd with a virtual reader, in namespaces of its own: vpcd listens on all addresses.

The reader's cable can be pulled while the service runs: a shim of a few lines stands before vpcd's driver and says what
a driver says whose reader is gone. pcscd takes only USB readers out of its list; this one stays there, unavailable.

The service's folder is the test's, so that programs outside reach it by ``PCSCLITE_CSOCK_NAME``; the reader's port is
reached from inside alone, where the emulated card runs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from kiosk_agent.sensors.card.pcsc import SystemPcsc

ROOT = Path(__file__).parents[2]
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
PORT = 0x8C7B
READER = f"""\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{PORT:X}
LIBPATH      {{library}}
CHANNELID    0x{PORT:X}
"""
UP_S = 20.0  # it takes 0.1 s

# IFD_NO_SUCH_DEVICE (617) of the IFD handler's interface 3.0, while a file says that the cable is pulled
SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

long IFDHICCPresence(unsigned long lun)
{
    long (*driver)(unsigned long) = (long (*)(unsigned long))dlsym(RTLD_NEXT, "IFDHICCPresence");
    return access(PULLED, F_OK) == 0 ? 617 : driver(lun);
}
"""

# ATRs as a contactless reader makes them: PC/SC part 3, 3.1.3.2.3
STORAGE_A = "3B8F8001804F0CA000000306030001000000006A"  # a storage card, ISO 14443 A part 3
STORAGE_B = "3B8F8001804F0CA000000306070001000000006E"  # ... B part 3
CHIP_B = "3B888001000000009181C10019"  # a chip card of type B
CHIP_CONTACT = "3BD518FF8191FE1FC38073C8210A"  # one in a contact reader


def storage_card(number: int) -> dict[str, Any]:
    """A card that keeps its UID."""
    return {"atr": STORAGE_A, "uid": f"04{number:02x}1122334455"}


def random_card() -> dict[str, Any]:
    """One that draws a UID at each activation."""
    return {"atr": STORAGE_A, "uid": "random"}


def my_number_card(number: int) -> dict[str, Any]:
    """Type B, whose UID means nothing, with a made-up certificate."""
    body = bytes([number]) * 1500
    certificate = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    return {"atr": CHIP_B, "uid": f"{number:02x}aabbcc", "certificate": certificate.hex()}


def contact_card() -> dict[str, Any]:
    """Has no UID at all."""
    return {"atr": CHIP_CONTACT}


def what_is_missing() -> str:
    """Why there can be no such world on this machine; empty where there can."""
    if sys.platform == "win32":
        return "only on Linux: pcscd"
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        return "pyscard is not installed"
    for program in ("unshare", "nsenter", "ip", "mount"):
        if find(program) is None:
            return f"{program} is not on this machine"
    if find("pcscd") is None:
        return "pcscd is not on this machine"
    if library() is None:
        return "vsmartcard-vpcd is not on this machine"
    return ""


def find(program: str) -> str | None:
    """System programs are not on everybody's PATH."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def library() -> Path | None:
    """vpcd's driver."""
    return next(iter(sorted(Path("/usr/lib/pcsc/drivers/serial").glob("libifdvpcd.so*"))), None)


class CardWorld:
    """pcscd, its reader, and the card on it. Starts with the service running and no card."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kc-"))
        self.socket = self.folder / "run" / "pcscd" / "pcscd.comm"
        self._readers = self.folder / "readers"
        (self.folder / "run" / "pcscd").mkdir(parents=True)
        self._readers.mkdir()
        self._pulled = self.folder / "pulled"
        self.plug()
        self._log = (self.folder / "log").open("ab")
        self._holder = self._hold()
        self._service: subprocess.Popen[bytes] | None = None
        self._card: subprocess.Popen[str] | None = None
        self.start()

    def _hold(self) -> subprocess.Popen[bytes]:
        """A process that keeps the namespaces while the service comes and goes."""
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = f"ip link set lo up && mount --bind '{self.folder}/run' /run && echo ready && exec sleep infinity"
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
        holder = subprocess.Popen(
            ["unshare", *rights, "--net", "--mount", "sh", "-c", script],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PATH": path},
        )
        assert holder.stdout is not None
        with holder.stdout as said:
            if said.readline() != b"ready\n":
                holder.wait()
                why = (self.folder / "log").read_text(errors="replace").strip()
                self._log.close()
                pytest.skip(f"namespaces of its own are not to be had on this machine: {why}")
        return holder

    def _inside(self, *command: str) -> list[str]:
        rights = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self._holder.pid), *rights, "--net", "--mount", *command]

    # the service and the reader

    def start(self) -> None:
        """Start pcscd; returns when it answers."""
        for name in ("pcscd.comm", "pcscd.pid"):
            (self.socket.parent / name).unlink(missing_ok=True)  # of one that was killed
        program = find("pcscd")
        assert program is not None
        command = self._inside(program, "--foreground", "--config", str(self._readers))
        self._service = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        end = time.monotonic() + UP_S
        while not self.socket.exists():
            assert self._service.poll() is None, (self.folder / "log").read_text(errors="replace")
            assert time.monotonic() < end
            time.sleep(0.02)

    def kill(self) -> None:
        """pcscd dies at once, and leaves its socket behind."""
        assert self._service is not None
        self._service.send_signal(signal.SIGKILL)
        self._service.wait()
        self._service = None

    def stop(self) -> None:
        """pcscd ends in good order."""
        assert self._service is not None
        self._service.terminate()
        self._service.wait()
        self._service = None

    @property
    def runs(self) -> bool:
        """Whether pcscd runs."""
        return self._service is not None

    def unplug(self) -> None:
        """The reader will be gone when the service starts the next time; only USB readers come and go before that."""
        (self._readers / "vpcd").unlink()

    def plug(self, *, by_cable: bool = False) -> None:
        """It will be there again. ``by_cable``: one that can be pulled, and a C compiler is on this machine."""
        driver = self._shim() if by_cable else library()
        (self._readers / "vpcd").write_text(READER.format(library=driver))

    def _shim(self) -> Path:
        driver, shim = library(), self.folder / "shim.so"
        assert driver is not None
        (self.folder / "shim.c").write_text(SHIM)
        name = self.folder / "libifdvpcd.so.0"  # the name that it gives itself; no such file is in its own folder
        name.unlink(missing_ok=True)
        name.symlink_to(driver)
        compiler = shutil.which("cc") or shutil.which("gcc")
        assert compiler is not None
        wishes = ["-shared", "-fPIC", f'-DPULLED="{self._pulled}"', "-Wl,--no-as-needed", "-Wl,-rpath,$ORIGIN"]
        subprocess.run([compiler, *wishes, "-o", shim, self.folder / "shim.c", name], check=True)
        return shim

    def pull_cable(self) -> None:
        """The reader is gone at once, while the service runs."""
        self._pulled.touch()

    def push_cable(self) -> None:
        """It is back."""
        self._pulled.unlink(missing_ok=True)

    # the card

    def _tell(self, wish: dict[str, Any]) -> list[str]:
        if self._card is None:
            command = self._inside(sys.executable, "-m", "tests.support.card_emulator", str(PORT))
            self._card = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, stderr=self._log
            )
        assert self._card.stdin is not None
        assert self._card.stdout is not None
        self._card.stdin.write(json.dumps(wish) + "\n")
        self._card.stdin.flush()
        line = self._card.stdout.readline()
        assert line, (self.folder / "log").read_text(errors="replace")
        commands: list[str] = json.loads(line)["commands"]
        return commands

    def put(self, card: dict[str, Any]) -> None:
        """Put a card on the reader, in place of any other: a change between two looks of the reader is not seen."""
        self.take()
        if self.runs:
            self.wait_until_empty()
        self._tell({"do": "put", "card": card})

    def take(self) -> None:
        """Take the card away."""
        self._tell({"do": "take"})

    def wait_until_empty(self) -> None:
        """Until pcscd has noticed that no card lies on its reader."""
        context = SystemPcsc().establish()
        end = time.monotonic() + UP_S
        while any(one.has_card for one in context.wait(dict.fromkeys(context.readers(), 0), limit_ms=0).values()):
            assert time.monotonic() < end
            time.sleep(0.02)
        context.release()

    @property
    def commands(self) -> list[str]:
        """What the card on the reader was told so far, in hex."""
        return self._tell({"do": "look"})

    def close(self) -> None:
        """End everything."""
        if self._card is not None:
            assert self._card.stdin is not None
            assert self._card.stdout is not None
            self._card.stdin.close()
            self._card.wait(timeout=UP_S)
            self._card.stdout.close()
        if self._service is not None:
            self.stop()
        self._holder.kill()
        self._holder.wait()
        self._log.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> CardWorld:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@pytest.fixture(scope="session")
def running_card_world() -> Iterator[CardWorld]:
    """One for the whole run: the client library keeps the socket's name for as long as the process lives."""
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    with CardWorld() as world:
        before = os.environ.get(SOCKET_VARIABLE)
        os.environ[SOCKET_VARIABLE] = str(world.socket)
        yield world
        if before is None:
            del os.environ[SOCKET_VARIABLE]
        else:
            os.environ[SOCKET_VARIABLE] = before


@pytest.fixture
def cabled_card_world(card_world: CardWorld) -> Iterator[CardWorld]:
    """Its reader can be pulled off and put back while the service runs."""
    if not (shutil.which("cc") or shutil.which("gcc")):
        pytest.skip("no C compiler is on this machine")
    card_world.stop()
    card_world.plug(by_cable=True)
    card_world.start()
    yield card_world
    card_world.push_cable()
    card_world.stop()
    card_world.plug()


@pytest.fixture
def card_world(running_card_world: CardWorld) -> CardWorld:
    """The service runs, and no card lies on its reader."""
    if not running_card_world.runs:
        running_card_world.start()
    running_card_world.take()
    running_card_world.wait_until_empty()
    return running_card_world
