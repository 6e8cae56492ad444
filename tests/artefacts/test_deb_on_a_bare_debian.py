"""The agent's Debian package where nothing is yet: apt gets what it needs, and it is set up, upgraded, purged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.artefacts.deb import NAME
from kiosk_agent.ledger import FILE_NAME
from tests.artefacts.machine import bare_machine

pytestmark = pytest.mark.timeout(1800)  # gets and unpacks a distribution

PRACTICE = Path(__file__).resolve().parent.parent.parent / "config" / "portals" / "practice.toml"
# Stands for the browser: 300 MB with all that it brings, and none of it is started here.
BROWSER = """Package: google-chrome-stable
Version: 1
Architecture: all
Maintainer: tests <tests@desk.invalid>
Description: stands for a browser
"""
LEDGER = """
import sys; from pathlib import Path; from kiosk_agent.clock import SystemClock; from kiosk_agent.ledger import Ledger
Ledger(Path(sys.argv[1]), SystemClock()).close()
"""
# What apt needs of the environment where the archive is reached through a proxy.
PROXIES = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def browser(folder: Path) -> None:
    tree = folder / "browser"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(BROWSER)
    subprocess.run(["dpkg-deb", "--build", str(tree), str(folder / "browser.deb")], check=True, capture_output=True)


def test_a_bare_debian_gets_all_that_it_needs_and_keeps_the_ledger_to_the_end(
    package: Path, newer: Path, tmp_path: Path
) -> None:
    brought = tmp_path / "brought"
    brought.mkdir()
    shutil.copyfile(package, brought / "older.deb")
    shutil.copyfile(newer, brought / "newer.deb")
    browser(brought)
    apt = ("apt-get", "--yes", "--no-install-recommends", "-o", "APT::Sandbox::User=root")
    with bare_machine(tmp_path, brought) as machine:
        assert machine.run("python3", "--version").returncode != 0, "it is as bare as that"
        machine.write("/etc/kiosk-agent/portals/portal.toml", PRACTICE.read_text(encoding="utf-8"))
        machine.write(
            "/etc/kiosk-agent/enroll.toml", 'user = "desk"\nprofile = "/etc/kiosk-agent/portals/portal.toml"\n'
        )
        machine.does("apt-get", "update", **PROXIES)
        machine.does(*apt, "install", "/mnt/browser.deb", "/mnt/older.deb", **PROXIES)
        assert machine.does("kiosk-agent", "--version").startswith("kiosk-agent, version")
        checked = machine.does("kiosk-agent", "config", "check", "/etc/kiosk-agent/agent.toml")
        assert "/etc/kiosk-agent/agent.toml" in checked
        as_desk = ("runuser", "-u", "desk", "--", "env", "HOME=/srv/desk")
        ledger = f"/srv/desk/.local/share/kiosk-agent/{FILE_NAME}"
        machine.does(*as_desk, "mkdir", "-p", str(Path(ledger).parent))
        machine.does(*as_desk, "/usr/lib/kiosk-agent/bin/python3", "-c", LEDGER, ledger)
        before = machine.does("sha256sum", ledger)

        machine.does(*apt, "install", "/mnt/newer.deb", **PROXIES)
        assert machine.does("dpkg-query", "-W", "-f", "${Version}", NAME).startswith("99.")
        machine.does(*as_desk, "kiosk-agent", "ledger", "verify")
        assert machine.does("dpkg", "--audit") == ""

        machine.does(*apt, "purge", NAME, **PROXIES)
        assert machine.run("dpkg-query", "-W", NAME).returncode != 0
        assert not any(
            machine.has(path) for path in ("/etc/kiosk-agent", "/usr/lib/kiosk-agent", "/usr/bin/kiosk-agent")
        )
        assert machine.does("sha256sum", ledger) == before
