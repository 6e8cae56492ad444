"""Windows: DPAPI, which encrypts for one user of one PC (CryptProtectData, CryptUnprotectData)."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from kiosk_agent import reasons
from kiosk_agent.report.keystore.file import FileStore
from kiosk_agent.report.keystore.kinds import KeystoreError
from kiosk_agent.text import Text

ON_WINDOWS_ONLY = Text("DPAPI is there on Windows only")
NO_DIALOG = 0x1  # CRYPTPROTECT_UI_FORBIDDEN: there may be nobody to answer one


class Blob(ctypes.Structure):
    """DATA_BLOB of wincrypt.h."""

    _fields_ = (("size", ctypes.c_uint32), ("data", ctypes.POINTER(ctypes.c_char)))


class DpapiStore(FileStore):
    """Secrets as files that only this user of this PC can decrypt."""

    ending = "dpapi"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        if sys.platform != "win32":
            raise KeystoreError(ON_WINDOWS_ONLY)

    def sealed(self, secret: bytes) -> bytes:
        return _asked("CryptProtectData", secret)

    def opened(self, kept: bytes) -> bytes:
        return _asked("CryptUnprotectData", kept)


def _asked(function: str, given: bytes) -> bytes:
    if sys.platform == "win32":
        crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.LocalFree.argtypes = [ctypes.c_void_p]
        kernel32.LocalFree.restype = ctypes.c_void_p
        buffer = ctypes.create_string_buffer(given, len(given))
        source, answer = Blob(len(given), ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char))), Blob()
        ask = getattr(crypt32, function)
        if not ask(ctypes.byref(source), None, None, None, None, NO_DIALOG, ctypes.byref(answer)):
            error = ctypes.WinError(ctypes.get_last_error())
            raise KeystoreError(Text("DPAPI refuses: {reason}", reason=reasons.of_system(error)))
        try:
            return ctypes.string_at(answer.data, answer.size)
        finally:
            kernel32.LocalFree(answer.data)
    raise KeystoreError(ON_WINDOWS_ONLY)
