"""The kinds of keystores."""

from __future__ import annotations

import enum
from typing import Protocol

from kiosk_agent.errors import KioskError


class KeptIn(enum.StrEnum):
    """Where a secret is."""

    DPAPI = "dpapi"  # Windows: encrypted for this user of this PC
    SECRET_SERVICE = "secret_service"  # Linux: the desktop's keyring  # noqa: S105 - a name
    FILE = "file"  # in clear, readable by this user alone


class KeystoreError(KioskError):
    """A secret cannot be kept, or not be read just now."""


class Keystore(Protocol):
    """One kind. All of it may block for some seconds. Raises KeystoreError."""

    def keep(self, name: str, secret: str) -> None:
        """Keep ``secret`` under ``name``, durably."""
        ...

    def read(self, name: str) -> str | None:
        """The secret; None where there is none."""
        ...

    def remove(self, name: str) -> None:
        """Forget it; nothing happens where there is none."""
        ...
