"""Which programs are browsers, and which let somebody outside see and drive this PC: data, by the names of their files.

Names are those of the executable file, in small letters and without ``.exe``. They are compared whole, so that a
program that merely shows a web page (``msedgewebview2``) or looks for updates (``opera_autoupdate``) is none.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Program(msgspec.Struct, frozen=True):
    """A program that a desk wants to know of.

    ``driven``: names of processes that run only while somebody outside is connected; ``driven_by``: arguments that
    say so. Where a program has neither, nobody can tell from its processes, and its running alone counts as driven.
    ``source``: where the names of a remote control are from.
    """

    title: str
    names: frozenset[str]
    driven: frozenset[str] = frozenset()
    driven_by: frozenset[str] = frozenset()
    source: str = ""

    @property
    def tells(self) -> bool:
        """Whether its processes show that somebody is connected right now."""
        return bool(self.driven or self.driven_by)


def _browser(title: str, *names: str) -> Program:
    return Program(title, frozenset(names))


BROWSERS: tuple[Program, ...] = (
    _browser("Microsoft Edge", "msedge", "microsoft-edge", "microsoft-edge-stable", "microsoft-edge-beta"),
    # chrome.exe is also Chromium's name on Windows, and that of the vendors' builds for tests
    _browser("Chrome", "chrome", "google-chrome", "google-chrome-stable", "google-chrome-beta"),
    _browser("Chromium", "chromium", "chromium-browser", "chrome-headless-shell", "headless_shell", "thorium-browser"),
    _browser("Firefox", "firefox", "firefox-esr", "firefox-bin", "firefox.real", "geckomain"),
    _browser("Opera", "opera", "opera-stable", "opera-beta"),
    _browser("Vivaldi", "vivaldi", "vivaldi-bin", "vivaldi-stable"),
    _browser("Brave", "brave", "brave-browser", "brave-browser-stable"),
    _browser("Internet Explorer", "iexplore"),
    _browser("Floorp", "floorp", "floorp-bin"),
    _browser("LibreWolf", "librewolf", "librewolf-bin"),
    _browser("Waterfox", "waterfox", "waterfox-bin"),
    _browser("Zen", "zen", "zen-bin"),
    _browser("Mullvad Browser", "mullvadbrowser", "mullvadbrowser.real"),
    _browser("Pale Moon", "palemoon", "palemoon-bin"),
    _browser("SeaMonkey", "seamonkey"),
    _browser("Arc", "arc"),
    _browser("DuckDuckGo", "duckduckgo"),
    _browser("Sleipnir", "sleipnir"),
    _browser("Lunascape", "lunascape"),
    _browser("Kinza", "kinza"),
    _browser("Whale", "whale"),
    _browser("Maxthon", "maxthon"),
    _browser("360", "360se", "360chrome"),
    _browser("QQ Browser", "qqbrowser"),
    _browser("UC Browser", "ucbrowser"),
    _browser("GNOME Web", "epiphany", "epiphany-browser"),
    _browser("Konqueror", "konqueror"),
    _browser("Falkon", "falkon"),
    _browser("Midori", "midori"),
    _browser("qutebrowser", "qutebrowser"),
    _browser("Otter", "otter-browser"),
    _browser("Dillo", "dillo"),
    _browser("NetSurf", "netsurf-gtk", "netsurf-gtk3"),
)

LOLRMM = "https://lolrmm.io"  # a public list of remote management programs with their files


def _remote(
    title: str, *names: str, driven: Iterable[str] = (), driven_by: Iterable[str] = (), source: str = LOLRMM
) -> Program:
    return Program(title, frozenset((*names, *driven)), frozenset(driven), frozenset(driven_by), source)


REMOTE_CONTROL: tuple[Program, ...] = (
    # TeamViewer_Desktop captures the screen, and is started for a connection
    _remote(
        "TeamViewer",
        "teamviewer",
        "teamviewer_service",
        "teamviewerd",
        "teamviewerqs",
        "tv_w32",
        "tv_w64",
        "tv_x64",
        driven=("teamviewer_desktop",),
    ),
    _remote("AnyDesk", "anydesk"),
    _remote(
        "RustDesk",
        "rustdesk",
        driven_by=("--cm", "--cm-no-ui"),  # its connection manager: the window that lists who is connected
        source="https://github.com/rustdesk/rustdesk/blob/master/src/core_main.rs",
    ),
    _remote(
        "Chrome Remote Desktop",
        "remoting_host",
        "chrome-remote-desktop",
        "chrome-remote-desktop-host",
        driven=("remoting_desktop",),  # started in the session of the desktop for each connection
        source="https://chromium.googlesource.com/chromium/src/+/main/remoting/host/win/",
    ),
    _remote(
        "Quick Assist",
        "quickassist",
        source="https://learn.microsoft.com/windows/client-management/client-tools/quick-assist",
    ),
    _remote(
        "Remote Help", "remotehelp", source="https://learn.microsoft.com/mem/intune/fundamentals/remote-help-windows"
    ),
    _remote(
        "Windows Remote Assistance",
        "msra",
        source="https://learn.microsoft.com/windows-server/administration/windows-commands/msra",
    ),
    # the program that the firewall's rule "Remote Desktop - Shadow (TCP-In)" is for: the end of mstsc /shadow here
    _remote(
        "Remote Desktop (shadow)",
        driven=("rdpsa",),
        source="https://learn.microsoft.com/windows-server/administration/windows-commands/mstsc",
    ),
    _remote("UltraVNC", "winvnc", "uvnc_service", source="https://uvnc.com/docs/uvnc-server.html"),
    _remote("TightVNC", "tvnserver", source="https://www.tightvnc.com/doc/win/"),
    _remote(
        "RealVNC",
        "vncserver",
        "vncserverui",
        "winvnc4",
        "vncserver-x11",
        "vncserver-x11-core",
        "vncagent",
        source="https://help.realvnc.com/hc/en-us/articles/360002253818",
    ),
    _remote(
        "TigerVNC", "x0vncserver", "x0tigervncserver", "xvnc", "xtigervnc", source="https://tigervnc.org/doc/Xvnc.html"
    ),
    _remote("x11vnc", "x11vnc", source="https://github.com/LibVNC/x11vnc"),
    _remote("wayvnc", "wayvnc", source="https://github.com/any1/wayvnc"),
    _remote("KRFB", "krfb", source="https://docs.kde.org/stable5/en/krfb/krfb/"),
    _remote("Vino", "vino-server", source="https://wiki.gnome.org/Projects/Vino"),
    _remote(
        "GNOME Remote Desktop",
        "gnome-remote-desktop-daemon",
        source="https://gitlab.gnome.org/GNOME/gnome-remote-desktop",
    ),
    _remote(
        "xrdp",
        "xrdp",
        "xrdp-sesman",
        driven=("xrdp-chansrv",),  # one for each session
        source="https://github.com/neutrinolabs/xrdp/wiki",
    ),
    _remote(
        "NoMachine",
        "nxserver.bin",
        "nxservice64",
        "nxservice32",
        "nxd",
        driven=("nxnode.bin",),
        source="https://kb.nomachine.com/AR02N00880",
    ),
    _remote(
        "ScreenConnect",
        "screenconnect.clientservice",
        "connectwisecontrol.client",
        driven=("screenconnect.windowsclient",),
    ),
    _remote("Splashtop", "srservice", "sragent", "srserver", "srfeature", "srmanager"),
    _remote("DameWare", "dwrcs", "dwrcst"),
    _remote("ISL Online", "isllight", "isllightservice", "isllightclient", "islalwaysonmonitor"),
    _remote("LogMeIn", "logmein", "logmeinsystray", "lmiguardiansvc", "ramaint"),
    _remote("LogMeIn Rescue", "lmi_rescue"),
    _remote("Radmin", "rserver3"),
    _remote("Remote Utilities", "rutserv", "rfusclient"),
    _remote("UltraViewer", "ultraviewer_desktop", "ultraviewer_service"),
    _remote("Supremo", "supremo", "supremoservice"),
    _remote("AeroAdmin", "aeroadmin"),
    _remote("Ammyy Admin", "aa_v3"),
    _remote("HopToDesk", "hoptodesk"),
    _remote("DWService", "dwagent", "dwagsvc"),
    _remote("MeshCentral", "meshagent"),
    _remote("Parsec", "parsecd"),
    _remote("Sunshine", "sunshine"),
)


# Told by the session (SM_REMOTESESSION), not by a process.
REMOTE_DESKTOP = Program("Remote Desktop", frozenset(), source="https://learn.microsoft.com/windows/win32/termserv")


def by_name(programs: Iterable[Program]) -> dict[str, Program]:
    """Each program under each of its names."""
    return {name: program for program in programs for name in program.names}
