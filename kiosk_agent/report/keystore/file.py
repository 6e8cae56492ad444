"""A file for this user alone, written durably: where there is no keystore."""

from __future__ import annotations

import os
from pathlib import Path

from kiosk_agent import reasons
from kiosk_agent.report.keystore.kinds import KeystoreError
from kiosk_agent.text import Text

LARGEST_BYTES = 10_000


class FileStore:
    """Secrets as files of mode 0600 in the data folder; on Windows the user's own folder guards them."""

    ending = "secret"

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def _path(self, name: str) -> Path:
        return self._data_dir / f"{name}.{self.ending}"

    def keep(self, name: str, secret: str) -> None:
        try:
            write_durably(self._path(name), self.sealed(secret.encode()))
        except OSError as error:
            why = reasons.of_system(error)
            raise KeystoreError(
                Text("{file} cannot be written: {reason}", file=self._path(name), reason=why)
            ) from error

    def read(self, name: str) -> str | None:
        try:
            with self._path(name).open("rb") as file:
                return self.opened(file.read(LARGEST_BYTES)).decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            why = reasons.of_unreadable(error)
            raise KeystoreError(Text("{file} cannot be read: {reason}", file=self._path(name), reason=why)) from error

    def remove(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            why = reasons.of_system(error)
            raise KeystoreError(
                Text("{file} cannot be removed: {reason}", file=self._path(name), reason=why)
            ) from error

    def sealed(self, secret: bytes) -> bytes:
        """As it stands in the file."""
        return secret

    def opened(self, kept: bytes) -> bytes:
        """What :meth:`sealed` made."""
        return kept


def write_durably(path: Path, content: bytes) -> None:
    """Replace ``path`` in one step, for this user alone: after a power loss it is the old one or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)  # one that was left may have other rights
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
