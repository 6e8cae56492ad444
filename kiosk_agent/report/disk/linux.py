"""Linux: what the kernel tells everybody of a block device, in sysfs."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

assert sys.platform != "win32"  # noqa: S101  # tells type checkers, too

SYS = Path("/sys")
MOUNTS = Path("/proc/self/mountinfo")
NAMES = ("wwid", "serial", "device/wwid", "device/serial")  # NVMe, virtio, SCSI and SATA, MMC


def serial_of(folder: Path, sysfs: Path = SYS, mounts: Path = MOUNTS) -> str:
    """The serial numbers of the disks beneath ``folder``; empty where there are none. Raises OSError."""
    device = folder.stat().st_dev
    entry = sysfs / "dev" / "block" / _numbers(device)
    if not entry.exists():  # a file system of several devices (btrfs) has a number of its own
        source = _source(_numbers(device), mounts)
        if source is None:
            return ""
        entry = sysfs / "dev" / "block" / _numbers(source)
    return " ".join(sorted(set(_serials(entry.resolve()))))


def _numbers(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def _source(numbers: str, mounts: Path) -> int | None:
    """The device that is mounted under these numbers (proc(5): fields 3, and 2 after the hyphen)."""
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        if before.split(" ")[2] == numbers and after.split(" ")[1].startswith("/"):
            found = Path(after.split(" ")[1]).stat()
            return found.st_rdev if stat.S_ISBLK(found.st_mode) else None
    return None


def _serials(device: Path) -> list[str]:
    """Of a disk its own; of a partition the disk's; of a mapped device those of all that it is made of."""
    slaves = sorted((device / "slaves").glob("*"))
    if slaves:
        return [serial for slave in slaves for serial in _serials(slave.resolve())]
    if (device / "partition").exists():
        device = device.parent
    for name in NAMES:
        try:
            serial = (device / name).read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if serial:
            return [serial]
    return []
