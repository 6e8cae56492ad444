"""The portal as a program in the page: a shell, and a JSON API that it asks.

With the credentials in storage everything goes this way: a bearer token in ``localStorage`` under ``practice-token``,
no cookie. The scripted account page uses only the reading half, with the cookie.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk_agent.practice.door import Door
from kiosk_agent.practice.journal import Kind
from kiosk_agent.practice.records import BankAccount, Session, person_for
from kiosk_agent.practice.registration import QUESTIONS
from kiosk_agent.practice.switches import Credentials, LogoutWay


class Api:
    """The shells and what they ask."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._records = door.records

    def routes(self) -> list[Route]:
        """Where each of them is."""
        door = self._door
        return [
            door.guest("/app", self._shell),
            door.guest("/app/account", self._shell),
            door.guest("/app/done", self._shell),
            door.guest("/api/sign-in", self._sign_in, method="POST"),
            door.member("/api/account", self._account, Kind.VIEW),
            door.member("/api/registrations", self._register, Kind.ACT, method="POST"),
            door.member("/api/sign-out", self._sign_out, Kind.SIGN_OUT, method="POST"),
        ]

    async def _shell(self, request: Request, session: Session | None) -> Response:
        return self._door.page("app.html", questions=QUESTIONS)

    async def _sign_in(self, request: Request, session: Session | None) -> Response:
        if self._records.switches.credentials is not Credentials.STORAGE:
            return JSONResponse({"error": "not here"}, HTTPStatus.NOT_FOUND)
        body = await _body(request)
        person = person_for(body.get("user", ""), body.get("password", ""))
        if person is None:
            return JSONResponse({"error": "wrong"}, HTTPStatus.FORBIDDEN)
        begun = self._records.sessions.begin(person)
        self._records.note("POST", "/api/sign-in", Kind.SIGN_IN, begun)
        return JSONResponse({"token": begun.id})

    async def _account(self, request: Request, session: Session) -> Response:
        accounts = self._records.registered[session.person.user]
        registered = [[account.bank, account.branch, account.number, account.holder] for account in accounts]
        person = session.person
        told = {"name": person.name, "kana": person.kana, "notice": person.notice}
        return JSONResponse({**told, "registered": registered})

    async def _register(self, request: Request, session: Session) -> Response:
        body = await _body(request)
        wrong = [question.key for question in QUESTIONS if not question.accepts(body.get(question.key, ""))]
        if wrong:
            return JSONResponse({"wrong": wrong}, HTTPStatus.UNPROCESSABLE_ENTITY)
        self._records.register(session, BankAccount(**{question.key: body[question.key] for question in QUESTIONS}))
        return JSONResponse({"registered": True}, HTTPStatus.CREATED)

    async def _sign_out(self, request: Request, session: Session) -> Response:
        way = self._records.switches.logout
        if way is LogoutWay.HANGS:
            return await self._door.hang(request)
        if way is LogoutWay.ERROR:
            return JSONResponse({"error": "failed"}, HTTPStatus.INTERNAL_SERVER_ERROR)
        if way is LogoutWay.SLOW:
            await self._door.wait(self._records.switches.logout_answers_after_s)
        if way is not LogoutWay.COOKIE_ONLY:
            self._records.sessions.end(session)
        return JSONResponse({"signed_out": True})


async def _body(request: Request) -> dict[str, str]:
    """The JSON object that was sent, its texts only; empty where it was something else."""
    try:
        sent = json.loads(await request.body())
    except ValueError:
        return {}
    return {key: value for key, value in sent.items() if isinstance(value, str)} if isinstance(sent, dict) else {}
