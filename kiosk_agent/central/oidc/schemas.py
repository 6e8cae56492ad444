"""What is set of an OpenID provider, what it says of itself, and what can go wrong with it."""

from __future__ import annotations

import enum

import msgspec

RETURN = "/login/provider/return"  # where the provider sends the browser; registered there
SCOPES = "openid email profile"


class Settings(msgspec.Struct, frozen=True):
    """The provider that this central knows. The secret is in memory alone, and in no text of this object.

    ``public_url``: central's own address as browsers see it. ``claim``: what of a person names the account at the first
    sign-in. ``ca``: authorities of the office's own. ``acr_values``: which kind of sign-in the provider is asked for.
    ``needs_second_factor``: nobody is let in whose ID token has neither one of these as its ``acr`` nor one of the
    methods ``amr``.
    """

    issuer: str
    client_id: str
    client_secret: str
    public_url: str
    claim: str = "email"
    name: str = ""
    ca: str | None = None
    acr_values: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    needs_second_factor: bool = False

    def __repr__(self) -> str:
        return f"Settings({self.issuer}, {self.client_id})"

    @property
    def return_address(self) -> str:
        """The redirect URI of sign-ins."""
        return self.public_url + RETURN

    @property
    def after_logout_address(self) -> str:
        """The redirect URI after signing out at the provider."""
        return f"{self.public_url}/login"


class Metadata(msgspec.Struct, frozen=True):
    """What is used of a provider's discovery document (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """What the provider gives for a code."""

    id_token: str
    access_token: str

    def __repr__(self) -> str:
        return "Tokens()"


class Person(msgspec.Struct, frozen=True):
    """Who somebody is at a provider, for good; case matters (OpenID Connect Core 1.0, 5.7)."""

    issuer: str
    subject: str


class Reason(enum.StrEnum):
    """Why somebody is not let in; the audit log tells it."""

    STATE = "state"  # no sign-in of this browser, or one that was used or is too old
    DECLINED = "declined"  # the provider says no, or the person has
    CODE = "code"  # the provider does not take the code
    TOKEN = "token"  # noqa: S105 - a word. The ID token does not hold
    NOT_FRESH = "not_fresh"  # nobody has signed in for this, or the provider does not say so
    SECOND_FACTOR = "second_factor"  # there was none, or the provider does not say so
    NOT_LINKED = "not_linked"  # no account waits for this person
    DISABLED = "disabled"


class RefusedError(Exception):
    """Somebody is not let in. ``detail`` names no secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}".removesuffix(": "))
        self.reason, self.detail = reason, detail


class ProviderError(Exception):
    """The provider cannot be reached, or says what cannot be used. The text names no secret."""
