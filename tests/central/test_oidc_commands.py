"""The provider on the command line: what ``serve`` refuses, and who is awaited."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from installer.thirdparty import installed_oidc
from kiosk_agent.central.cli import main
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.oidc import flows, service
from kiosk_agent.central.oidc.options import SECRET, provider_of, with_provider
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.oidc.schemas import ProviderError, RefusedError
from kiosk_agent.central.staff.schemas import Locked, Role
from kiosk_agent.errors import CentralError
from tests.central.nation import NOW
from tests.central.people import add_person, enter
from tests.central.provider_of_tests import RealProvider

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "--oidc-issuer": "https://login.example",
    "--oidc-client-id": "kiosk-central",
    "--public-url": "https://central.example/",
}


FLAG = "an option without a value"


def provider(*arguments: str, hidden: str = "hidden-secret", **variables: str) -> Provider | None:
    found: list[Provider | None] = []

    @with_provider
    def run(**options: Any) -> None:
        found.append(provider_of(options))

    done = CliRunner().invoke(
        click.command()(run), arguments, env={SECRET: hidden, **variables}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return found[0]


def arguments(**changes: str | None) -> list[str]:
    told = {**GOOD, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return [word for name, value in told.items() if value is not None for word in (name, value) if word is not FLAG]


def test_without_options_there_is_no_provider() -> None:
    assert provider() is None


def test_what_is_said_is_known_and_the_secret_is_in_no_text(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\nsecond line\n")
    made = provider(*arguments(oidc_client_secret_file=str(file), oidc_name="職員認証"), KIOSK_CENTRAL_OIDC_CLAIM="upn")
    assert made is not None
    assert (made.settings.client_secret, made.settings.claim, made.name) == ("from a file", "upn", "職員認証")
    assert made.settings.return_address == "https://central.example/login/provider/return"
    assert "from a file" not in repr(made.settings)
    unnamed = provider(*arguments())
    assert unnamed is not None
    assert (unnamed.settings.client_secret, unnamed.name) == ("hidden-secret", "login.example")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"oidc_issuer": None}, "--oidc-issuer"),
        ({"oidc_issuer": "http://login.example"}, "https"),
        ({"oidc_issuer": "login.example"}, "https"),
        ({"oidc_issuer": "https://login.example/?x=1"}, "https"),
        ({"public_url": None}, "--public-url"),
        ({"public_url": "http://central.example"}, "--public-url"),
        ({"public_url": "https://central.example/central"}, "--public-url"),
        ({"oidc_client_id": None}, "--oidc-client-id"),
        ({"oidc_client_secret_file": "/nonexistent"}, "--oidc-client-secret-file"),
        ({"oidc_ca": "/nonexistent"}, "--oidc-ca"),
        ({"oidc_name": "x" * 41}, "40"),
        ({"oidc_second_factor": FLAG}, "--oidc-acr or --oidc-amr"),
        ({"oidc_second_factor": FLAG, "oidc_acr": " "}, "--oidc-acr or --oidc-amr"),
        ({"oidc_amr": "mfa"}, "--oidc-second-factor"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_told(changes: dict[str, str | None], told: str) -> None:
    with pytest.raises(CentralError) as caught:
        provider(*arguments(**changes))
    assert told in str(caught.value)


def test_a_second_factor_is_asked_for_and_needed_where_it_is_said() -> None:
    plain = provider(*arguments())
    asked = provider(*arguments(oidc_acr="urn:two  urn:one"))
    needed = provider(*arguments(oidc_acr="urn:two", oidc_amr="mfa hwk"), KIOSK_CENTRAL_OIDC_SECOND_FACTOR="1")
    assert plain is not None
    assert asked is not None
    assert needed is not None
    assert (plain.settings.acr_values, plain.settings.needs_second_factor) == ((), False)
    assert (asked.settings.acr_values, asked.settings.needs_second_factor) == (("urn:two", "urn:one"), False)
    assert (needed.settings.acr_values, needed.settings.amr) == (("urn:two",), ("mfa", "hwk"))
    assert needed.settings.needs_second_factor


def test_no_secret_is_told() -> None:
    with pytest.raises(CentralError, match=SECRET):
        provider(*arguments(), hidden="")


# a private authority


def certificate(
    folder: Path, name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> None:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.datetime.now(datetime.UTC)
    is_authority = key is by
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    made = builder.sign(by, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


async def test_a_provider_with_a_certificate_of_the_offices_own_is_believed_only_where_it_is_named(
    tmp_path: Path,
) -> None:
    folder = installed_oidc(ROOT)
    if folder is None:
        pytest.skip("oidc-provider is not installed; `python3 installer/bootstrap.py test` does it")
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    certificate(tmp_path, "authority", authority, "authority", authority)
    certificate(tmp_path, "certificate", key, "authority", authority)
    kind = serialization.PrivateFormat.PKCS8
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    )
    real = RealProvider(folder, tmp_path / "log", tls=tmp_path)
    try:
        flow = flows.flow_of(flows.new_secret())
        with pytest.raises(ProviderError, match="CERTIFICATE_VERIFY_FAILED"):
            await Provider(real.settings()).sign_in_address(flow)
        trusting = Provider(real.settings(ca=str(tmp_path / "authority.pem")))
        assert (await trusting.sign_in_address(flow)).startswith(f"{real.issuer}/auth?")
    finally:
        real.stop()


# accounts


def come(database: Database, subject: str, login: str | None) -> str:
    counted = service.attempt(database, NOW, "192.0.2.1")
    assert not isinstance(counted, Locked)
    return service.enter(database, "https://login.example", subject, login, "hint", counted, NOW, "192.0.2.1")


def test_an_account_goes_to_whoever_comes_first_and_to_nobody_else(database: Database) -> None:
    service.add(database, "one", Role.VIEWER, "nation", " ONE@x.example ", NOW, "tests")
    come(database, "first", "one@x.example")
    with pytest.raises(RefusedError, match="not_linked"):
        come(database, "second", "one@x.example")
    come(database, "first", None)
    come(database, "first", "renamed@x.example")


def test_a_login_belongs_to_one_account(database: Database) -> None:
    service.add(database, "one", Role.VIEWER, "nation", "one@x.example", NOW, "tests")
    come(database, "first", "one@x.example")
    with pytest.raises(CentralError, match="'one' has the login"):
        service.add(database, "two", Role.VIEWER, "nation", "One@X.example", NOW, "tests")
    add_person(database, "two")  # nothing of the former is left
    with pytest.raises(CentralError, match="'one' has the login"):
        service.await_login(database, "two", "one@x.example", NOW, "tests")
    service.await_login(database, "one", "one@x.example", NOW, "tests")  # anew, for somebody else
    come(database, "second", "one@x.example")
    with pytest.raises(RefusedError, match="not_linked"):
        come(database, "first", "one@x.example")


@pytest.mark.parametrize("login", ["", " ", "x" * 321, "a\nb"])
def test_a_login_that_cannot_be_one_is_refused(database: Database, login: str) -> None:
    with pytest.raises(CentralError, match="1 to 320"):
        service.add(database, "one", Role.VIEWER, "nation", login, NOW, "tests")


def test_an_account_may_keep_its_password_or_lose_it(database: Database) -> None:
    add_person(database)
    service.await_login(database, "one", "one@x.example", NOW, "tests")
    assert isinstance(enter(database), str)
    service.await_login(database, "one", "one@x.example", NOW, "tests", no_password=True)
    assert enter(database) is None
    assert enter(database, password="") is None
    come(database, "first", "one@x.example")


@pytest.mark.parametrize("how", [service.await_login, service.forget_login])
def test_what_changes_who_may_come_ends_all_sessions(database: Database, how: Callable[..., Any]) -> None:
    from kiosk_agent.central.staff import sessions

    service.add(database, "one", Role.VIEWER, "nation", "one@x.example", NOW, "tests")
    token = come(database, "first", "one@x.example")
    assert sessions.provider_hint(database, token) == "hint"
    more = ("two@x.example",) if how is service.await_login else ()
    how(database, "one", *more, NOW, "tests")
    assert sessions.find(database, token, NOW) is None
    assert sessions.provider_hint(database, token) is None


def typed(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["staff", *words, "--data", str(folder)], input="five words in a row\n")


def test_from_the_command_line(tmp_path: Path) -> None:
    migrated = Database(sqlite_url(tmp_path))
    migrate(migrated)
    assert typed(tmp_path, "add", "one", "--role", "viewer", "--scope", "nation", "--login", "a@x").output == "Added.\n"
    assert typed(tmp_path, "add", "two", "--role", "viewer", "--scope", "nation").exit_code == 0
    assert typed(tmp_path, "link", "two", "B@x").output == "Set.\n"
    come(migrated, "somebody", "b@x")
    listed = [line.split("\t") for line in typed(tmp_path, "list").output.splitlines()]
    assert [(line[0], line[-1]) for line in listed] == [("one", "a@x (nobody yet)"), ("two", "b@x somebody")]
    assert typed(tmp_path, "unlink", "two").output == "Removed.\n"
    assert "nobody can sign in" in typed(tmp_path, "unlink", "one").output
    again = typed(tmp_path, "unlink", "one")
    assert (again.exit_code, "has no login" in again.output) == (1, True)
    migrated.close()
