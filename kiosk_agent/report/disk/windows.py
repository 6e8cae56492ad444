"""Windows: what the storage driver tells everybody (IOCTL_STORAGE_QUERY_PROPERTY), without any right to the disk."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

QUERY_PROPERTY = 0x002D1400
SHARE_ALL = 0x7  # FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE
OPEN_EXISTING = 3
LARGEST = 4096
SERIAL_OFFSET_AT = 24  # STORAGE_DEVICE_DESCRIPTOR.SerialNumberOffset


def serial_of(folder: Path) -> str:
    """The serial number of the disk beneath ``folder``; empty where it has none. Raises OSError."""
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.CreateFileW.restype = ctypes.c_void_p
        kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
        root = ctypes.create_unicode_buffer(LARGEST)
        volume = ctypes.create_unicode_buffer(LARGEST)
        if not kernel32.GetVolumePathNameW(str(folder), root, LARGEST):
            raise ctypes.WinError(ctypes.get_last_error())
        if not kernel32.GetVolumeNameForVolumeMountPointW(root, volume, LARGEST):
            raise ctypes.WinError(ctypes.get_last_error())
        handle = kernel32.CreateFileW(volume.value.rstrip("\\"), 0, SHARE_ALL, None, OPEN_EXISTING, 0, None)
        if handle is None or handle == ctypes.c_void_p(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            query = (ctypes.c_uint32 * 3)()  # StorageDeviceProperty, PropertyStandardQuery
            answer = ctypes.create_string_buffer(LARGEST)
            size = ctypes.c_uint32()
            if not kernel32.DeviceIoControl(
                ctypes.c_void_p(handle),
                QUERY_PROPERTY,
                ctypes.byref(query),
                ctypes.sizeof(query),
                answer,
                LARGEST,
                ctypes.byref(size),
                None,
            ):
                raise ctypes.WinError(ctypes.get_last_error())
            return read_serial(answer.raw[: size.value])
        finally:
            kernel32.CloseHandle(handle)
    raise OSError("there are no such questions but on Windows")


def read_serial(descriptor: bytes) -> str:
    """The serial number in a STORAGE_DEVICE_DESCRIPTOR; empty where it has none."""
    at = int.from_bytes(descriptor[SERIAL_OFFSET_AT : SERIAL_OFFSET_AT + 4], "little")
    if at == 0:
        return ""
    return descriptor[at:].partition(b"\0")[0].decode("ascii", "replace").strip()
