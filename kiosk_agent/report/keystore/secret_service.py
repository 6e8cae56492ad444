"""Linux: the desktop's keyring over D-Bus (freedesktop.org, Secret Service API, draft 0.2).

Nobody may be there to answer a dialogue: a keyring that is locked counts as one that cannot be used just now.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiosk_agent.report.keystore.kinds import KeystoreError
from kiosk_agent.text import Text

CALL_LIMIT_S = 5.0  # keyrings answer within milliseconds
SERVICE = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
DEFAULT = f"{ROOT}/aliases/default"
NO_PROMPT = "/"
LOCKED = Text("the keyring is locked")


class SecretServiceStore:
    """Secrets in the user's default keyring, told apart by data folder and name."""

    def __init__(self, data_dir: Path) -> None:
        folder = hashlib.sha256(str(data_dir.absolute()).encode()).hexdigest()[:16]
        self._attributes = {"application": "kiosk-agent", "folder": folder}

    def keep(self, name: str, secret: str) -> None:
        label = {
            "org.freedesktop.Secret.Item.Label": ("s", "kiosk-agent: central"),
            "org.freedesktop.Secret.Item.Attributes": ("a{ss}", {**self._attributes, "name": name}),
        }
        with _keyring() as keyring:
            value = (keyring.session, b"", secret.encode(), "text/plain")
            item, prompt = keyring.call(DEFAULT, "Collection", "CreateItem", "a{sv}(oayays)b", (label, value, True))
            if prompt != NO_PROMPT or item == NO_PROMPT:
                raise KeystoreError(LOCKED)

    def read(self, name: str) -> str | None:
        with _keyring() as keyring:
            item = self._find(keyring, name)
            if item is None:
                return None
            (value,) = keyring.call(item, "Item", "GetSecret", "o", (keyring.session,))
            return bytes(value[2]).decode()

    def remove(self, name: str) -> None:
        with _keyring() as keyring:
            item = self._find(keyring, name)
            if item is not None:
                keyring.call(item, "Item", "Delete")

    def _find(self, keyring: _Keyring, name: str) -> str | None:
        given = ({**self._attributes, "name": name},)
        unlocked, locked = keyring.call(ROOT, "Service", "SearchItems", "a{ss}", given)
        if unlocked:
            return str(unlocked[0])
        if locked:
            raise KeystoreError(LOCKED)
        return None


class _Keyring:
    """One connection to the service, with the session that each secret is handed over in.

    The session is plain: the bus is a socket of this user's, whom the keyring gives every secret anyway.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.session = str(self.call(ROOT, "Service", "OpenSession", "sv", ("plain", ("s", "")))[1])

    def call(
        self, path: str, interface: str, method: str, signature: str | None = None, body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """The answer's values. Raises KeystoreError."""
        from jeepney import DBusAddress, MessageType, new_method_call

        address = DBusAddress(path, bus_name=SERVICE, interface=f"org.freedesktop.Secret.{interface}")
        answer = self._connection.send_and_get_reply(
            new_method_call(address, method, signature, body), timeout=CALL_LIMIT_S
        )
        if answer.header.message_type is MessageType.error:
            raise KeystoreError(Text("no keyring answers ({said})", said=answer.body[0] if answer.body else method))
        values: tuple[Any, ...] = answer.body
        return values


@contextlib.contextmanager
def _keyring() -> Iterator[_Keyring]:
    try:
        from jeepney.io.blocking import open_dbus_connection
    except ImportError as error:
        raise KeystoreError(Text("D-Bus cannot be used on this system")) from error
    try:
        connection = open_dbus_connection("SESSION")
    except (OSError, KeyError, ValueError, EOFError) as error:  # KeyError: no address in the environment
        raise KeystoreError(Text("there is no D-Bus of this session ({said})", said=type(error).__name__)) from error
    try:
        yield _Keyring(connection)
    except (OSError, TimeoutError, EOFError) as error:
        raise KeystoreError(Text("the keyring does not answer ({said})", said=type(error).__name__)) from error
    finally:
        connection.close()
