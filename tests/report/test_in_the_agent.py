"""The agent reports where a central is configured, and only there; its status says how the reports stand."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from kiosk_agent.cli.status import as_text
from kiosk_agent.clock import ManualClock
from kiosk_agent.config import Central, Config
from kiosk_agent.desk_records import also_reported, tell_what_is_not_taken
from kiosk_agent.errors import DeskError
from kiosk_agent.health import Health, Severity
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report.client import DIRECT, Client, Unreachable, make_context
from kiosk_agent.report.policy import REFUSED, Kept, PolicyRefusedError, keep
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session import entries as en
from kiosk_agent.session.policy import Policy
from kiosk_agent.settings.registry import Kind, Value
from kiosk_agent.settings.resolve import GROUP_POLICY_IGNORED, resolve
from kiosk_agent.status import read_status
from kiosk_agent.status_file import StatusFile
from kiosk_agent.wire.policy import PolicyAnswer, Settings
from tests.report.desks import as_enrolled
from tests.report.loopback import Asked, answer, loopback, taken
from tests.support.fake_registry import FakePolicyKey


async def run_beside(central: Central, data_dir: Path, until: asyncio.Event | None) -> StatusFile:
    """What the agent does about central, on a PC with a day's count; until ``until`` has come."""
    clock = ManualClock()
    health = Health(clock.wall)
    config = Config(Path("agent.toml"), Path("portal.toml"), central=central)
    writer = LedgerWriter(data_dir, clock)
    await writer.open()
    await writer.append(en.AgentRan(True, "0.1.0"))
    status = StatusFile(data_dir, config, clock, health, Senses([], health, lambda _event: None, clock.wall))
    written = asyncio.Event()
    write = status.write

    def write_and_tell() -> None:
        write()
        if status.central() is not None and status.central().acknowledged is not None:  # type: ignore[union-attr] # asked before
            written.set()

    status.write = write_and_tell  # type: ignore[method-assign]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(writer.close)
        await also_reported(config, data_dir, writer, health, clock, status, stack, lambda _settings: Policy())
        if until is not None:
            await until.wait()
            await written.wait()
    return status


async def test_a_desk_with_a_central_reports_and_its_status_says_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk_agent.report.uploader.first_wait_s", lambda _every_s, _chance: 0.0)
    came = asyncio.Event()

    def reply(asked: Asked) -> bytes:
        came.set()
        return taken(asked)

    async with loopback(reply) as network:
        as_enrolled(network.url, tmp_path)
        await run_beside(Central(network.url, DIRECT), tmp_path, came)
    assert len(network.reports[0].days) == 1
    status = read_status(tmp_path)
    assert status is not None
    assert status.central is not None
    assert (status.central.desk_id, status.central.waiting_days, status.central.problem) == (1, 0, "")
    text = as_text(status, alive=True)
    assert network.url in text
    assert "2026-04-01 09:00:00" in text


async def test_a_desk_without_a_central_starts_nothing(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    status = await run_beside(Central(), tmp_path, None)
    assert asyncio.all_tasks() == before
    assert status.central() is None


# the way to central


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority of the office's own: key and certificate for 127.0.0.1 in one file."""
    path = tmp_path_factory.mktemp("ca") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    key = path.read_text()
    assert "CERTIFICATE" in key
    return path


async def test_a_private_authority_is_trusted_once_it_is_named(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    async with loopback(lambda _: answer(200, b'{"status":"ok"}'), tls=tls) as network:
        unnamed = Client(network.url, DIRECT, make_context(None))
        failed = await unnamed.is_there()
        await unnamed.close()
        assert isinstance(failed, Unreachable)
        assert "CERTIFICATE_VERIFY_FAILED" in str(failed.why)
        named = Client(network.url, DIRECT, make_context(certificate))
        assert await named.is_there() is None
        await named.close()


def test_a_file_that_holds_no_certificates_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(DeskError, match="cannot be read as certificates"):
            make_context(tmp_path / name)


async def test_a_proxy_is_asked_where_one_is_named_or_the_system_has_one_but_not_with_direct(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with loopback(lambda _: answer(200, b'{"status":"ok"}')) as proxy, loopback(lambda _: answer(500)) as central:
        monkeypatch.setenv("http_proxy", proxy.url)
        for chosen in (proxy.url, None, DIRECT):
            client = Client(central.url, chosen, make_context(None))
            assert (await client.is_there() is None) is (chosen != DIRECT)
            await client.close()
    assert [one.line for one in proxy.asked] == [f"GET {central.url}/healthz HTTP/1.1"] * 2
    assert len(central.asked) == 1


@pytest.mark.parametrize("proxy", ["socks://me:hunter22@127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_proxy_of_the_system_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(DeskError, match="proxy that cannot be used") as caught:
        Client("http://central.example", None, make_context(None))
    assert "hunter22" not in str(caught.value)


def test_the_agent_starts_with_the_policy_that_central_has_set(tmp_path: Path) -> None:
    keep(tmp_path, Kept("http://central", '"t"', PolicyAnswer(1, Settings(idle_limit_s=77))))
    health = Health(ManualClock().wall)
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\ndesk.data_dir = "."\ncentral.url = "http://central/"\n')
    resolved = resolve(file, registry=FakePolicyKey())
    assert resolved.config.policy.idle_limit_s == 77
    check_policy = tell_what_is_not_taken(resolved, Policy(), health)
    assert health.warnings == []
    assert check_policy(Settings(gap_s=20)) == msgspec.structs.replace(Policy(), gap_s=20.0)
    assert resolved.revision == 1
    with pytest.raises(PolicyRefusedError):
        check_policy(Settings(mandatory_senses=("none",)))
    file.write_text('profile = "p"\ndesk.data_dir = "."\n')
    assert resolve(file, registry=FakePolicyKey()).config.policy == Policy()


def test_what_is_not_taken_is_a_warning_of_the_running_agent(tmp_path: Path) -> None:
    keep(tmp_path, Kept("http://central", '"t"', PolicyAnswer(1, Settings(mandatory_senses=("none",)))))
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\ndesk.data_dir = "."\ncentral.url = "http://central"\n')
    registry = FakePolicyKey({r"policy\warning_s": Value(Kind.DWORD, 5)})
    health = Health(ManualClock().wall)
    tell_what_is_not_taken(resolve(file, registry=registry), Policy(), health)
    assert {(one.code, one.severity) for one in health.warnings} == {
        (REFUSED, Severity.AMBER),
        (GROUP_POLICY_IGNORED, Severity.AMBER),
    }
    assert all(one.remedy for one in health.warnings)


def test_an_agent_loads_no_http_client_as_long_as_there_is_no_central() -> None:
    """Seven megabytes, at every desk."""
    looking = "import sys, kiosk_agent.app; print(*sorted({'httpx', 'httpcore', 'webbrowser'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", looking], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
