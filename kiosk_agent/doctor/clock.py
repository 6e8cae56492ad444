"""The clocks: one that counts suspend, and wall time that the records can be trusted with."""

from __future__ import annotations

import ctypes
import datetime
import sys
import time

from kiosk_agent.clock import Clock
from kiosk_agent.doctor.check import Check, Translate, amber, green, red

# No desk ran before this: an earlier date is a PC whose clock battery is empty.
FIRST_RELEASE = datetime.date(2026, 1, 1)
TIMEX_BYTES = 256  # sizeof(struct timex) is 208 on 64-bit Linux
TIME_ERROR = 5  # <sys/timex.h>: the kernel's clock is not synchronised


def check_clock(clock: Clock, t: Translate) -> Check:
    """Does it count suspend, is the date possible, does anything keep it right?"""
    if sys.platform != "win32" and not hasattr(time, "CLOCK_BOOTTIME"):
        detail = t("This system has no clock that counts suspend.")
        return red("clock", detail, t("A session left open over a suspend would seem young: use Linux or Windows."))
    wall = clock.wall()
    shown = wall.strftime("%Y-%m-%d %H:%M %z")
    if wall.date() < FIRST_RELEASE:
        detail = t("The PC's date cannot be right: {date}", date=shown)
        return red("clock", detail, t("Set the clock, and replace the PC's clock battery."))
    if is_synchronised() is False:
        detail = t("Nothing keeps the PC's clock right ({date}).", date=shown)
        remedy = t(
            "Switch on time synchronisation, e.g. sudo timedatectl set-ntp true, with your network's time server."
        )
        return amber("clock", detail, remedy)
    return green("clock", shown)


def is_synchronised() -> bool | None:
    """What the kernel says of its clock (adjtimex(2), read only); None where it cannot be asked."""
    if sys.platform != "linux":
        return None
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state: int = adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else state != TIME_ERROR
