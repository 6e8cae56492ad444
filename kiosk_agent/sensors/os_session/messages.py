"""Windows' messages about the session and the power, as what they mean. Pure, so that it is tested on any system.

WM_WTSSESSION_CHANGE: https://learn.microsoft.com/windows/win32/termserv/wm-wtssession-change
WM_POWERBROADCAST: https://learn.microsoft.com/windows/win32/power/wm-powerbroadcast
WM_ENDSESSION: https://learn.microsoft.com/windows/win32/shutdown/wm-endsession
"""

from __future__ import annotations

from kiosk_agent.sensors.os_session.happenings import Happening

WM_CLOSE = 0x0010
WM_QUERYENDSESSION = 0x0011
WM_ENDSESSION = 0x0016
WM_POWERBROADCAST = 0x0218
WM_WTSSESSION_CHANGE = 0x02B1

PBT_APMRESUMEAUTOMATIC = 0x0012  # comes at every waking; PBT_APMRESUMESUSPEND follows it where a person woke the PC

WTS_CONSOLE_DISCONNECT = 0x2
WTS_REMOTE_CONNECT = 0x3
WTS_REMOTE_DISCONNECT = 0x4
WTS_SESSION_LOGOFF = 0x6
WTS_SESSION_LOCK = 0x7

OF_THE_SESSION = {
    WTS_SESSION_LOCK: Happening.LOCKED,
    WTS_SESSION_LOGOFF: Happening.LOGGED_OFF,
    # "switch user": another session gets the screen
    WTS_CONSOLE_DISCONNECT: Happening.USER_CHANGED,
    # whoever sits at the remote desktop now sees what was on this one
    WTS_REMOTE_CONNECT: Happening.USER_CHANGED,
    WTS_REMOTE_DISCONNECT: Happening.LOCKED,
}


def meaning(message: int, wparam: int) -> Happening | None:
    """What a window message says; None for those that say nothing of the session."""
    if message == WM_WTSSESSION_CHANGE:
        return OF_THE_SESSION.get(wparam)
    if message == WM_POWERBROADCAST and wparam == PBT_APMRESUMEAUTOMATIC:
        return Happening.WOKEN
    if message == WM_ENDSESSION and wparam:  # false: another program has refused the end
        return Happening.LOGGED_OFF
    return None
