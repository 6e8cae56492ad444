"""Which processes are a browser beside the agent, which are the agent's own, and which drive this PC from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk_agent.sensors.browsers.programs import BROWSERS, REMOTE_CONTROL, by_name
from kiosk_agent.sensors.browsers.scanner import ROUND_SCANS, YOUNG_S, NoListError, Scanner
from kiosk_agent.sensors.browsers.telling import Ours
from tests.sensors.processes import FakeTable

OWN = Path("/var/desk/data")
NOW = 1000.0  # long after what a table holds was started


class Pc:
    def __init__(self) -> None:
        self.table = FakeTable()
        self.time = NOW
        self.scanner = Scanner(self.table, Ours([OWN], os.getpid()), os.getpid(), lambda: self.time)

    def browsers(self) -> list[str]:
        return [beside.program.title for beside in self.scanner.scan().browsers]

    def remotes(self) -> list[tuple[str, bool]]:
        return [(remote.program.title, remote.driven) for remote in self.scanner.scan().remotes]

    def chromium(self, name: str = "chromium", *line: str, parent: int = 1, created: float = 100.0) -> list[int]:
        """A Chromium as it is on Linux: the root, a zygote, and what the zygote makes."""
        path = f"/usr/lib/{name}/{name}"
        root = self.table.add(name, path, *line, parent=parent, created=created)
        zygote = self.table.add(name, path, "--type=zygote", *line, parent=root, created=created + 1)
        page = self.table.add(name, path, "--type=renderer", *line, parent=zygote, created=created + 2)
        return [root, zygote, page]


@pytest.fixture
def pc() -> Pc:
    return Pc()


@pytest.mark.parametrize(
    ("name", "line", "title"),
    [
        ("chromium", ("/usr/lib/chromium/chromium", "--show-component-extension-options"), "Chromium"),
        ("chrome", ("/opt/google/chrome/chrome",), "Chrome"),
        ("chrome.exe", (r"C:\Program Files\Google\Chrome\Application\chrome.exe", "--profile"), "Chrome"),
        ("msedge.exe", (r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",), "Microsoft Edge"),
        ("MSEDGE.EXE", (), "Microsoft Edge"),  # its line is not for us to read
        ("firefox-esr", ("/usr/lib/firefox-esr/firefox-esr",), "Firefox"),
        ("GeckoMain", ("/usr/lib/firefox/firefox",), "Firefox"),
        ("firefox", ("/snap/firefox/4336/usr/lib/firefox/firefox",), "Firefox"),
        ("firefox", ("/app/lib/firefox/firefox",), "Firefox"),  # Flatpak
        ("AppRun", ("/tmp/.mount_Firefo/usr/bin/firefox",), "Firefox"),  # AppImage
        ("opera.exe", ("opera.exe",), "Opera"),
        ("vivaldi-bin", ("/opt/vivaldi/vivaldi-bin",), "Vivaldi"),
        ("brave", ("/opt/brave.com/brave/brave",), "Brave"),
        ("iexplore.exe", (r"C:\Program Files\Internet Explorer\iexplore.exe",), "Internet Explorer"),
        ("python3.11", ("/usr/bin/python3.11", "/usr/bin/qutebrowser"), "qutebrowser"),
    ],
)
def test_a_browser_is_told_by_its_program(pc: Pc, name: str, line: tuple[str, ...], title: str) -> None:
    pc.table.add(name, *line)
    assert pc.browsers() == [title]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("msedgewebview2.exe", ("msedgewebview2.exe",)),  # part of Windows
        ("opera_autoupdate", ("opera_autoupdate",)),
        ("chrome_crashpad", ("/usr/lib/chromium/chrome_crashpad_handler", "--database=/home/x")),
        ("less", ("less", "/usr/lib/firefox/firefox")),
        ("python3", ("python3", "-m", "firefox")),
        ("bwrap", ("bwrap", "--args", "41", "--", "firefox")),  # the browser itself runs beside it
        ("chromedriver", ("chromedriver",)),
        ("code", ("/usr/share/code/code", "--type=renderer")),
    ],
)
def test_other_programs_are_none(pc: Pc, name: str, line: tuple[str, ...]) -> None:
    pc.table.add(name, *line)
    assert pc.browsers() == []


def test_several_processes_of_one_browser_are_one(pc: Pc) -> None:
    pc.chromium()
    firefox = pc.table.add("firefox", "/usr/lib/firefox/firefox")
    pc.table.add("Web Content", "/usr/lib/firefox/firefox", "-contentproc", parent=firefox, created=101.0)
    assert pc.browsers() == ["Chromium", "Firefox"]


def test_two_browsers_of_one_kind_are_two(pc: Pc) -> None:
    pc.chromium()
    pc.chromium("chromium", "--user-data-dir=/srv/x/other")
    assert pc.browsers() == ["Chromium", "Chromium"]


def test_what_a_dying_browser_leaves_is_none(pc: Pc) -> None:
    root, zygote, page = pc.chromium()
    assert pc.browsers() == ["Chromium"]
    pc.table.end(root)
    assert pc.browsers() == []
    pc.table.end(zygote, page)
    assert pc.browsers() == []


def test_a_part_that_ends_after_its_browser_is_not_taken_for_one_of_its_own(pc: Pc) -> None:
    root, zygote, page = pc.chromium()
    first = pc.scanner.scan().browsers
    pc.table.begin_to_end(root, page)  # what it was started with can no longer be told
    assert pc.scanner.scan().browsers == first
    pc.table.end(root, zygote)
    pc.table.begin_to_end(page)
    assert pc.browsers() == []


def test_one_that_ends_is_still_the_browser_that_it_was(pc: Pc) -> None:
    pid = pc.table.add("AppRun", "/tmp/.mount_Firefo/usr/bin/firefox")
    first = pc.scanner.scan().browsers
    pc.table.begin_to_end(pid)  # only its name is left, which says nothing
    assert pc.scanner.scan().browsers == first


def test_one_that_ends_before_it_was_seen_is_not_noticed_any_more(pc: Pc) -> None:
    pids = pc.chromium(created=NOW)
    pc.table.begin_to_end(*pids[:1])
    assert pc.browsers() == []


def test_a_browser_that_is_closed_and_opened_again_is_another_one(pc: Pc) -> None:
    pids = pc.chromium()
    first = pc.scanner.scan().browsers
    pc.table.end(*pids)
    pc.chromium(created=500.0)
    second = pc.scanner.scan().browsers
    assert first != second
    assert len(second) == 1


def test_one_that_got_the_number_of_another_is_another_one(pc: Pc) -> None:
    for _ in range(2):  # so that its turn is not the next one, be this process's own number lower or higher
        pc.table.add("bash")
    pid = pc.table.add("firefox")
    first = pc.scanner.scan().browsers
    pc.table.add("firefox", pid=pid, created=NOW)
    pc.time += 1.0
    assert pc.scanner.scan().browsers == ()  # until its turn comes
    for _ in range(ROUND_SCANS):
        second = pc.scanner.scan().browsers
    assert len(second) == 1
    assert second != first


# the agent's own


def agents_browser(pc: Pc, folder: Path = OWN / "browsers" / "playwright_chromiumdev_profile-Ab12") -> list[int]:
    driver = pc.table.add("node", "/site-packages/playwright/driver/node", parent=os.getpid())
    return pc.chromium("chromium", f"--user-data-dir={folder}", parent=driver)


def test_the_agents_own_browsers_never_count(pc: Pc) -> None:
    agents_browser(pc)
    assert pc.browsers() == []


def test_they_are_told_by_who_started_them_where_their_folder_is_another_spelling(pc: Pc) -> None:
    agents_browser(pc, Path("/VAR~1/desk"))
    assert pc.browsers() == []


def test_they_are_told_by_their_folder_where_their_starter_is_gone(pc: Pc) -> None:
    pc.chromium("chromium", f"--user-data-dir={OWN}/browsers/profile-Ab12", parent=1)
    assert pc.browsers() == []


def test_a_folder_that_only_begins_alike_is_not_ours(pc: Pc) -> None:
    pc.chromium("chromium", f"--user-data-dir={OWN}-of-somebody/profile")
    assert pc.browsers() == ["Chromium"]


def test_a_file_of_ours_that_is_opened_elsewhere_makes_that_browser_not_ours(pc: Pc) -> None:
    pc.table.add("firefox", "/usr/lib/firefox/firefox", f"{OWN}/browsers/visit-1/downloads/a.html")
    assert pc.browsers() == ["Firefox"]


def test_a_browser_that_the_visits_browser_has_started_is_not_ours(pc: Pc) -> None:
    root, _, _ = agents_browser(pc)
    opener = pc.table.add("xdg-open", "sh", "/usr/bin/xdg-open", parent=root, created=150.0)
    pc.table.add("firefox", "/usr/lib/firefox/firefox", parent=opener, created=151.0)
    pc.chromium("chromium", "--user-data-dir=/srv/x/.config/chromium", parent=opener, created=152.0)
    assert pc.browsers() == ["Firefox", "Chromium"]


@pytest.mark.parametrize(
    "line",
    [
        ("/usr/bin/python3", "/usr/local/bin/kiosk-agent", "doctor"),
        (r"C:\Program Files\kiosk-agent\kiosk-agent.exe", "template", "build"),
        ("/usr/bin/python3", "-m", "kiosk_agent", "profile", "check"),
    ],
)
def test_the_agents_other_commands_start_browsers_of_their_own(pc: Pc, line: tuple[str, ...]) -> None:
    command = pc.table.add("python3", *line)
    pc.chromium("chromium", "--user-data-dir=/tmp/kiosk-agent-doctor-x", parent=command)
    assert pc.browsers() == []


def test_what_the_supervisor_has_adopted_is_not_ours_by_that(pc: Pc) -> None:
    supervisor = pc.table.add("python3", "/usr/bin/python3", "-m", "kiosk_agent.supervisor", "{}")
    pc.chromium(parent=supervisor)
    assert pc.browsers() == ["Chromium"]


def test_a_recycled_number_makes_nobody_a_parent(pc: Pc) -> None:
    younger = pc.table.add("python3", "python3", "-m", "kiosk_agent", "doctor", created=900.0)
    pc.chromium(parent=younger, created=100.0)
    assert pc.browsers() == ["Chromium"]


def test_a_browser_that_this_agent_was_started_from_is_left_alone(pc: Pc) -> None:
    root, _, _ = pc.chromium()
    pc.table.add("python3", pid=os.getpid(), parent=root, created=200.0)
    assert pc.browsers() == []


def test_a_browser_of_somebody_who_is_not_at_this_desk_does_not_count(pc: Pc) -> None:
    pc.table.add("firefox", "/usr/lib/firefox/firefox", of_this_desk=False)
    assert pc.browsers() == []


# a browser that shows nothing


def test_a_browser_that_waits_in_the_background_counts_while_it_shows_pages(pc: Pc) -> None:
    edge = r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"
    root = pc.table.add("msedge.exe", edge, "--no-startup-window", "--win-session-start")
    pc.table.add("msedge.exe", edge, "--type=gpu-process", parent=root)
    pc.table.add("msedge.exe", edge, "--type=renderer", "--extension-process", parent=root)
    assert pc.browsers() == []
    page = pc.table.add("msedge.exe", edge, "--type=renderer", parent=root)
    assert pc.browsers() == ["Microsoft Edge"]
    pc.table.end(page)
    assert pc.browsers() == []


# numbers


def test_a_shell_that_becomes_a_browser_is_noticed(pc: Pc) -> None:
    for _ in range(700):  # so that its turn does not come by chance
        pc.table.add("sh", created=1.0)
    pc.scanner.scan()
    pid = pc.table.add("sh", "sh", "/usr/bin/chromium", created=pc.time)
    assert pc.browsers() == []
    pc.time += 1.0
    pc.table.add("chromium", "/usr/lib/chromium/chromium", pid=pid, created=NOW)
    assert pc.browsers() == ["Chromium"]


def test_a_number_that_was_given_away_between_two_scans_is_noticed_later(pc: Pc) -> None:
    pids = [pc.table.add("sh", created=1.0) for _ in range(700)]
    pc.scanner.scan()
    pc.time += YOUNG_S + 1
    pc.scanner.scan()
    pc.table.add("firefox", pid=pids[650], created=pc.time - YOUNG_S)
    for _ in range(ROUND_SCANS):
        pc.time += 1.0
        seen = pc.browsers()
    assert seen == ["Firefox"]


def test_old_processes_are_not_read_again_and_again(pc: Pc) -> None:
    for _ in range(700):
        pc.table.add("sh", created=1.0)
    pc.scanner.scan()
    pc.time += YOUNG_S + 1
    pc.scanner.scan()
    pc.table.reads.clear()
    pc.scanner.scan()
    assert len(pc.table.reads) <= 700 / ROUND_SCANS + 1


def test_a_list_without_this_process_is_not_believed(pc: Pc) -> None:
    pc.table.end(os.getpid())
    with pytest.raises(NoListError):
        pc.scanner.scan()


def test_parents_that_go_round_in_a_circle_end_somewhere(pc: Pc) -> None:
    first = pc.table.add("chromium", parent=5001)
    pc.table.add("chromium", parent=first)
    assert len(pc.browsers()) == 2


# remote control


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("TeamViewer_Service.exe", ("TeamViewer_Service.exe",), ("TeamViewer", False)),
        ("TeamViewer_Desktop.exe", ("TeamViewer_Desktop.exe",), ("TeamViewer", True)),
        ("AnyDesk.exe", ("AnyDesk.exe", "--service"), ("AnyDesk", True)),  # nobody can tell
        ("rustdesk.exe", ("rustdesk.exe", "--service"), ("RustDesk", False)),
        ("rustdesk", ("/usr/bin/rustdesk", "--cm"), ("RustDesk", True)),
        ("remoting_host.exe", ("remoting_host.exe",), ("Chrome Remote Desktop", False)),
        ("remoting_desktop.exe", ("remoting_desktop.exe",), ("Chrome Remote Desktop", True)),
        ("python3", ("/usr/bin/python3", "/opt/google/x/chrome-remote-desktop"), ("Chrome Remote Desktop", False)),
        ("x11vnc", ("x11vnc", "-forever"), ("x11vnc", True)),
        ("tvnserver.exe", ("tvnserver.exe", "-service"), ("TightVNC", True)),
        ("QuickAssist.exe", (), ("Quick Assist", True)),
        ("RdpSa.exe", (), ("Remote Desktop (shadow)", True)),
        ("xrdp-sesman", ("/usr/sbin/xrdp-sesman",), ("xrdp", False)),
        ("xrdp-chansrv", ("xrdp-chansrv",), ("xrdp", True)),
    ],
)
def test_a_remote_control_is_told_by_its_program(
    pc: Pc, name: str, line: tuple[str, ...], expected: tuple[str, bool]
) -> None:
    pc.table.add(name, *line, of_this_desk=False)  # its service is the system's
    assert pc.remotes() == [expected]


def test_a_viewer_of_other_pcs_is_no_remote_control_of_this_one(pc: Pc) -> None:
    for name in ("mstsc.exe", "vncviewer", "Radmin.exe", "strwinclt.exe"):
        pc.table.add(name)
    assert pc.remotes() == []


def test_a_desktop_that_is_shown_elsewhere_is_driven(pc: Pc) -> None:
    pc.table.remote_session = True
    assert pc.remotes() == [("Remote Desktop", True)]


def test_a_remote_control_that_has_ended_is_gone(pc: Pc) -> None:
    pid = pc.table.add("x11vnc")
    assert pc.remotes() == [("x11vnc", True)]
    pc.table.end(pid)
    assert pc.remotes() == []


def test_a_connection_that_ends_is_no_other_one_meanwhile(pc: Pc) -> None:
    pid = pc.table.add("rustdesk", "/usr/bin/rustdesk", "--cm", created=NOW)
    assert pc.remotes() == [("RustDesk", True)]
    pc.table.begin_to_end(pid)
    assert pc.remotes() == [("RustDesk", True)]
    pc.table.end(pid)
    assert pc.remotes() == []


# the data


def test_no_program_stands_there_twice_and_every_remote_control_names_its_source() -> None:
    for programs in (BROWSERS, REMOTE_CONTROL):
        names = [name for program in programs for name in program.names]
        assert len(names) == len(set(names)) == len(by_name(programs))
        assert names == [name.lower().removesuffix(".exe") for name in names]
    assert not by_name(BROWSERS).keys() & by_name(REMOTE_CONTROL).keys()
    assert all(program.source.startswith("https://") for program in REMOTE_CONTROL)
    assert all(program.driven <= program.names for program in REMOTE_CONTROL)
