"""The agent's Debian package on a real dpkg database: silent set-up, enrolment, upgrade, removal, purge."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.artefacts.deb import NAME
from kiosk_agent.clock import SystemClock
from kiosk_agent.ledger import FILE_NAME, Ledger
from tests.artefacts.machine import Machine
from tests.central.serving import Server, command

pytestmark = pytest.mark.timeout(300)

ANSWERS = """
central = "{central}"
code = "{code}"
user = "desk"
profile = "/etc/kiosk-agent/portals/portal.toml"
name = "市民課 3番 \\"窓\\""
"""
PORTAL = """
[portal]
name = "town"
start_url = "https://portal.example/"
allowed = ["https://portal.example/*", "https://*.id.example/account/*"]
[signed_in]
cookie = "session"
[proof]
protected_url = "https://portal.example/account"
refused = { status = 401 }
opened = { status = 200 }
expect = "revoked"
"""
AGENT = "/etc/kiosk-agent/agent.toml"
CODE = "/var/lib/kiosk-agent/enroll/desk/code"
POLICIES = {
    "/etc/chromium/policies/managed/kiosk-agent.json": "IncognitoModeAvailability",
    "/etc/opt/chrome/policies/managed/kiosk-agent.json": "IncognitoModeAvailability",
    "/etc/opt/edge/policies/managed/kiosk-agent.json": "InPrivateModeAvailability",
}


def as_desk(machine: Machine, *words: str) -> subprocess.CompletedProcess[str]:
    return machine.run("runuser", "-u", "desk", "--", "env", "HOME=/srv/desk", *words)


def install(machine: Machine, package: Path, **environment: str) -> str:
    return machine.does("dpkg", "--install", str(package), **environment)


def answer(machine: Machine, central: str = "https://central.example", code: str = "ABCD-EFGH-JKMN") -> None:
    machine.write("/etc/kiosk-agent/portals/portal.toml", PORTAL)
    machine.write("/etc/kiosk-agent/enroll.toml", ANSWERS.format(central=central, code=code))


@pytest.fixture
def ledger(machine: Machine, tmp_path: Path) -> str:
    """A real ledger in the desk's home; its digest."""
    Ledger(tmp_path / FILE_NAME, SystemClock()).close()
    place = f"/srv/desk/.local/share/kiosk-agent/{FILE_NAME}"
    machine.does("install", "-D", str(tmp_path / FILE_NAME), place)
    machine.does("chown", "-R", "desk:", "/srv/desk/.local")
    return machine.does("sha256sum", place)


def test_a_silent_installation_enrols_the_desk_and_leaves_no_code_behind(
    machine: Machine, package: Path, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'central.sqlite3'}"
    places = tmp_path / "places.csv"
    places.write_text("code,prefecture,municipality\n131016,東京都,千代田区\n")
    assert command("import", "municipalities", str(places), "--database", database).returncode == 0
    asked = ["--municipality", "131016", "--office", "市民課", "--new-office", "--database", database]
    code = command("desk", "code", *asked).stdout.strip()
    server = Server(database, tmp_path / "central.log")
    try:
        answer(machine, server.url, code)
        install(machine, package)
        assert not machine.has("/etc/kiosk-agent/enroll.toml")
        assert machine.does("stat", "-c", "%U %a", CODE).split() == ["desk", "600"]
        checked = as_desk(machine, "kiosk-agent", "config", "check", AGENT)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        enrolled = as_desk(machine, "/usr/lib/kiosk-agent/enroll-once")
        assert enrolled.returncode == 0, enrolled.stdout + enrolled.stderr
        assert not machine.has(CODE)
        assert machine.has("/srv/desk/.local/share/kiosk-agent/enrolment.json")
        assert as_desk(machine, "/usr/lib/kiosk-agent/enroll-once").returncode == 0  # at each start; there is no code

        machine.does("install", "-o", "desk", "-m", "600", "/dev/stdin", CODE, stdin=code)  # used by now, by this desk
        as_desk(machine, "rm", "-r", "/srv/desk/.local")
        refused = as_desk(machine, "/usr/lib/kiosk-agent/enroll-once")
        assert (refused.returncode, machine.has(CODE)) == (1, False)
    finally:
        assert server.stop() == 0
    machine.does("install", "-o", "desk", "-m", "600", "/dev/stdin", CODE, stdin="ABCD-EFGH-JKMN")
    assert as_desk(machine, "/usr/lib/kiosk-agent/enroll-once").returncode == 1
    assert machine.has(CODE)  # central could not be reached: the next start tries again


def test_answers_may_come_from_the_environment(machine: Machine, package: Path) -> None:
    machine.write("/etc/kiosk-agent/portals/portal.toml", PORTAL)
    given = {
        "PROFILE": "/etc/kiosk-agent/portals/portal.toml",
        "CENTRAL_URL": "https://central.example",
        "USER": "desk",
    }
    install(machine, package, **{f"KIOSK_AGENT_{key}": value for key, value in given.items()})
    assert 'url = "https://central.example"' in machine.read(AGENT)
    assert machine.read("/etc/kiosk-agent/users") == "desk\n"
    assert not machine.has(CODE)


def test_browsers_open_the_portal_alone_once_a_portal_is_chosen(machine: Machine, package: Path) -> None:
    install(machine, package)
    assert not any(machine.has(path) for path in POLICIES)  # the practice portal's: nothing is chosen yet
    machine.write("/etc/kiosk-agent/portals/portal.toml", PORTAL)
    machine.write(AGENT, 'profile = "portals/portal.toml"\n')
    machine.does("/usr/lib/kiosk-agent/configure")
    for path, private in POLICIES.items():
        policies = json.loads(machine.read(path))
        assert policies["URLBlocklist"] == ["*"]
        assert policies["URLAllowlist"] == [
            "https://.desk.invalid", "https://.portal.example", "https://id.example/account/",
        ]  # fmt: skip
        assert policies[private] == 1
        assert policies["DeveloperToolsAvailability"] == 1
    machine.does("dpkg", "--remove", NAME)
    assert not any(machine.has(path) for path in POLICIES)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ('user = "desk"\ncolour = "red"\n', "colour"),
        ('code = "ABCD-EFGH-JKMN"\n', "user ="),
        ('code = "ABCD-EFGH-JKMN"\nuser = "nobody-here"\n', "no user"),
        ("user = \n", "enroll.toml"),
        ('profile = "/etc/kiosk-agent/none.toml"\n', "none.toml"),
    ],
)
def test_a_wrong_answer_is_told_and_installed_again_once_it_is_mended(
    machine: Machine, package: Path, answers: str, expected: str
) -> None:
    machine.write("/etc/kiosk-agent/enroll.toml", answers)
    done = machine.run("dpkg", "--install", str(package))
    assert done.returncode != 0
    assert expected in done.stderr
    machine.does("rm", "-f", "/etc/kiosk-agent/enroll.toml", AGENT)
    machine.does("dpkg", "--configure", NAME)


def test_an_upgrade_keeps_the_configuration_and_the_ledger(
    machine: Machine, package: Path, newer: Path, ledger: str
) -> None:
    answer(machine)
    install(machine, package)
    mine = machine.read(AGENT).replace("# sound = true", "sound = false")
    machine.write(AGENT, mine)
    install(machine, newer)
    assert machine.does("dpkg-query", "-W", "-f", "${Version}", NAME).startswith("99.")
    assert machine.read(AGENT) == mine
    assert machine.does("sha256sum", ledger.split()[1]) == ledger
    assert as_desk(machine, "kiosk-agent", "ledger", "verify").returncode == 0


def test_removal_keeps_what_was_set_and_purge_keeps_the_evidence_alone(
    machine: Machine, package: Path, ledger: str
) -> None:
    answer(machine)
    install(machine, package)
    machine.does("dpkg", "--remove", NAME)
    assert machine.has(AGENT)
    assert not machine.has("/usr/lib/kiosk-agent")  # nor anything that was compiled there
    machine.does("dpkg", "--purge", NAME)
    for gone in ("/etc/kiosk-agent", "/var/lib/kiosk-agent", "/etc/xdg/autostart/kiosk-agent.desktop"):
        assert not machine.has(gone), gone
    assert machine.does("sha256sum", ledger.split()[1]) == ledger


def test_without_a_browser_it_is_not_configured(machine: Machine, package: Path) -> None:
    machine.does("dpkg", "--force-depends", "--remove", "chromium")
    done = machine.run("dpkg", "--install", str(package))
    assert done.returncode != 0
    assert "chromium" in done.stderr


def test_what_the_package_brings_is_clean(package: Path, tmp_path: Path) -> None:
    """All that is ours: lintian needs a minute for the packages of others (build.py deb --lint)."""
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not on this machine")
    subprocess.run(["dpkg-deb", "-R", str(package), str(tmp_path / "tree")], check=True)
    (site,) = (tmp_path / "tree" / "usr/lib/kiosk-agent/lib").glob("*/site-packages")
    for other in site.iterdir():
        if not other.name.startswith("kiosk_agent"):
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    sums = tmp_path / "tree" / "DEBIAN" / "md5sums"
    kept = [
        one for one in sums.read_text().splitlines(True) if (tmp_path / "tree" / one.split("  ")[1].strip()).exists()
    ]
    sums.write_text("".join(kept))
    ours = tmp_path / package.name
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-z1", "-Zgzip", "-b", str(tmp_path / "tree"), str(ours)], check=True
    )
    said = subprocess.run(["lintian", "--allow-root", str(ours)], capture_output=True, text=True, check=False)
    assert said.stdout.strip().splitlines() == []


def test_the_service_is_one_that_systemd_takes(machine: Machine, package: Path) -> None:
    install(machine, package)
    unit = "/usr/lib/systemd/user/kiosk-agent.service"
    said = machine.run("systemd-analyze", "verify", "--user", "--man=no", unit, XDG_RUNTIME_DIR="/run")
    assert [line for line in said.stderr.splitlines() if "kiosk-agent" in line] == []
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(machine.read(unit))
    service = parsed["Service"]
    assert (service["Type"], service["Restart"], service["LimitCORE"]) == ("notify", "always", "0")
    assert int(service["WatchdogSec"]) > 0


def test_the_health_of_a_desk_can_be_collected_without_anybody_there(machine: Machine, package: Path) -> None:
    answer(machine)
    install(machine, package)
    done = as_desk(machine, "kiosk-agent", "doctor", "--json", "--config", AGENT)
    told = json.loads(done.stdout)
    assert done.returncode == 1  # there is no display, which is told as such
    severity = {check["code"]: check["severity"] for check in told["checks"]}
    assert severity["display"] == told["worst"] == "red"
    assert severity["configuration"] == severity["profile"] == "green"


@pytest.mark.parametrize("with_ledgers", [False, True])
def test_everything_goes_on_the_day_it_must(machine: Machine, package: Path, ledger: str, with_ledgers: bool) -> None:
    answer(machine)
    install(machine, package)
    machine.does("/usr/lib/kiosk-agent/remove-everything", *(["--with-ledgers"] * with_ledgers))
    assert machine.has(ledger.split()[1]) is not with_ledgers
    find = ("find", "/etc", "/usr", "/var/lib", "-xdev", "-iname", "*kiosk-agent*")
    left = machine.does(*find, "-not", "-path", "/usr/local/*")
    assert [path for path in left.split() if not path.startswith("/etc/systemd")] == []
    assert machine.run("dpkg-query", "-W", NAME).returncode != 0
