"""A desk with a card reader: an extension, its native program and a portal that asks them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk_agent.hands.native_hosts import user_hosts_folder
from kiosk_agent.hands.template import Source
from kiosk_agent.hands.template_build import BuildOrder
from kiosk_agent.hands.visit_folders import memory_root
from kiosk_agent.portal.profile import (
    Account,
    Expect,
    Isolation,
    Logout,
    Opened,
    PortalInfo,
    Profile,
    ProofOf,
    Refused,
    Replay,
    SignedIn,
    SignedOut,
    Step,
    Verb,
)
from tests.template.card_portal import CardPortal

HERE = Path(__file__).parent
SANDBOX = os.environ.get("KIOSK_AGENT_NO_SANDBOX") != "1" and not (hasattr(os, "geteuid") and os.geteuid() == 0)
LAUNCH_OPTIONS = {"headless": False, "args": ["--headless=new"], "chromium_sandbox": SANDBOX}
PROGRAM = "kiosk_agent.test_card"
RSA_2048_BEGINS = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f00")  # DER of such a public key
RSA_2048_BYTES = 294


@dataclass(frozen=True)
class Extension:
    """The tests' extension. ``folder``: unpacked; ``crx``: packed and signed; ``id`` follows from the key."""

    id: str
    folder: Path
    crx: Path


@dataclass
class Desk:
    """A desk with its reader. ``reader`` is the file that is the card."""

    data_dir: Path
    executable: Path
    extension: Extension
    portal: CardPortal
    reader: Path
    profile: Profile

    @property
    def places(self) -> tuple[Path, ...]:
        """Where copies of this desk may lie."""
        memory = memory_root(self.data_dir, make=False)
        return (self.data_dir,) if memory is None else (self.data_dir, memory)

    @property
    def copies(self) -> list[Path]:
        return [copy for place in self.places for copy in place.rglob("visit-*") if copy.is_dir()]

    def put_card(self, name: str) -> None:
        card = {"name": name, "secret": self.portal.cards[name]}
        self.reader.write_text(json.dumps(card))

    def take_card(self) -> None:
        self.reader.unlink()

    def order(self, source: Source = Source.UNPACKED, **changes: object) -> BuildOrder:
        values = {
            "profile": self.profile,
            "data_dir": self.data_dir,
            "executable": self.executable,
            "source": source,
            "sandbox": SANDBOX,
            "headless": True,
            "unpacked": (self.extension.folder,) if source is Source.UNPACKED else (),
        }
        return BuildOrder(**{**values, **changes})  # type: ignore[arg-type]  # checked by the test that calls it


@pytest.fixture(scope="session")
def extension(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Extension:
    """Packed by the browser, which also makes the key; the unpacked folder gets the same key and so the same id."""
    base = tmp_path_factory.mktemp("extension")
    folder = base / "card"
    shutil.copytree(HERE / "extension", folder)
    command = [browser_path, "--headless=new", f"--user-data-dir={base / 'packer'}", f"--pack-extension={folder}"]
    subprocess.run([*command, *([] if SANDBOX else ["--no-sandbox"])], check=True, timeout=120, capture_output=True)
    crx = base / "card.crx"
    packed = crx.read_bytes()
    begin = packed.index(RSA_2048_BEGINS)
    key = packed[begin : begin + RSA_2048_BYTES]
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["key"] = base64.b64encode(key).decode()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    # https://developer.chrome.com/docs/extensions/reference/manifest/key: 128 bits of the key's hash, in a to p
    digits = hashlib.sha256(key).hexdigest()[:32]
    return Extension("".join(chr(ord("a") + int(digit, 16)) for digit in digits), folder, crx)


def files_with(text: str, *folders: Path) -> list[Path]:
    """Every file below ``folders`` that holds ``text``, as UTF-8 or as browsers write it, as UTF-16."""
    needles = (text.encode(), text.encode("utf-16-le"))
    found = []
    for file in [file for folder in folders for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]:
        try:
            content = file.read_bytes()
        except FileNotFoundError:  # a browser that is ending tidies up
            continue
        if any(needle in content for needle in needles):
            found.append(file)
    return found


@pytest.fixture
def portal() -> Iterator[CardPortal]:
    served = CardPortal()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def desk(
    tmp_path: Path,
    browser_path: str,
    extension: Extension,
    portal: CardPortal,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """The native program is declared where this user's browser looks for it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    executable = Path(browser_path)
    reader = tmp_path / "reader.json"
    program = tmp_path / "card-program"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "card_program.py"}" "{reader}"\n')
    program.chmod(0o755)
    declared = user_hosts_folder(executable)
    if declared is None:
        pytest.skip("only on systems that declare native programs in files")
    declared.mkdir(parents=True)
    declaration = {
        "name": PROGRAM,
        "description": "Signs with the card",
        "path": str(program),
        "type": "stdio",
        "allowed_origins": [f"chrome-extension://{extension.id}/"],
    }
    (declared / f"{PROGRAM}.json").write_text(json.dumps(declaration))
    for name in ("resident A", "resident B"):
        portal.add_resident(name)
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    desk = Desk(data_dir, executable, extension, portal, reader, card_profile(portal.url, extension.id, tmp_path))
    desk.put_card("resident A")
    yield desk
    memory = memory_root(data_dir, make=False)
    if memory is not None:
        shutil.rmtree(memory)


def card_profile(url: str, extension: str, folder: Path) -> Profile:
    return Profile(
        path=folder / "card.toml",
        portal=PortalInfo(
            name="card-portal",
            title={"ja": "カードの窓口", "en": "Card portal"},
            start_url=f"{url}/",
            allowed=(f"{url}/*",),
            isolation=Isolation.TEMPLATE,
            extensions=(extension,),
        ),
        signed_in=SignedIn(selector="#account", cookie="card_session"),
        account=Account(selector="#account"),
        sign_in=(Step(Verb.CLICK, "#card"), Step(Verb.WAIT, "#account")),
        logout=Logout(steps=(Step(Verb.CLICK, "#logout"),)),
        signed_out=SignedOut(selector="#bye"),
        proof=ProofOf(
            protected_url=f"{url}/mine",
            refused=Refused(redirect=f"{url}/"),
            opened=Opened(status=(200,), selector="#account"),
            replay=Replay.COOKIES,
            expect=Expect.REVOKED,
        ),
    )
