"""Alerts on their way: to a real mail server and a real web server on loopback."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_agent.central.alerts import service
from kiosk_agent.central.alerts.channels import DeliveryError, Mailing, Security, Ways, key_of, signature
from kiosk_agent.central.alerts.schemas import (
    AlertKind,
    Channel,
    Content,
    Language,
    Message,
    Pace,
    Recipient,
    Said,
    What,
)
from kiosk_agent.central.alerts.sender import Alerting, Sender
from kiosk_agent.central.alerts.texts import TEXTS, body
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.times import to_ms
from kiosk_agent.clock import ManualClock
from kiosk_agent.text import unpacked
from tests.central.alerting import PASSWORD, SECRET, Dripping, MailServer, Webhook, make_certificate, raise_clone
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import Server, command
from tests.support.postgresql import PostgreSQL

AT_MS = to_ms(NOW)
TLS_BEGINNING = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"  # of a long answer to a handshake


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("ca"))


def said(what: What = What.NEW, kind: AlertKind = AlertKind.CLONE, office: str = "市民課", **more: Any) -> Said:
    places = {"prefecture": "東京都", "municipality_code": "131016", "municipality": "千代田区", "office_id": 7}
    return Said(
        **{"alert": 3, "amount": 1, "total": 4, "at_ms": AT_MS, **places, **more}, what=what, kind=kind, office=office
    )


def message(address: str, *items: Said, language: Language = Language.JAPANESE) -> Message:
    channel = Channel.MAIL if "@" in address else Channel.WEBHOOK
    to = Recipient(1, channel, address, Place(Level.NATION), frozenset(), language)
    return Message(1, "k" * 32, to, Content(items or (said(),)), AT_MS, 1)


# aiosmtpd does not see that TLS from the first byte on is TLS, too
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("security", "login"), [(Security.STARTTLS, True), (Security.TLS, True), (Security.NONE, False)]
)
def test_a_mail_arrives(certificate: Path, security: Security, login: bool) -> None:
    with MailServer(certificate, security, login=login) as server:
        ways = Ways(server.mailing(), ca=str(certificate))
        ways.deliver(message("it@example.test", said(), said(kind=AlertKind.CHAIN_BROKEN)), NOW)
        to, mail = server.mails.get(timeout=30)
    assert to == ["it@example.test"]
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (
        "central@example.test", "it@example.test", "auto-generated",
    )  # fmt: skip
    assert mail["Message-ID"] == f"<{'k' * 32}@example.test>"
    assert mail["Subject"] == "【窓口端末】確認が必要です：2件"
    text = mail.get_content()
    for part in ("東京都 千代田区", "市民課: 端末1台（全4台）、2026-04-20 12:00から、番号3", "つながり", "acknowledge"):
        assert part in text


def test_a_mail_in_english_says_what_is_over() -> None:
    text = body(Content((said(What.RESOLVED),), 5), Language.ENGLISH)
    assert "Resolved" in text
    assert "市民課: 1 of 4 desks, resolved 2026-04-20 12:00, number 3" in text
    assert "There are 5 more." in text
    assert "acknowledge" not in text


def test_everything_that_can_be_said_has_its_words_in_both_languages() -> None:
    assert {*AlertKind, *What} <= TEXTS.keys()
    assert all(japanese != english for japanese, english in TEXTS.values())


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda server, ways: msgspec.structs.replace(ways, mail=server.mailing(password="wrong")), "535"),
        (lambda _server, ways: msgspec.structs.replace(ways, ca=None), "certificate verify failed"),
        (lambda server, ways: msgspec.structs.replace(ways, mail=server.mailing(user="", password="")), "530"),
        (lambda _server, _ways: Ways(), "--smtp-host"),
        (lambda _server, ways: msgspec.structs.replace(ways, ca="/nowhere"), "/nowhere"),
    ],
)
def test_a_mail_that_cannot_be_sent_says_why_and_no_password(
    certificate: Path, broken: Callable[[MailServer, Ways], Ways], why: str
) -> None:
    with MailServer(certificate, Security.STARTTLS) as server:
        ways = broken(server, Ways(server.mailing(), ca=str(certificate)))
        with pytest.raises(DeliveryError, match=why) as caught:
            ways.deliver(message("it@example.test"), NOW)
        assert server.mails.empty()
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(ways)


def test_a_recipient_that_the_server_refuses_is_told(certificate: Path) -> None:
    with MailServer(certificate, Security.STARTTLS) as server:
        server.refuse = "550 nobody of that name"
        with pytest.raises(DeliveryError, match="550 nobody of that name"):
            Ways(server.mailing(), ca=str(certificate)).deliver(message("it@example.test"), NOW)


@pytest.mark.parametrize("goodbye", ["250 OK", "421 too busy to say goodbye"])
def test_a_mail_that_was_taken_is_taken_whatever_is_said_at_the_end(certificate: Path, goodbye: str) -> None:
    with MailServer(certificate, Security.NONE, login=False) as server:
        server.goodbye = goodbye
        Ways(server.mailing()).deliver(message("it@example.test"), NOW)
        assert server.mails.qsize() == 1


def test_a_server_without_starttls_is_told_nothing(certificate: Path) -> None:
    with MailServer(certificate, Security.NONE, login=False) as server:
        mailing = server.mailing(security=Security.STARTTLS)
        with pytest.raises(DeliveryError, match="STARTTLS"):
            Ways(mailing, ca=str(certificate)).deliver(message("it@example.test"), NOW)
        assert server.mails.empty()


def test_a_webhook_gets_signed_json(certificate: Path) -> None:
    with Webhook(certificate) as hook:
        Ways(secret=SECRET, ca=str(certificate)).deliver(message(hook.url), NOW)
        headers, posted = hook.posts.get(timeout=30)
    told = json.loads(posted)
    assert (told["id"], told["left_out"], headers["Kiosk-Delivery"]) == ("k" * 32, 0, "k" * 32)
    assert told["made_at"] == "2026-04-20T03:00:00Z"
    assert told["items"] == [msgspec.to_builtins(said())]
    stamp, signed = headers["Kiosk-Signature"].split(",v1=")
    # as a receiver would check it, with the key that the command printed
    key = hmac.new(SECRET.encode(), hook.url.encode(), hashlib.sha256).hexdigest()
    at_s = stamp.removeprefix("t=")
    assert int(at_s) == int(NOW.timestamp())
    assert hmac.new(key.encode(), at_s.encode() + b"." + posted, hashlib.sha256).hexdigest() == signed


def test_one_webhook_cannot_sign_for_another() -> None:
    keys = [key_of(SECRET, address) for address in ("https://a.test/", "https://b.test/")]
    assert len({signature(key, 1, b"x") for key in keys}) == 2
    assert signature(keys[0], 1, b"x") != signature(keys[0], 2, b"x")


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_a_webhook_that_does_not_take_it_is_told(status: int) -> None:
    with Webhook() as hook:
        hook.status, hook.location = status, hook.url if status == 301 else ""
        with pytest.raises(DeliveryError, match=f"answered {status}"):
            Ways(secret=SECRET).deliver(message(hook.url), NOW)
        assert hook.posts.qsize() == 1


def test_a_webhook_whose_answer_has_no_end_holds_up_nobody() -> None:
    with Webhook() as hook:
        hook.status, hook.over = 200, threading.Event()
        try:
            Ways(secret=SECRET).deliver(message(hook.url), NOW)
        finally:
            hook.over.set()
        assert hook.posts.qsize() == 1


@pytest.mark.parametrize(
    ("security", "said"),
    [
        (Security.NONE, []),
        (Security.NONE, [b"220-one\r\n"]),
        (Security.STARTTLS, [b"220 good day\r\n"]),
        (Security.STARTTLS, [b"220 a\r\n", b"250-b\r\n250 STARTTLS\r\n", b"220 go\r\n", TLS_BEGINNING]),
        (Security.TLS, [TLS_BEGINNING]),
    ],
    ids=["nothing", "one line", "greeting", "in STARTTLS", "in TLS"],
)
def test_a_mail_server_that_drips_holds_up_nobody(security: Security, said: list[bytes]) -> None:
    with Dripping(*said) as server:
        mailing = Mailing("127.0.0.1", server.port, security, "central@example.test")
        with pytest.raises(DeliveryError, match=r"longer than 0\.3 s") as caught:
            Ways(mailing, longest_s=0.3).deliver(message("it@example.test"), NOW)
    assert caught.value.late


def test_a_mail_server_that_takes_nothing_holds_up_nobody() -> None:
    with Dripping(b"220 a\r\n", b"250 b\r\n", b"250 c\r\n", b"250 d\r\n", b"354 e\r\n") as server:
        mailing = Mailing("127.0.0.1", server.port, Security.NONE, "central@example.test")
        many = [said(office="市" * 30_000) for _ in range(100)]  # more than waits on the way unread
        with pytest.raises(DeliveryError, match="longer than"):
            Ways(mailing, longest_s=0.5).deliver(message("it@example.test", *many), NOW)


def test_a_webhook_that_drips_holds_up_nobody() -> None:
    dripping, late = Dripping(b"HTTP/1.1 204 No Content\r\nX: "), pytest.raises(DeliveryError, match=r"than 0\.3 s")
    with dripping as hook, late as caught:
        Ways(secret=SECRET, longest_s=0.3).deliver(message(f"http://127.0.0.1:{hook.port}/"), NOW)
    assert caught.value.late


def test_behind_a_mail_server_that_drips_webhooks_go_on(sqlite: Database) -> None:
    raise_clone(sqlite, enrolled(sqlite, DeskOfTests("131016")))
    with Dripping() as server, Webhook() as hook:
        for address in ("one@example.test", "two@example.test", "three@example.test", hook.url):
            service.add_recipient(sqlite, address, "nation", NOW, actor="tests")
        mailing = Mailing("127.0.0.1", server.port, Security.NONE, "central@example.test")
        sender = Sender(sqlite, ManualClock(wall=NOW), Alerting(Ways(mailing, SECRET, longest_s=0.2)))
        for tried in ([0, 0, 1], [0, 1, 1]):  # of the mails, one in a round
            sender.round()
            assert (sorted(one.attempts for one in service.undelivered(sqlite)), hook.posts.qsize()) == (tried, 1)


def test_a_proxy_of_the_system_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1")
    with pytest.raises(DeliveryError, match="could not be reached"):
        Ways(secret=SECRET).deliver(message("http://hook.example/"), NOW)


def test_a_webhook_that_is_not_there_is_told_without_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for ways, why in ((Ways(secret=SECRET), "ConnectError"), (Ways(), "--webhook-secret-file")):
        with pytest.raises(DeliveryError, match=why) as caught:
            ways.deliver(message(f"http://127.0.0.1:{port}/?token=planted"), NOW)
        assert "planted" not in str(caught.value)


def test_what_failed_arrives_once_the_server_is_back(
    sqlite: Database, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(wall=NOW)
    raise_clone(sqlite, enrolled(sqlite, DeskOfTests("131016")))
    with MailServer(certificate, Security.STARTTLS) as server, Webhook() as hook:
        for address in ("it@example.test", hook.url):
            service.add_recipient(sqlite, address, "nation", NOW, actor="tests")
        ways = Ways(server.mailing(), SECRET, str(certificate))
        sender = Sender(sqlite, clock, Alerting(ways, pace=Pace(group_ms=0)))
        server.refuse, hook.status = "451 later", 503
        sender.round()
        assert [str(unpacked(one.error)) for one in service.undelivered(sqlite)] == [
            "the mail server refused the recipient: 451 later", "the webhook answered 503",
        ]  # fmt: skip
        server.refuse, hook.status = "", 200
        sender.round()
        assert len(service.undelivered(sqlite)) == 2
        clock.advance(90)
        sender.round()
        assert service.undelivered(sqlite) == []
        sender.round()
        assert (server.mails.qsize(), hook.posts.qsize()) == (1, 2)
        ids = [json.loads(posted)["id"] for _, posted in hook.posts.queue]
        assert ids[0] == ids[1]
    assert "planted" not in caplog.text


@pytest.mark.parametrize(
    ("arguments", "environment", "why"),
    [
        (["--smtp-from", "a@b.test"], {}, "--smtp-host"),
        (["--smtp-host", "x"], {}, "--smtp-from"),
        (["--smtp-host", "x", "--smtp-from", "nonsense"], {}, "--smtp-from"),
        (["--smtp-host", "x", "--smtp-from", "a@b.test", "--smtp-user", "u"], {}, "KIOSK_CENTRAL_SMTP_PASSWORD"),
        (["--smtp-host", "x", "--smtp-from", "a@b.test", "--smtp-user", "u", "--smtp-security", "none"],
         {"KIOSK_CENTRAL_SMTP_PASSWORD": "planted"}, "in clear"),
        ([], {"KIOSK_CENTRAL_WEBHOOK_SECRET": "planted"}, "shorter than 32"),
        (["--webhook-secret-file", "/nowhere"], {}, "/nowhere"),
        ([], {"KIOSK_CENTRAL_ALERT_CA": "/nowhere"}, "--alert-ca"),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: dict[str, str], why: str
) -> None:
    from click.testing import CliRunner

    from kiosk_agent.central.cli import main

    done = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), *arguments], env=environment)
    assert (done.exit_code, why in done.output, "planted" in done.output) == (1, True, False), done.output


def test_the_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    from kiosk_agent.central.alerts.options import alerting_of, with_alerting

    taken: list[Alerting] = []
    run = click.command()(with_alerting(lambda **options: taken.append(alerting_of(options))))
    (tmp_path / "password").write_text("from a file\n")
    (tmp_path / "secret").write_text(SECRET + "\n")
    base = ["--smtp-host", "mail.test", "--smtp-from", "a@b.test", "--smtp-user", "u", "--alert-group-minutes", "2"]
    monkeypatch.setenv("KIOSK_CENTRAL_SMTP_PASSWORD", "from a variable")
    run.main([*base, "--smtp-password-file", str(tmp_path / "password")], standalone_mode=False)
    monkeypatch.setenv("KIOSK_CENTRAL_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    run.main([*base, "--smtp-security", "tls"], standalone_mode=False)
    first, second = taken
    assert first.ways.mail == Mailing("mail.test", 587, Security.STARTTLS, "a@b.test", "u", "from a file")
    assert second.ways == Ways(
        Mailing("mail.test", 465, Security.TLS, "a@b.test", "u", "from a variable"), SECRET, None
    )
    assert (first.pace.group_ms, first.ways.secret) == (120_000, "")
    assert "from a" not in repr(taken)


def test_commands_for_recipients_and_alerts(tmp_path: Path, sqlite: Database) -> None:
    from click.testing import CliRunner

    from kiosk_agent.central.cli import main

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["alert", *arguments, "--data", str(tmp_path)], env=environment)
        return done.exit_code, done.output

    sunday = datetime.datetime(2026, 4, 5, 3, tzinfo=datetime.UTC)  # no office is silent while it is closed
    raise_clone(sqlite, enrolled(sqlite, DeskOfTests("131016")), sunday)
    hook = "https://example.test/hook"
    assert run("recipients", "add", "it@example.test", "--scope", "nation", "--kind", "clone") == (0, "Recipient 1.\n")
    status, told = run("recipients", "add", hook, "--scope", "prefecture:13")
    assert (status, "KIOSK_CENTRAL_WEBHOOK_SECRET" in told) == (1, True)
    status, told = run("recipients", "add", hook, "--scope", "prefecture:13", "--language", "en",
                       KIOSK_CENTRAL_WEBHOOK_SECRET=SECRET)  # fmt: skip
    assert (status, told) == (0, f"Recipient 2.\nSigning key: {key_of(SECRET, hook)}\n")
    assert run("recipients", "list") == (
        0, f"1\tmail\tit@example.test\tnation\tclone\tja\n2\twebhook\t{hook}\tprefecture:13\tall\ten\n",
    )  # fmt: skip
    Sender(sqlite, ManualClock(wall=sunday), Alerting()).round()
    status, told = run("list")
    assert (status, told.splitlines()[0].split("\t")[:4]) == (0, ["1", "open", "clone", "東京都 千代田区 市民課"])
    assert "undelivered" in told
    status, told = run("list", "--undelivered")
    assert (status, told.count("waiting\t1 tries"), "--smtp-host" in told) == (0, 2, True)
    assert run("acknowledge", "1", "--note", "we look", "--by", "me") == (0, "Acknowledged.\n")
    assert run("list")[1].splitlines()[0].split("\t")[5:] != []
    assert run("list")[1].splitlines()[0].endswith("me\twe look")
    assert run("acknowledge", "9")[0] == 1
    assert run("recipients", "remove", "2") == (0, "Removed.\n")
    assert "webhook" not in run("recipients", "list")[1]


def test_a_sender_that_is_killed_is_replaced_by_another_process(postgresql: PostgreSQL, tmp_path: Path) -> None:
    from kiosk_agent.central.database.engine import read_url

    url = postgresql.new_database()
    assert command("migrate", "--database", url).returncode == 0
    database = Database(read_url(url))
    (tmp_path / "secret").write_text(SECRET)
    options = [
        *("--webhook-secret-file", str(tmp_path / "secret")),
        *("--alert-every", "1", "--alert-group-minutes", "0"),
    ]
    now = datetime.datetime.now(datetime.UTC)
    desks = [enrolled(database, DeskOfTests("131016"), office) for office in ("市民課", "税務課")]
    with Webhook() as hook:
        service.add_recipient(database, hook.url, "nation", now, actor="tests", kinds=[AlertKind.CLONE])
        raise_clone(database, desks[0], now)
        first = Server(url, tmp_path / "first", *options)
        heard = [hook.posts.get(timeout=60)]
        second = Server(url, tmp_path / "second", *options)
        first.kill()
        first.stop()
        raise_clone(database, desks[1], now)
        heard.append(hook.posts.get(timeout=60))
        second.stop()
        assert hook.posts.empty()
    database.close()
    offices = [[one["office"] for one in json.loads(posted)["items"]] for _, posted in heard]
    assert offices == [["市民課"], ["税務課"]]
    assert (tmp_path / "second").read_text() == ""
