"""Every error the agent raises, split by what the caller can do about it.

::

    KioskError
    ├── InputError            the person who wrote the input mends it and starts again
    │   ├── ConfigError
    │   └── ProfileError
    ├── DeskError             whoever looks after the PC mends it
    │   ├── BrowserMissingError
    │   ├── SandboxError
    │   ├── DisplayError
    │   └── DeskBusyError     another agent already guards this desk
    ├── LedgerError           the desk must not run unrecorded: the session goes to Held
    │   ├── LedgerLockedError
    │   ├── LedgerFullError
    │   └── LedgerDamagedError
    ├── CentralError          whoever runs the central server mends it
    │   └── DatabaseError     its database cannot be used: not there, full, another version's
    └── HandError             something could not be done in the world; the runner turns it into an event
        ├── StepError         a step of a profile failed
        ├── BrowserLostError
        └── ShieldLostError

Errors carry data as well as text: what was expected, what came, where, what to do. What people read of them is put
into their language where it is shown: :meth:`KioskError.shown`. ``str(error)`` is English, for logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kiosk_agent.text import Text, Translate, in_english, shown


def one_after_another(sentences: Sequence[str | Text]) -> str | Text:
    """One text of several sentences; each language sets them apart in its own way."""
    first, *others = sentences
    for other in others:
        first = Text("{first} {then}", first=first, then=other)
    return first


class KioskError(Exception):
    """Root of all errors of this package."""

    def __init__(self, message: str | Text = "") -> None:
        super().__init__(str(message))
        self._said = message

    def shown(self, translate: Translate) -> str:
        """What it says to people, as ``translate`` says it."""
        return shown(one_after_another([part for part in self.parts() if part]), translate)

    def parts(self) -> tuple[str | Text, ...]:
        """The sentences that people read."""
        return (self._said,)


class Problem(NamedTuple):
    """One thing that is wrong with an input file.

    ``file`` as the person named it; ``line`` counts from 1, ``None`` where the file as a whole is meant;
    ``key`` in dotted TOML form (``proof.refused.status``); ``expected`` and ``found`` in plain words;
    ``hint`` says what to do next.
    """

    file: str
    line: int | None
    key: str | Text
    expected: str | Text
    found: str | Text
    hint: str | Text = ""

    def shown(self, translate: Translate) -> str:
        """In one line, as ``translate`` says it."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        text = Text(
            "{where}: {key}: expected {expected}, found {found}",
            where=where,
            key=self.key,
            expected=self.expected,
            found=self.found,
        )
        if self.hint:
            text = Text("{problem}. {hint}", problem=text, hint=self.hint)
        return text.shown(translate)

    def __str__(self) -> str:
        return self.shown(in_english)

    def as_object(self) -> dict[str, str | int | None]:
        """For programs: in English, each part by its name."""
        words = {name: str(getattr(self, name)) for name in ("key", "expected", "found", "hint")}
        return {"file": self.file, "line": self.line, **words}


class InputError(KioskError):
    """An input file is wrong. ``problems`` holds every mistake found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def shown(self, translate: Translate) -> str:
        return "\n".join(problem.shown(translate) for problem in self.problems)


class ConfigError(InputError):
    """The agent's configuration file is missing, unreadable, half-written or wrong."""


class ProfileError(InputError):
    """A portal profile is missing, unreadable, half-written or wrong."""


class DeskError(KioskError):
    """The PC lacks something that the agent cannot do without. ``remedy`` says what would mend it."""

    def __init__(self, message: str | Text, remedy: str | Text = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message, self.remedy = message, remedy

    def parts(self) -> tuple[str | Text, ...]:
        return (self.message, self.remedy)


class BrowserMissingError(DeskError):
    """No usable browser was found."""


class SandboxError(DeskError):
    """The browser's own sandbox cannot be used, and the development switch is not set."""


class DisplayError(DeskError):
    """There is no display to guard, or no way to cover it."""


class DeskBusyError(DeskError):
    """Another agent already guards this desk."""


class LedgerError(KioskError):
    """The ledger cannot record. ``cause`` is one of ``locked``, ``full``, ``damaged``, ``unwritable``."""

    cause = "unwritable"

    @property
    def message(self) -> str | Text:
        """What it says to people."""
        return self._said


class LedgerLockedError(LedgerError):
    """Another program holds the ledger."""

    cause = "locked"


class LedgerFullError(LedgerError):
    """The disk is full."""

    cause = "full"


class LedgerDamagedError(LedgerError):
    """The file is not a sound ledger. ``kept_as``: its name, where it was kept aside just now."""

    cause = "damaged"

    def __init__(self, message: str | Text, kept_as: str | None = None) -> None:
        super().__init__(message)
        self.kept_as = kept_as


class CentralError(KioskError):
    """The central server lacks something that it cannot do without. ``remedy`` says what would mend it."""

    def __init__(self, message: Text, remedy: Text | None = None) -> None:
        super().__init__(f"{message} {remedy or ''}".strip())
        self.message, self.remedy = message, remedy

    def parts(self) -> tuple[str | Text, ...]:
        return (self.message,) if self.remedy is None else (self.message, self.remedy)


class DatabaseError(CentralError):
    """The central server's database cannot be used."""


class HandError(KioskError):
    """Something could not be done in the world."""


class StepError(HandError):
    """A step of a profile failed. ``index`` counts from 1; ``detail`` holds no text of the page."""

    def __init__(self, index: int, verb: str, detail: str) -> None:
        super().__init__(f"step {index} ({verb}): {detail}")
        self.index = index
        self.verb = verb
        self.detail = detail


class BrowserLostError(HandError):
    """The visit's browser is gone."""


class ShieldLostError(HandError):
    """The cover did not come up."""
