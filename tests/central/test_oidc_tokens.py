"""What must hold of an ID token, each rule broken alone."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from kiosk_agent.central.oidc.id_tokens import LEEWAY_S, read_id_token
from kiosk_agent.central.oidc.schemas import Reason, RefusedError, Settings, Tokens
from kiosk_agent.central.oidc.service import login_of, normal_login

NOW = datetime.datetime(2026, 4, 1, 10, tzinfo=datetime.UTC)
BEGUN = NOW - datetime.timedelta(seconds=20)
AT = int(NOW.timestamp())
SETTINGS = Settings("https://login.example", "kiosk-central", "secret", "https://central.example")
OURS, OTHER = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([OURS, ECKey.generate_key("P-256", {"kid": "two"})])
GOOD: dict[str, Any] = {
    "iss": "https://login.example",
    "aud": "kiosk-central",
    "sub": "subject-one",
    "nonce": "of this sign-in",
    "iat": AT,
    "exp": AT + 300,
    "auth_time": AT - 5,
}


def made(key: Any = OURS, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    header = header or {"alg": "RS256", "kid": "one"}
    return jwt.encode(header, claims, key, registry=JWSRegistry(algorithms=[header["alg"]]))


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read(token: str, settings: Settings = SETTINGS) -> dict[str, Any]:
    return read_id_token(Tokens(token, "access"), KEYS, settings, "of this sign-in", BEGUN, NOW)


def refused(token: str, settings: Settings = SETTINGS) -> Reason:
    with pytest.raises(RefusedError) as caught:
        read(token, settings)
    return caught.value.reason


def test_a_token_that_holds_says_who_it_is() -> None:
    assert read(made())["sub"] == "subject-one"
    assert read(made(aud=["kiosk-central", "another"], azp="kiosk-central"))["sub"] == "subject-one"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.example/"},
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": "another", "azp": "kiosk-central"},
        {"aud": None},
        {"aud": ["kiosk-central", "another"]},  # made for whom?
        {"aud": ["kiosk-central", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": None},
        {"exp": "later"},
        {"exp": AT - LEEWAY_S},
        {"iat": None},
        {"iat": AT + LEEWAY_S + 1},
        {"nbf": AT + LEEWAY_S + 1},
        {"auth_time": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"amr": "mfa"},  # RFC 8176: a list
    ],
    ids=str,
)
def test_a_token_with_one_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    assert refused(made(**changes)) is Reason.TOKEN


@pytest.mark.parametrize("changes", [{"exp": AT - LEEWAY_S + 1}, {"iat": AT + LEEWAY_S, "auth_time": AT + LEEWAY_S}])
def test_clocks_may_differ_by_a_minute(changes: dict[str, Any]) -> None:
    assert read(made(**changes))["sub"] == "subject-one"


def test_a_signature_of_somebody_else_is_refused() -> None:
    assert refused(made(OTHER)) is Reason.TOKEN
    assert refused(made(header={"alg": "RS256", "kid": "three"})) is Reason.TOKEN
    head, _, signature = made().split(".")
    assert refused(f"{head}.{made(sub='subject-two').split('.')[1]}.{signature}") is Reason.TOKEN


def test_no_signature_and_one_with_what_everybody_knows_are_refused() -> None:
    body = made().split(".")[1]
    for algorithm in ("none", "None", ""):
        assert refused(f"{part(json.dumps({'alg': algorithm, 'kid': 'one'}).encode())}.{body}.") is Reason.TOKEN
    signed = f"{part(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{body}"
    for known in (OURS.as_pem(private=False), json.dumps(OURS.as_dict(private=False)).encode()):
        signature = part(hmac.digest(known, signed.encode(), "sha256"))
        assert refused(f"{signed}.{signature}") is Reason.TOKEN


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b", "😀.😀.😀"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refused(token) is Reason.TOKEN


@pytest.mark.parametrize(
    ("changes", "is_fresh"),
    [
        ({"auth_time": AT - 21}, True),  # rounded to seconds
        ({"auth_time": AT - 22}, False),  # before this sign-in began: somebody else
        ({"auth_time": None}, False),  # unknown is not fresh
        ({"auth_time": True}, False),
        # by a clock that is 50 s behind, or ahead
        ({"iat": AT - 50, "auth_time": AT - 70}, True),
        ({"iat": AT - 50, "auth_time": AT - 75}, False),
        ({"iat": AT + 50, "auth_time": AT + 30}, True),
        ({"iat": AT + 50, "auth_time": AT + 20}, False),  # later than we began, by its clock alone
        # issued long before
        ({"iat": AT - 90, "auth_time": AT - 90}, False),
    ],
    ids=str,
)
def test_only_somebody_who_has_signed_in_since_is_let_in(changes: dict[str, Any], is_fresh: bool) -> None:
    if is_fresh:
        assert read(made(**changes))["sub"] == "subject-one"
    else:
        assert refused(made(**changes)) is Reason.NOT_FRESH


TWO = msgspec.structs.replace(SETTINGS, acr_values=("urn:two", "urn:card"), amr=("mfa",), needs_second_factor=True)


@pytest.mark.parametrize(
    ("changes", "is_let_in"),
    [
        ({}, False),
        ({"acr": "urn:two"}, True),
        ({"acr": "urn:card", "amr": ["pwd"]}, True),
        ({"acr": "urn:one", "amr": ["pwd", "mfa"]}, True),  # a provider that tells it in its methods alone
        ({"acr": "urn:one"}, False),
        ({"acr": "urn:two urn:card"}, False),
        ({"acr": ["urn:two"]}, False),
        ({"acr": "mfa"}, False),
        ({"amr": ["pwd"]}, False),
        ({"amr": []}, False),
        ({"amr": ["urn:two"]}, False),
        ({"amr": [["mfa"], {"mfa": 1}, None]}, False),
        ({"acr": "", "amr": [""]}, False),
    ],
    ids=str,
)
def test_where_a_second_factor_is_needed_the_token_says_so(changes: dict[str, Any], is_let_in: bool) -> None:
    assert read(made(**changes))["sub"] == "subject-one"  # where none is needed
    if is_let_in:
        assert read(made(**changes), TWO)["sub"] == "subject-one"
    else:
        assert refused(made(**changes), TWO) is Reason.SECOND_FACTOR


@pytest.mark.parametrize(
    ("claims", "claim", "login"),
    [
        ({"email": "One@Office.example", "email_verified": True}, "email", "one@office.example"),
        ({"email": "one@office.example", "email_verified": False}, "email", None),
        ({"email": "one@office.example", "email_verified": "true"}, "email", None),
        ({"email": "one@office.example"}, "email", None),
        ({"preferred_username": "One"}, "preferred_username", "one"),
        ({"preferred_username": ["one"]}, "preferred_username", None),
        ({"preferred_username": ""}, "preferred_username", None),
        ({"preferred_username": "x" * 321}, "preferred_username", None),
        ({}, "email", None),
    ],
    ids=str,
)
def test_a_login_is_what_the_provider_vouches_for(claims: dict[str, Any], claim: str, login: str | None) -> None:
    assert login_of(claims, claim) == login


def test_no_other_letter_becomes_one_of_a_login() -> None:
    assert normal_login("KIM@x.example") == "kim@x.example"
    assert normal_login("\u212aIM@x.example") != "kim@x.example"  # the sign for kelvin
    assert normal_login("ｋｉｍ@x.example") != "kim@x.example"
