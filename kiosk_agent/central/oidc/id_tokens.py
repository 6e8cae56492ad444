"""What must hold of an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import datetime
import math
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from kiosk_agent.central.oidc.schemas import Reason, RefusedError, Settings, Tokens

# Signatures with a key that only the provider has; none, and HMAC with what is public, are never taken.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_S = 60  # by which the clocks of central and the provider may differ
ROUNDING_S = 1  # both times of the provider are whole seconds


def read_id_token(
    tokens: Tokens, keys: KeySet, settings: Settings, nonce: str, begun: datetime.datetime, now: datetime.datetime
) -> dict[str, Any]:
    """The claims of a token that holds, and that somebody has signed in for since ``begun``. Raises RefusedError."""
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        decoded = jwt.decode(tokens.id_token, keys, registry=registry)
        options = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
        }
        given = {"nonce": nonce, "client_id": settings.client_id, "access_token": tokens.access_token}
        claims = CodeIDToken(decoded.claims, decoded.header, options, given)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError) as error:
        claim = getattr(error, "claim", None)  # which one, not what it says
        raise RefusedError(Reason.TOKEN, claim if isinstance(claim, str) else type(error).__name__) from error
    if not claims["sub"] or len(claims["sub"]) > 255:
        raise RefusedError(Reason.TOKEN, "sub")
    _check_fresh(claims, begun, now)
    if settings.needs_second_factor:
        _check_second_factor(claims, settings)
    return dict(claims)


def _check_second_factor(claims: CodeIDToken, settings: Settings) -> None:
    """The provider says that there was one.

    That it was asked for proves nothing: ``acr_values`` is voluntary (Core 1.0, 5.5.1.1), and stands in the browser's
    address bar.
    """
    acr, amr = claims.get("acr"), claims.get("amr")
    told = [one for one in amr if isinstance(one, str)] if isinstance(amr, list) else []
    if acr not in settings.acr_values and not set(told) & set(settings.amr):
        raise RefusedError(Reason.SECOND_FACTOR, "no acr, no amr" if acr is None and amr is None else "another one")


def _check_fresh(claims: CodeIDToken, begun: datetime.datetime, now: datetime.datetime) -> None:
    """Somebody has signed in at the provider since this sign-in began.

    ``prompt=login`` and ``max_age=0`` ask for it, but they stand in the browser's address bar: whoever sits there can
    take them away, and be given the session of the person before. So what counts is what the provider says. How long
    ago that was is told by its own clock, so that clocks that differ make nothing fresh.
    """
    authenticated, issued = claims.get("auth_time"), claims["iat"]
    if (
        isinstance(authenticated, bool)
        or not isinstance(authenticated, int | float)
        or not math.isfinite(authenticated)
    ):
        raise RefusedError(Reason.NOT_FRESH, "no auth_time")
    if issued < begun.timestamp() - LEEWAY_S:
        raise RefusedError(Reason.NOT_FRESH, "iat")
    if issued - authenticated > (now - begun).total_seconds() + ROUNDING_S:
        raise RefusedError(Reason.NOT_FRESH, "auth_time")
