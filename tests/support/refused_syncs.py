"""A disk that cannot make anything durable: the kernel answers this process's syncs with an I/O error."""

from __future__ import annotations

import ctypes
import errno
import platform
import sys

# fsync and fdatasync: Python syncs with the first, SQLite with the second
NUMBERS = {"x86_64": {"fsync": 74, "fdatasync": 75}, "aarch64": {"fsync": 82, "fdatasync": 83}}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38  # linux/prctl.h
SECCOMP_MODE_FILTER = 2
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EIO


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def can_be_refused() -> bool:
    """Whether it is known here which calls to refuse."""
    return sys.platform == "linux" and platform.machine() in NUMBERS


def refuse(*names: str) -> None:
    """From here on this process gets an I/O error for these calls. There is no way back."""
    numbers = [NUMBERS[platform.machine()][name] for name in names]
    last = len(numbers)
    program = [_Instruction(LOAD_NUMBER, 0, 0, 0)]
    program += [_Instruction(JUMP_IF_EQUAL, last - at, 0, number) for at, number in enumerate(numbers)]
    program += [_Instruction(RETURN, 0, 0, ALLOW), _Instruction(RETURN, 0, 0, REFUSE)]
    instructions = (_Instruction * len(program))(*program)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    filtered = _Program(len(program), instructions)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filtered), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")
