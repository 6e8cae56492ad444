"""Which disk a ledger lies on: told by a digest, never by the disk's own number."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import Central
from kiosk_agent.health import Health
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report.client import DIRECT
from kiosk_agent.report.disk import disk_digest
from kiosk_agent.report.disk.linux import serial_of
from kiosk_agent.report.disk.windows import read_serial
from kiosk_agent.report.uploading import make_uploader
from tests.report.desks import as_enrolled
from tests.report.loopback import loopback, taken

EPOCH, OTHER = "0" * 32, "1" * 32


class System:
    """A sysfs with the device that ``folder`` lies on."""

    def __init__(self, root: Path, folder: Path, device: str) -> None:
        self.root, self.folder = root, folder
        self.mounts = root / "mountinfo"
        self.mounts.write_text("")
        numbers = folder.stat().st_dev
        self.numbers = f"{os.major(numbers)}:{os.minor(numbers)}"
        link = root / "dev" / "block" / self.numbers
        link.parent.mkdir(parents=True)
        (root / "devices" / device).mkdir(parents=True)
        link.symlink_to(root / "devices" / device)

    def write(self, name: str, text: str) -> None:
        path = self.root / "devices" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def slave(self, device: str, of: str) -> None:
        folder = self.root / "devices" / of / "slaves"
        folder.mkdir(exist_ok=True)
        (folder / Path(device).name).symlink_to(self.root / "devices" / device)

    @property
    def serial(self) -> str:
        return serial_of(self.folder, self.root, self.mounts)


def test_a_disk_has_a_number_of_its_own(tmp_path: Path) -> None:
    system = System(tmp_path, tmp_path, "nvme0n1")
    assert system.serial == ""
    system.write("nvme0n1/wwid", "\n")
    system.write("nvme0n1/serial", "  S4EV 123 \n")
    assert system.serial == "S4EV 123"
    system.write("nvme0n1/wwid", "eui.0025\n")
    assert system.serial == "eui.0025"


def test_a_partition_has_its_disks(tmp_path: Path) -> None:
    system = System(tmp_path, tmp_path, "sda/sda2")
    system.write("sda/sda2/partition", "2\n")
    system.write("sda/device/wwid", "naa.5000\n")
    assert system.serial == "naa.5000"


def test_an_encrypted_or_striped_volume_has_those_of_all_its_disks(tmp_path: Path) -> None:
    system = System(tmp_path, tmp_path, "virtual/dm-1")
    for name, serial in (("sdb", "A"), ("sda", "B")):
        for number in ("1", "2"):
            system.write(f"{name}/{name}{number}/partition", number)
        system.write(f"{name}/device/serial", serial)
    (tmp_path / "devices/virtual/dm-0").mkdir()
    system.slave("virtual/dm-0", of="virtual/dm-1")
    for name in ("sda", "sdb"):
        for number in ("1", "2"):
            system.slave(f"{name}/{name}{number}", of="virtual/dm-0")
    assert system.serial == "A B"


def test_a_file_system_with_a_number_of_its_own_is_looked_up_where_it_is_mounted(tmp_path: Path) -> None:
    system = System(tmp_path, tmp_path, "elsewhere")
    (tmp_path / "dev" / "block" / system.numbers).unlink()
    assert system.serial == ""
    system.mounts.write_text(f"1 0 {system.numbers} / / rw - overlay overlay rw\n")
    assert system.serial == ""
    system.mounts.write_text(f"1 0 9:9 / /x rw - btrfs /nowhere rw\n1 0 {system.numbers} / / rw - btrfs /dev/null rw\n")
    null = Path("/dev/null").stat().st_rdev
    (tmp_path / "dev" / "block" / f"{os.major(null)}:{os.minor(null)}").symlink_to(tmp_path / "devices" / "elsewhere")
    system.write("elsewhere/serial", "another device with these numbers")
    assert system.serial == ""  # it is no block device


def test_the_digest_tells_disks_and_ledgers_apart_and_hides_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serials = iter(["S1", "S1", "S2", "S1", ""])
    monkeypatch.setattr("kiosk_agent.report.disk.serial_of", lambda _folder: next(serials))
    first, again, other_disk, other_ledger = (disk_digest(tmp_path, epoch) for epoch in (EPOCH, EPOCH, EPOCH, OTHER))
    assert first == again
    assert len({first, other_disk, other_ledger}) == 3
    assert first is not None
    assert len(first) == 64
    assert disk_digest(tmp_path, EPOCH) is None


def test_a_system_that_says_nothing_is_no_failure(tmp_path: Path) -> None:
    assert disk_digest(tmp_path / "not there", EPOCH) is None


def test_windows_own_answer_is_read() -> None:
    head = bytes(24) + (40).to_bytes(4, "little") + bytes(12)
    assert read_serial(head + b"  WD-123 \0rest") == "WD-123"
    assert read_serial(b"head" + bytes(32)) == ""
    assert read_serial(bytes(24) + (500).to_bytes(4, "little") + bytes(12)) == ""
    assert read_serial(b"") == ""


async def test_reports_say_on_which_disk_the_ledger_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk_agent.report.disk.serial_of", lambda _folder: "S1")
    clock = SystemClock()
    writer = LedgerWriter(tmp_path, clock)
    await writer.open()
    async with loopback(taken) as central:
        as_enrolled(central.url, tmp_path)
        uploader = make_uploader(
            Central(central.url, DIRECT), tmp_path, writer, Health(clock.wall), clock, lambda: None, lambda _one: None
        )
        for _ in range(2):
            await uploader.round()
        assert uploader._client is not None
        await uploader._client.close()
    await writer.close()
    first, second = central.reports
    assert first.disk == second.disk == disk_digest(tmp_path, first.epoch)
    assert first.disk is not None
