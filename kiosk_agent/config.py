"""The agent's configuration: one TOML file, read once at start."""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec

from kiosk_agent.locale import SPOKEN
from kiosk_agent.session.policy import Policy


class WindowMode(enum.StrEnum):
    """How the visit's window is shown."""

    NORMAL = "normal"
    MAXIMIZED = "maximized"
    FULLSCREEN = "fullscreen"


class Desk(msgspec.Struct, frozen=True):
    """Which desk this is, and where it keeps its files."""

    name: str = ""  # shown at the gate, e.g. 市民課 3番
    language: str = "ja"  # in which each visit begins; support workers read "en" where it is that, otherwise "ja"
    data_dir: Path | None = None  # None: the user's data folder
    languages: tuple[str, ...] = tuple(SPOKEN)  # what the language button offers, in this order
    sound: bool = True  # a short, quiet one when the warning appears


class Browser(msgspec.Struct, frozen=True):
    """Which browser is used, and how."""

    executable: Path | None = None  # None: Edge, Chrome, Chromium, in this order
    window: WindowMode = WindowMode.MAXIMIZED
    headless: bool = False  # for tests and machines without a display; nothing is guarded on screen
    proxy: str | None = None


class Residue(msgspec.Struct, frozen=True):
    """What of a visit is removed from the PC, beyond what is removed in any case."""

    print_jobs: bool = True  # those of this user that were sent during the visit and are not printed yet


class Hotkey(msgspec.Struct, frozen=True):
    """Keys that work whatever program is in front."""

    end_visit: str = "<ctrl>+<alt>+<end>"  # pynput's notation; empty: none


class CardReader(msgspec.Struct, frozen=True):
    """The card reader: notices that another card is put on it."""

    enabled: bool = True
    reader: str = ""  # a part of the reader's name; empty: all readers
    compare_certificate: bool = False  # restricted by law: docs/senses.md


class OsSessionSense(msgspec.Struct, frozen=True):
    """Locked screens, other users, suspend and log-off."""

    enabled: bool = True


class InputSense(msgspec.Struct, frozen=True):
    """When the PC is used outside the portal; its gap is the policy's."""

    enabled: bool = True


class BrowserAction(enum.StrEnum):
    """What is done about a browser beside the agent."""

    IGNORE = "ignore"
    REPORT = "report"
    CLOSE = "close"


class RemoteAction(enum.StrEnum):
    """What is done about a program that lets somebody outside drive this PC."""

    IGNORE = "ignore"
    REPORT = "report"


class BrowsersSense(msgspec.Struct, frozen=True):
    """Browsers and remote controls beside the agent."""

    action: BrowserAction = BrowserAction.REPORT
    close_after_s: float = 10.0  # from the notice to the end of the browser
    remote_control: RemoteAction = RemoteAction.REPORT

    @property
    def is_on(self) -> bool:
        """Whether anything is looked for."""
        return self.action is not BrowserAction.IGNORE or self.remote_control is not RemoteAction.IGNORE


class Senses(msgspec.Struct, frozen=True):
    """What the desk notices, and how; each sense has a table of its own."""

    card: CardReader = CardReader()
    os_session: OsSessionSense = OsSessionSense()
    input: InputSense = InputSense()
    browsers: BrowsersSense = BrowsersSense()


class Supervision(msgspec.Struct, frozen=True):
    """How the agent is watched, and who releases a held desk."""

    hang_limit_s: float = 5.0  # without heartbeat before the agent is covered, killed and started again
    release_code_hash: str | None = None  # "scrypt$…" as `kiosk-agent config release-code` prints it


class Recording(msgspec.Struct, frozen=True):
    """The stream of events that ``kiosk-agent replay`` reads: times and kinds, nothing else."""

    events: bool = False
    keep_days: int = 14  # two weeks: one to tune on, one to try the result on
    max_mib: int = 20


class Central(msgspec.Struct, frozen=True):
    """The server that gathers the counts of many desks; without ``url`` nothing leaves this one."""

    url: str | None = None
    proxy: str | None = None  # None: as the system says; "direct": none
    ca: Path | None = None  # certificates in PEM of authorities that are trusted beside the system's


class Config(msgspec.Struct, frozen=True):
    """The whole configuration. ``path`` is the file it was read from; relative paths in it start there."""

    path: Path
    profile: Path  # of the portal
    desk: Desk = Desk()
    browser: Browser = Browser()
    residue: Residue = Residue()
    hotkey: Hotkey = Hotkey()
    senses: Senses = Senses()
    supervision: Supervision = Supervision()
    recording: Recording = Recording()
    central: Central = Central()
    policy: Policy = Policy()
