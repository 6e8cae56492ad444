"""The agent's Debian package on a real dpkg database: silent set-up, enrolment, upgrade, removal, purge."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.artefacts.deb import NAME
from kiosk_agent.clock import SystemClock
from kiosk_agent.ledger import FILE_NAME, Ledger
from tests.artefacts.machine import Machine, another_machine
from tests.central.serving import Server, command

pytestmark = pytest.mark.timeout(900)  # builds and installs: minutes where the processor has more urgent work

ANSWERS = """
central = "{central}"
code = "{code}"
user = "desk"
profile = "/etc/kiosk-agent/portals/portal.toml"
name = "市民課 3番 \\"窓\\""
"""
PRACTICE = Path(__file__).resolve().parent.parent.parent / "config" / "portals" / "practice.toml"
PORTAL = (
    PRACTICE.read_text(encoding="utf-8")
    .replace("http://127.0.0.1:8765", "https://portal.example")
    .replace('"https://portal.example/*"', '"https://portal.example/*", "https://*.id.example/account/*"', 1)
)
AGENT = "/etc/kiosk-agent/agent.toml"
CONFIGURE = "/usr/lib/kiosk-agent/configure"
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
        server.stop()
    machine.does("install", "-o", "desk", "-m", "600", "/dev/stdin", CODE, stdin="ABCD-EFGH-JKMN")
    assert as_desk(machine, "/usr/lib/kiosk-agent/enroll-once").returncode == 1
    assert machine.has(CODE)  # central could not be reached: the next start tries again


@pytest.fixture(scope="module")
def plain(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with the package, installed without any answer."""
    with another_machine(tmp_path_factory.mktemp("plain")) as machine:
        install(machine, package)
        yield machine


@pytest.fixture
def fresh(plain: Machine) -> Machine:
    """The same, before anything was answered."""
    plain.does("rm", "-rf", "/etc/kiosk-agent", "/var/lib/kiosk-agent", *POLICIES)
    return plain


def test_answers_may_come_from_the_environment(fresh: Machine) -> None:
    fresh.write("/etc/kiosk-agent/portals/portal.toml", PORTAL)
    fresh.does(
        CONFIGURE,
        KIOSK_AGENT_PROFILE="/etc/kiosk-agent/portals/portal.toml",
        KIOSK_AGENT_CENTRAL_URL="https://central.example",
        KIOSK_AGENT_USER="desk",
    )
    assert 'url = "https://central.example"' in fresh.read(AGENT)
    assert fresh.read("/etc/kiosk-agent/users") == "desk\n"
    assert not fresh.has(CODE)


def test_browsers_open_the_portal_alone_once_a_portal_is_chosen(fresh: Machine) -> None:
    fresh.does(CONFIGURE)
    assert not any(fresh.has(path) for path in POLICIES)  # the practice portal's: nothing is chosen yet
    fresh.write("/etc/kiosk-agent/portals/portal.toml", PORTAL)
    fresh.write(AGENT, 'profile = "portals/portal.toml"\n')
    fresh.does(CONFIGURE)
    for path, private in POLICIES.items():
        policies = json.loads(fresh.read(path))
        assert policies["URLBlocklist"] == ["*"]
        assert policies["URLAllowlist"] == [
            "https://.desk.invalid", "https://.portal.example", "https://id.example/account/",
        ]  # fmt: skip
        assert policies[private] == 1
        assert policies["DeveloperToolsAvailability"] == 1


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ('user = "desk"\ncolour = "red"\n', "colour"),
        ('code = "ABCD-EFGH-JKMN"\n', "user ="),
        ('code = "ABCD-EFGH-JKMN"\nuser = "nobody-here"\n', "no user"),
        ("user = \n", "enroll.toml"),
        ('profile = "/etc/kiosk-agent/none.toml"\n', "none.toml"),
        ('central = "central.example"\n', "central.url: expected"),
    ],
)
def test_a_wrong_answer_is_told(fresh: Machine, answers: str, expected: str) -> None:
    fresh.write("/etc/kiosk-agent/enroll.toml", answers)
    done = fresh.run(CONFIGURE)
    assert done.returncode == 1
    assert expected in done.stderr
    assert done.stderr.endswith(f": sudo {CONFIGURE}\n")
    japanese = fresh.run(CONFIGURE, LANGUAGE="ja_JP:en")
    assert japanese.returncode == 1
    assert "直してから" in japanese.stderr
    assert "expected" not in japanese.stderr


@pytest.mark.parametrize("wrong", ['central = "central.example"', 'profile = "/etc/kiosk-agent/none.toml"'])
def test_a_wrong_answer_keeps_nothing_and_all_of_it_holds_once_it_is_mended(fresh: Machine, wrong: str) -> None:
    answer(fresh)
    right = fresh.read("/etc/kiosk-agent/enroll.toml")
    key = wrong.partition(" ")[0]
    fresh.write(
        "/etc/kiosk-agent/enroll.toml",
        "\n".join(wrong if one.startswith(key) else one for one in right.splitlines()),
    )
    assert fresh.run(CONFIGURE).returncode == 1
    assert not any(fresh.has(path) for path in (AGENT, CODE, *POLICIES))
    assert fresh.does("ls", "/etc/kiosk-agent").split() == ["enroll.toml", "portals"]
    fresh.write("/etc/kiosk-agent/enroll.toml", right)
    fresh.does(CONFIGURE)
    assert 'url = "https://central.example"' in fresh.read(AGENT)
    assert 'profile = "/etc/kiosk-agent/portals/portal.toml"' in fresh.read(AGENT)
    assert all(fresh.has(path) for path in (CODE, *POLICIES))


@pytest.mark.parametrize("text", ["profile = ", "[desk]\n", "profile = 1\n"])
def test_an_upgrade_over_a_damaged_configuration_says_so_and_leaves_it(fresh: Machine, text: str) -> None:
    fresh.write(AGENT, text)
    done = fresh.run(CONFIGURE)
    assert done.returncode == 1
    assert done.stderr.startswith(f"kiosk-agent: {AGENT}: expected")
    assert "Traceback" not in done.stderr
    assert fresh.read(AGENT) == text


def test_an_account_that_is_not_known_is_told_and_the_installation_goes_on(fresh: Machine) -> None:
    fresh.write("/etc/kiosk-agent/enroll.toml", 'user = "nobody-here"\n')
    done = fresh.run(CONFIGURE)
    assert done.returncode == 0, done.stderr
    assert "no user 'nobody-here'" in done.stderr
    assert "'nobody-here' はまだいません" in fresh.run(CONFIGURE, LANGUAGE="ja").stderr


def test_an_installation_with_a_wrong_answer_fails_and_goes_on_once_it_is_mended(fresh: Machine) -> None:
    fresh.write("/etc/kiosk-agent/enroll.toml", 'colour = "red"\n')
    failed = fresh.run("dpkg-reconfigure", NAME)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].endswith(": sudo dpkg --configure kiosk-agent")
    fresh.does("rm", "/etc/kiosk-agent/enroll.toml")
    fresh.does("dpkg-reconfigure", NAME)


def test_an_upgrade_keeps_configuration_and_ledger_and_a_purge_the_evidence_alone(
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
    verified = as_desk(machine, "kiosk-agent", "ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    machine.does("dpkg", "--remove", NAME)
    assert machine.read(AGENT) == mine
    assert not any(machine.has(path) for path in POLICIES)
    assert not machine.has("/usr/lib/kiosk-agent")  # nor anything that was compiled there
    machine.does("dpkg", "--purge", NAME)
    for gone in ("/etc/kiosk-agent", "/var/lib/kiosk-agent", "/etc/xdg/autostart/kiosk-agent.desktop"):
        assert not machine.has(gone), gone
    assert machine.does("sha256sum", ledger.split()[1]) == ledger


def test_a_ledger_in_the_folder_that_the_example_names_outlives_a_purge(
    machine: Machine, package: Path, ledger: str
) -> None:
    answer(machine)
    install(machine, package)
    folder = "/var/lib/kiosk-agent"
    machine.write(AGENT, machine.read(AGENT).replace("# data_dir =", "data_dir ="))
    assert f'data_dir = "{folder}"' in machine.read(AGENT)
    machine.does("cp", ledger.split()[1], folder)
    machine.does("dpkg", "--purge", NAME)
    assert machine.does("ls", folder).split() == [FILE_NAME]
    assert machine.does("sha256sum", f"{folder}/{FILE_NAME}").partition(" ")[0] == ledger.partition(" ")[0]


def test_without_a_browser_it_is_not_configured(machine: Machine, package: Path) -> None:
    machine.does("dpkg", "--force-depends", "--remove", "chromium")
    done = machine.run("dpkg", "--install", str(package))
    assert done.returncode != 0
    assert "chromium" in done.stderr


def test_what_the_package_brings_is_clean(package: Path, tmp_path: Path) -> None:
    """All that is ours: lintian needs a minute for the packages of others, of which it had nothing to say either."""
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


def test_the_reference_of_all_settings_comes_along_in_both_languages(plain: Machine) -> None:
    for page in ("configuration.md", "ja/configuration.md"):
        assert "`[policy.weights]`" in plain.read(f"/usr/share/doc/kiosk-agent/{page}")


def test_the_service_is_one_that_systemd_takes(plain: Machine) -> None:
    unit = "/usr/lib/systemd/user/kiosk-agent.service"
    said = plain.run("systemd-analyze", "verify", "--user", "--man=no", unit, XDG_RUNTIME_DIR="/run")
    assert [line for line in said.stderr.splitlines() if "kiosk-agent" in line] == []
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(plain.read(unit))
    service = parsed["Service"]
    assert (service["Type"], service["Restart"], service["LimitCORE"]) == ("notify", "always", "0")
    assert int(service["WatchdogSec"]) > 0


def test_the_health_of_a_desk_can_be_collected_without_anybody_there(fresh: Machine) -> None:
    answer(fresh)
    fresh.does(CONFIGURE)
    done = as_desk(fresh, "kiosk-agent", "doctor", "--json", "--config", AGENT)
    told = json.loads(done.stdout)
    assert done.returncode == 1  # there is no display, which is told as such
    severity = {check["code"]: check["severity"] for check in told["checks"]}
    assert severity["display"] == told["worst"] == "red"
    assert severity["configuration"] == severity["profile"] == "green"


def test_the_bundle_installs_without_a_network_and_everything_goes_on_the_day_it_must(
    machine: Machine, package: Path, bundle: Path, ledger: str
) -> None:
    machine.does("sh", "-c", 'mkdir /srv/bundle && cp -r "$1/." /srv/bundle', "sh", str(bundle))
    answer(machine)
    machine.does("unshare", "--net", "/usr/bin/python3", "/srv/bundle/bundle.py", "install", "agent")
    assert "kiosk-agent, version" in machine.does("kiosk-agent", "--version")
    machine.does("/usr/lib/kiosk-agent/remove-everything")
    assert machine.does("sha256sum", ledger.split()[1]) == ledger
    machine.does("rm", "-r", "/srv/bundle")
    find = ("find", "/etc", "/usr", "/var/lib", "-xdev", "-iname", "*kiosk-agent*")
    assert machine.does(*find, "-not", "-path", "/usr/local/*").split() == []
    assert machine.run("dpkg-query", "-W", NAME).returncode != 0
    install(machine, package)
    machine.write(AGENT, machine.read(AGENT).replace("# data_dir =", "data_dir ="))
    gone = machine.run("/usr/lib/kiosk-agent/remove-everything", "--with-ledgers")
    assert gone.returncode == 0, gone.stderr
    assert not machine.has(ledger.split()[1])
    assert 'desk.data_dir is "/var/lib/kiosk-agent"' in gone.stderr


def test_who_removes_everything_by_hand_is_told_in_japanese_what_is_wrong(plain: Machine) -> None:
    wrong = plain.run("/usr/lib/kiosk-agent/remove-everything", "--everything", LANGUAGE="ja")
    assert (wrong.returncode, wrong.stderr.partition(":")[0]) == (2, "使い方")
    refused = as_desk(plain, "env", "LANGUAGE=ja", "/usr/lib/kiosk-agent/remove-everything")
    assert refused.returncode == 1
    assert "root で実行してください" in refused.stderr
