"""The agent's Debian package while somebody is logged on: a real systemd of a user starts, restarts and stops it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installer.artefacts.deb import NAME
from tests.artefacts.machine import Machine

pytestmark = pytest.mark.timeout(900)  # builds and installs: minutes where the processor has more urgent work

AGENT = "/etc/kiosk-agent/agent.toml"
# In process and mount namespaces of its own; each step prints one line.
LOGGED_ON = """
set -eu
mount -t tmpfs none /run
mkdir -p /run/systemd/system /run/user/0 /srv/home
export XDG_RUNTIME_DIR=/run/user/0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus HOME=/srv/home
export SYSTEMD_IGNORE_CHROOT=1 KIOSK_AGENT_NO_SANDBOX=1
dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --fork --nosyslog
/lib/systemd/systemd --user --log-target=null &
manager=$!

main() { systemctl --user show kiosk-agent.service -p MainPID --value; }
state() { systemctl --user show kiosk-agent.service -p ActiveState --value; }
result() { systemctl --user show kiosk-agent.service -p Result --value; }
until_again() {
    while [ "$(main)" = "$1" ] || [ "$(main)" = 0 ] || [ "$(state)" != active ]; do sleep 0.1; done
}

until systemctl --user is-system-running >/dev/null 2>&1; do sleep 0.1; done
"""
LOG_ON = """
echo somebody-else >/etc/kiosk-agent/users
DISPLAY=:77 /usr/lib/kiosk-agent/start-desk
echo "another user: $(state)"
id -un >/etc/kiosk-agent/users
DISPLAY=:77 /usr/lib/kiosk-agent/start-desk
first=$(main)
echo "at log-on: $(state)"
echo "its display: $(tr '\\0' '\\n' <"/proc/$first/environ" | grep '^DISPLAY=')"
echo "watchdog: $(systemctl --user show kiosk-agent.service -p WatchdogUSec --value)"
kill -KILL "$first"
until_again "$first"
echo "after a kill: $(state)"
second=$(main)
kill -STOP "$second"
until_again "$second"
echo "after a hang: $(state)"
systemctl --user stop kiosk-agent.service
echo "after a stop: $(state) $(result)"
kill "$manager"
"""
UPGRADE = """
dpkg --install /mnt/newer.deb >/dev/null
echo "nobody has started it: $(state)"
DISPLAY=:77 /usr/lib/kiosk-agent/start-desk
first=$(main)
dpkg --install /mnt/newer.deb >/dev/null
[ "$(main)" = "$first" ] || echo "after an upgrade: $(state) $(result), another process"
tr '\\0' '\\n' <"/proc/$(main)/environ" | grep '^DISPLAY='
dpkg --remove kiosk-agent >/dev/null
echo "after a removal: $(state) $(result)"
kill "$manager"
"""


@pytest.fixture
def desk(machine: Machine, package: Path, newer: Path, tmp_path: Path) -> Machine:
    """A machine with the package, whose agent needs no display; the newer package is at ``/mnt``."""
    shutil.copyfile(newer, tmp_path / "newer.deb")
    machine.does("dpkg", "--install", str(package))
    machine.write(AGENT, machine.read(AGENT).replace("# headless = false", "headless = true"))
    soon = "[Service]\nRestartSec=100ms\nWatchdogSec=5\n"
    machine.write("/etc/systemd/user/kiosk-agent.service.d/soon.conf", soon)
    return machine


def logged_on(machine: Machine, script: str) -> list[str]:
    """What ``script`` prints where a user is logged on."""
    machine.write("/srv/logged-on", LOGGED_ON + script)
    apart = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    inside = ["timeout", "150", *apart, "sh", "/srv/logged-on"]  # what never happens is waited for in vain
    return machine.does(*inside).splitlines()


def test_the_agent_starts_at_log_on_and_again_whenever_it_ends_or_hangs(desk: Machine) -> None:
    assert logged_on(desk, LOG_ON) == [
        "another user: inactive",
        "at log-on: active",
        "its display: DISPLAY=:77",
        "watchdog: 5s",
        "after a kill: active",
        "after a hang: active",
        "after a stop: inactive success",
    ]


def test_an_upgrade_starts_what_runs_anew_and_a_removal_ends_it_in_good_order(desk: Machine) -> None:
    assert logged_on(desk, UPGRADE) == [
        "nobody has started it: inactive",
        "after an upgrade: active success, another process",
        "DISPLAY=:77",
        "after a removal: inactive success",
    ]
    assert desk.run("dpkg-query", "-W", "-f", "${db:Status-Status}", NAME).stdout == "config-files"
