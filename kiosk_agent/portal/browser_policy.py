"""Managed policies for Chromium, Chrome and Edge that fit one portal: the second line behind the agent.

They hold for every browser window of the PC, also those that the agent did not open. Names and values:
Chromium's policy list (https://chromeenterprise.google/policies/), Edge's differs in one name.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kiosk_agent.portal.profile import Isolation, Profile

GATE = "https://.desk.invalid"  # the agent's own start page; nothing on the network has this name
NOT_AVAILABLE = 1  # of IncognitoModeAvailability
ALLOWED = 1  # of DeveloperToolsAvailability


def browser_policies(profile: Profile) -> dict[str, Any]:
    """Policies by name, as a JSON file of managed policies holds them.

    The list of addresses is never narrower than the profile's ``portal.allowed``, so that it cannot break the portal;
    the agent itself keeps to the exact one.
    """
    allowed = sorted({url_filter(glob) for glob in profile.portal.allowed})
    if profile.portal.isolation is Isolation.TEMPLATE:
        allowed += [f"chrome-extension://{one}" for one in profile.portal.extensions]
    return {
        "URLBlocklist": ["*"],
        "URLAllowlist": [GATE, *allowed],
        "IncognitoModeAvailability": NOT_AVAILABLE,
        "BrowserGuestModeEnabled": False,
        "BrowserAddPersonEnabled": False,
        "PasswordManagerEnabled": False,
        "AutofillAddressEnabled": False,
        "AutofillCreditCardEnabled": False,
        # 2 would cut the driver off, and with it the agent
        "DeveloperToolsAvailability": ALLOWED,
    }


def edge_policies(profile: Profile) -> dict[str, Any]:
    """The same for Edge, which calls incognito InPrivate and has no guest switch of Chromium's name."""
    policies = browser_policies(profile)
    policies["InPrivateModeAvailability"] = policies.pop("IncognitoModeAvailability")
    return policies


def url_filter(glob: str) -> str:
    """A profile's URL glob as Chromium's URL filter (``scheme://host:port/path``, the path as a prefix).

    A leading dot means this host alone; without it all hosts below are meant as well. What stands behind the first
    ``*`` of the path, a query and a fragment are left out: the filter means more than the glob, never less.
    """
    parts = urlsplit(glob)
    host = parts.hostname or ""
    named = host[2:] if host.startswith("*.") else f".{host}"
    if ":" in host:
        named = f"[{host}]"
    elif all(part.isdigit() for part in host.split(".")):
        named = host
    port = f":{parts.port}" if parts.port is not None else ""
    path = parts.path.partition("*")[0]
    return f"{parts.scheme}://{named}{port}{path if path != '/' else ''}"
