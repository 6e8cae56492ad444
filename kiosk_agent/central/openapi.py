"""``GET /openapi.json``: the interface for agents, made from the same models that are served."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from kiosk_agent import __version__
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import CommandsAnswer, CommandsRequest
from kiosk_agent.wire.notices import NoticesAnswer, NoticesRequest
from kiosk_agent.wire.policy import PolicyAnswer

REF = "#/components/schemas/{name}"
REASONS = {
    400: "The body is not what it must be; sending it again cannot succeed.",
    401: "The token is missing or no desk's.",
    403: "The code is unknown, expired or used; `code` says which.",
    413: "The body is too large, as it comes or unpacked.",
    415: "The body is not JSON by its Content-Type, or packed in another way than gzip.",
    429: "Too many requests from this desk or this address; Retry-After says for how long to wait.",
    500: "Central failed; keep the report and try again later.",
    503: "Central cannot take it now; Retry-After says when to try again.",
}


def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    report = {
        "summary": "Report a desk's growing counters.",
        "description": (
            "Counters only grow: of each the larger value stands, so that a report may come late, twice or out of"
            " order. Only an answer 200 with the report's own epoch and number acknowledges it, and it is durable"
            " then. Items that are wrong are refused one by one and named in `items`; all others are taken."
        ),
        "security": [{"desk": []}],
        **_operation("report", v1.Report, v1.ReportAnswer, (400, 401, 413, 415, 429, 500, 503)),
    }
    enrol = {
        "summary": "Trade a one-time code for the right to report with a token.",
        "description": (
            "The desk makes the token: 32 random bytes. A request whose answer was lost is sent again as it was, and"
            " gets the same answer."
        ),
        **_operation("enrol", v1.EnrolRequest, v1.EnrolAnswer, (400, 403, 413, 415, 429, 500, 503)),
    }
    commands = {
        "summary": "Tell what came of commands, and learn what is still to be done.",
        "description": (
            "To be asked when a report's answer says `commands_waiting`, and when there are results to tell. A command"
            " is given again until its result has arrived: an agent remembers durably, before it carries one out, that"
            " it does, and never carries it out twice. One that is `valid_for_s` seconds old is not carried out any"
            " more. `settled` names the results that need not be sent again."
        ),
        "security": [{"desk": []}],
        **_operation("commands", CommandsRequest, CommandsAnswer, (400, 401, 413, 415, 429, 500, 503)),
    }
    notices = {
        "summary": "Tell which notices were read, and learn which are to be shown to the support worker now.",
        "description": (
            "To be asked every few minutes. What is not in the answer is shown no more. `settled` names what need not"
            " be sent again. Notices are for support workers, between visits; they belong into no resident's window."
        ),
        "security": [{"desk": []}],
        **_operation("notices", NoticesRequest, NoticesAnswer, (400, 401, 413, 415, 429, 500, 503)),
    }
    models = (
        *(v1.Report, v1.ReportAnswer, v1.EnrolRequest, v1.EnrolAnswer, v1.Refusal, PolicyAnswer),
        *(CommandsRequest, CommandsAnswer, NoticesRequest, NoticesAnswer),
    )
    _, schemas = msgspec.json.schema_components(models, ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "kiosk-central",
            "version": __version__,
            # JSON Schema takes 1.0 for an integer, and has no way to say otherwise
            "description": "Bodies are JSON in UTF-8. A whole number is written as one: 1, neither 1.0 nor 1e0.",
        },
        "paths": {
            f"{v1.PREFIX}/report": {"post": report},
            f"{v1.PREFIX}/enrol": {"post": enrol},
            f"{v1.PREFIX}/policy": {"get": _policy()},
            f"{v1.PREFIX}/commands": {"post": commands},
            f"{v1.PREFIX}/notices": {"post": notices},
            "/healthz": {"get": _healthz()},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"desk": {"type": "http", "scheme": "bearer", "description": "The desk's own token."}},
        },
    }


def _operation(name: str, taken: type, given: type, refusals: tuple[int, ...]) -> dict[str, Any]:
    return {
        "operationId": name,
        "parameters": [
            {
                "name": "Content-Encoding",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "enum": ["identity", "gzip"]},
            }
        ],
        "requestBody": {"required": True, "content": _json(taken)},
        "responses": {
            "200": {"description": "Taken.", "content": _json(given)},
            **_refusals(*refusals),
        },
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): {"description": REASONS[status], "content": _json(v1.Refusal)} for status in statuses}


def _json(model: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(name=model.__name__)}}}


def _policy() -> dict[str, Any]:
    tag = {"ETag": {"description": "Names this very answer.", "schema": {"type": "string"}}}
    return {
        "summary": "What holds at the desk that asks.",
        "description": (
            "Settings of the nation, prefecture, municipality, office and desk together, the narrower before the"
            " wider. What is not there is not set: the desk's own file says it. A desk that cannot keep a setting"
            " refuses all of it, keeps the last good policy, and reports a warning."
        ),
        "operationId": "policy",
        "security": [{"desk": []}],
        "parameters": [
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": "The ETag of the answer that the desk has.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": {"description": "Another one than named.", "headers": tag, "content": _json(PolicyAnswer)},
            "304": {"description": "The one that was named still holds.", "headers": tag},
            **_refusals(401, 429, 500, 503),
        },
    }


def _healthz() -> dict[str, Any]:
    schema = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}
    content = {"application/json": {"schema": schema}}
    return {
        "summary": "Whether reports can be taken.",
        "operationId": "healthz",
        "responses": {
            "200": {"description": "They can.", "content": content},
            "503": {"description": "They cannot.", "content": content},
        },
    }


@get("/openapi.json")
async def openapi() -> Response[dict[str, Any]]:
    """The document."""
    return Response(document(), media_type="application/json")
