"""Which keystore is used: the operating system's, where it can be."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from kiosk_agent.report.keystore.file import FileStore
from kiosk_agent.report.keystore.kinds import KeptIn, Keystore, KeystoreError

log = logging.getLogger(__name__)


def _store(kind: KeptIn, data_dir: Path) -> Keystore:
    match kind:
        case KeptIn.FILE:
            return FileStore(data_dir)
        case KeptIn.DPAPI:
            from kiosk_agent.report.keystore.windows import DpapiStore

            return DpapiStore(data_dir)
        case KeptIn.SECRET_SERVICE:
            from kiosk_agent.report.keystore.secret_service import SecretServiceStore

            return SecretServiceStore(data_dir)


def keep(data_dir: Path, name: str, secret: str) -> KeptIn:
    """Keep it in the best keystore that takes it, and gives it back; returns which. Raises KeystoreError."""
    own = KeptIn.DPAPI if sys.platform == "win32" else KeptIn.SECRET_SERVICE
    try:
        store = _store(own, data_dir)
        store.keep(name, secret)
        if store.read(name) == secret:
            return own
        log.warning("the keystore %s did not give back what it was given", own)
    except KeystoreError as error:
        log.info("the token is kept in a file: %s", error)
    _store(KeptIn.FILE, data_dir).keep(name, secret)
    return KeptIn.FILE


def read(data_dir: Path, kind: KeptIn, name: str) -> str | None:
    """The secret; None where it is gone. Raises KeystoreError where it cannot be read just now."""
    return _store(kind, data_dir).read(name)


def remove(data_dir: Path, kind: KeptIn, name: str) -> None:
    """Forget it. Raises KeystoreError."""
    _store(kind, data_dir).remove(name)
