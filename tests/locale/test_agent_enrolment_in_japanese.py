"""What goes wrong while a desk is enrolled, or at its enrolment later, is told in the language of whoever reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from kiosk_agent.config import Central
from kiosk_agent.doctor.central import check_central
from kiosk_agent.errors import KioskError
from kiosk_agent.locale import translator
from kiosk_agent.report.client import NotCentral, Refused, Unreachable, _read, _reason, make_context
from kiosk_agent.report.enrolment import FILE_NAME, REFUSALS, enrol, read_enrolment
from kiosk_agent.report.keystore.file import FileStore
from kiosk_agent.report.keystore.secret_service import SecretServiceStore
from kiosk_agent.report.pseudonyms import FILE_NAME as PSEUDONYMS
from kiosk_agent.report.pseudonyms import read_key
from kiosk_agent.text import Text, shown
from kiosk_agent.wire import v1
from tests.locale.agent_lines import Heard, Run, assert_japanese, run_all
from tests.report.desks import as_enrolled
from tests.support.two_languages import JAPANESE

t = translator("ja")
URL = "http://127.0.0.1:1"
CODE = "ABCD-EFGH-JKMN"
MISTAKES = (
    Run(f"enroll --central {URL} --code short --data-dir {{data}}"),
    Run(f"enroll --central {URL} --code {CODE} --data-dir {{data}}"),
    Run(f"enroll --central {URL} --code {CODE} --data-dir {{file}}"),
    Run(f"enroll --central central.example --code {CODE}"),
    Run(f"enroll --central https://: --code {CODE}"),
    Run(f"enroll --code {CODE}"),
    Run(f"enroll --central {URL} --code-file {{missing}}"),
    Run(f"enroll --central {URL} --code-file {{binary}}"),
    Run(f"enroll --code {CODE} --config {{no_authority}}"),
    Run(f"enroll --code {CODE} --config {{other_authority}}"),
)


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")


def heard_in(folder: Path, language: str) -> Heard:
    places = {name: folder / name for name in ("data", "file", "missing", "binary", "no_authority", "other_authority")}
    places["file"].write_text("x", encoding="utf-8")
    places["binary"].write_bytes(b"\x81\xff")
    for name, ca in (("no_authority", "missing"), ("other_authority", "file")):
        text = f'profile = "p"\ndesk.data_dir = "data"\ncentral.url = "{URL}"\ncentral.ca = "{ca}"\n'
        places[name].write_text(text, encoding="utf-8")
    return run_all(MISTAKES, {name: str(path) for name, path in places.items()}, folder, language)


def test_a_mistake_is_told_in_japanese_and_in_english(tmp_path: Path) -> None:
    for line, told in heard_in(tmp_path, "ja").said.items():
        assert told.status in (1, 2), line
        assert_japanese(told.err)
    for line, told in heard_in(tmp_path, "en").said.items():
        assert told.status in (1, 2), line
        assert not JAPANESE.search(told.err), line


class Answering:
    """A central that gives one answer."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    async def enrol(self, _request: v1.EnrolRequest) -> Any:
        return self._answer


@pytest.mark.parametrize(
    "answer",
    [
        *(Refused(403, code, str(text)) for code, text in REFUSALS.items()),
        NotCentral(Text("the answer is not central's")),
        Unreachable(Text("no answer in time")),
    ],
    ids=lambda answer: getattr(answer, "code", type(answer).__name__),
)
async def test_whatever_central_answers_is_told_in_japanese(answer: object, tmp_path: Path) -> None:
    with pytest.raises(KioskError) as caught:
        await enrol(Answering(answer), tmp_path, URL, CODE, "")  # type: ignore[arg-type]
    assert_japanese(caught.value.shown(t))
    assert not JAPANESE.search(str(caught.value))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout("x"),
        httpx.ConnectError("All connection attempts failed"),
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectError("[Errno 11001] getaddrinfo failed"),
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
        httpx.ProxyError("407 Proxy Authentication Required"),
        httpx.UnsupportedProtocol("x"),
        httpx.ReadError("x"),
        ConnectionResetError(104, "x"),
    ],
    ids=str,
)
def test_why_a_server_is_not_reached_begins_in_japanese_and_keeps_what_the_library_said(error: Exception) -> None:
    told = shown(_reason(error), t)
    assert JAPANESE.match(told) or told.startswith(("プロキシ", "サーバー", "アドレス"))
    if not isinstance(error, httpx.TimeoutException):
        assert str(error) in told
        assert type(error).__name__ in told


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {"content-type": "text/html"}), (200, {}), (302, {}), (404, {}), (503, {})],
)
def test_an_answer_that_is_not_centrals_is_told_in_japanese(status: int, headers: dict[str, str]) -> None:
    answer = _read(httpx.Response(status, headers=headers), b"<html>", v1.EnrolAnswer)
    assert isinstance(answer, NotCentral | Unreachable)
    assert_japanese(shown(answer.why, t))


def test_a_file_of_the_desks_that_is_damaged_or_cannot_be_reached_is_told_in_japanese(tmp_path: Path) -> None:
    (tmp_path / "token.secret").mkdir()
    (tmp_path / "not_text.secret").write_bytes(b"\xff")
    (tmp_path / PSEUDONYMS).write_bytes(b"x")
    store = FileStore(tmp_path)
    for ask in (
        lambda: store.read("token"),
        lambda: store.read("not_text"),
        lambda: store.remove("token"),
        lambda: FileStore(tmp_path / "none").keep("token", "x"),
        lambda: SecretServiceStore(tmp_path).read("token"),
        lambda: read_key(tmp_path),
        lambda: make_context(tmp_path / PSEUDONYMS),
    ):
        with pytest.raises(KioskError) as caught:
            ask()
        assert_japanese(caught.value.shown(t))
    (tmp_path / FILE_NAME).write_text('{"url": 3}', encoding="utf-8")
    with pytest.raises(KioskError) as caught:
        read_enrolment(tmp_path)
    assert_japanese(caught.value.shown(t))


def test_the_doctor_tells_of_a_damaged_enrolment_in_japanese(tmp_path: Path) -> None:
    as_enrolled(URL, tmp_path)
    looked = check_central(Central(URL, "direct"), tmp_path, t)
    (tmp_path / "central-test.secret").unlink()
    looked += check_central(Central(URL, "direct"), tmp_path, t)
    (tmp_path / FILE_NAME).write_text('{"url": 3}', encoding="utf-8")
    looked += check_central(Central(URL, "direct"), tmp_path, t)
    assert len(looked) == 5
    for one in looked:
        assert JAPANESE.search(one.detail), one
