"""Registering an account for public payments (公金受取口座の登録), over several pages as the national portal does it.

Bank, branch, number, holder, then everything once more to be confirmed, then done. Stable for tests: a radio button or
field per page, ``#next``; at the end ``#register`` and ``#registration-done``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk_agent.practice.door import Door, see_other
from kiosk_agent.practice.journal import Kind
from kiosk_agent.practice.records import BankAccount, Session


@dataclass(frozen=True)
class Question:
    """One page. ``choices`` are radio buttons; without any it is a field that must match ``pattern``."""

    key: str
    title: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def accepts(self, answer: str) -> bool:
        """Whether this may be registered."""
        return answer in self.choices if self.choices else re.fullmatch(self.pattern, answer) is not None


QUESTIONS = (
    Question("bank", "金融機関を選んでください", choices=("みほん銀行", "れんしゅう信用金庫", "さくぶん銀行")),
    Question("branch", "支店を選んでください", choices=("本店", "駅前支店", "公園支店")),
    Question("number", "口座番号を入力してください", "数字 7 桁", pattern=r"\d{7}"),
    Question("holder", "口座名義を入力してください", "全角カタカナ", pattern=r"[ァ-ヶー]+(?: [ァ-ヶー]+)*"),
)
ORDER = [question.key for question in QUESTIONS]


class Registration:
    """The pages below ``/register``."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._records = door.records

    def routes(self) -> list[Route]:
        """Where each page is."""
        door = self._door
        return [
            door.member("/register", self._begin, Kind.VIEW),
            door.member("/register/confirm", self._confirm, Kind.VIEW),
            door.member("/register/confirm", self._register, Kind.ACT, method="POST"),
            door.member("/register/done", self._done, Kind.VIEW),
            door.member("/register/{key}", self._ask, Kind.VIEW),
            door.member("/register/{key}", self._answer, Kind.VIEW, method="POST"),
        ]

    async def _begin(self, request: Request, session: Session) -> Response:
        session.draft.clear()
        return see_other(f"/register/{ORDER[0]}")

    def _question(self, request: Request) -> Question | None:
        return next((question for question in QUESTIONS if question.key == request.path_params["key"]), None)

    async def _ask(self, request: Request, session: Session) -> Response:
        question = self._question(request)
        if question is None:
            return self._door.page("missing.html", session, status=HTTPStatus.NOT_FOUND)
        return self._page(session, question, session.draft.get(question.key, ""), wrong=False)

    async def _answer(self, request: Request, session: Session) -> Response:
        question = self._question(request)
        if question is None:
            return self._door.page("missing.html", session, status=HTTPStatus.NOT_FOUND)
        answer = unicodedata.normalize("NFKC", str((await request.form()).get(question.key, ""))).strip()
        if not question.accepts(answer):
            return self._page(session, question, answer, wrong=True)
        session.draft[question.key] = answer
        return see_other(f"/register/{self._first_open(session) or 'confirm'}")

    def _page(self, session: Session, question: Question, answer: str, *, wrong: bool) -> Response:
        step = ORDER.index(question.key) + 1
        fields = {"question": question, "answer": answer, "wrong": wrong, "step": step, "steps": len(ORDER) + 1}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return self._door.page("question.html", session, status=status, **fields)

    def _first_open(self, session: Session) -> str | None:
        return next((key for key in ORDER if key not in session.draft), None)

    async def _confirm(self, request: Request, session: Session) -> Response:
        missing = self._first_open(session)
        if missing is not None:
            return see_other(f"/register/{missing}")
        return self._door.page("confirm.html", session, draft=BankAccount(**session.draft), steps=len(ORDER) + 1)

    async def _register(self, request: Request, session: Session) -> Response:
        missing = self._first_open(session)
        if missing is not None:
            return see_other(f"/register/{missing}")
        self._records.register(session, BankAccount(**session.draft))
        session.draft.clear()
        return see_other("/register/done")

    async def _done(self, request: Request, session: Session) -> Response:
        return self._door.page("done.html", session)
