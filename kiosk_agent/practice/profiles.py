"""Profiles of the practice portal, with its real addresses filled in.

``config/portals/practice.toml`` is the plain one for the addresses of ``python -m kiosk_agent.practice``.
"""

from __future__ import annotations

import enum

from kiosk_agent.practice.portal import PracticePortal

DEFAULT_PORTAL_URL = "http://127.0.0.1:8765"
DEFAULT_PROVIDER_URL = "http://127.0.0.2:8766"


class Variant(enum.StrEnum):
    """How the portal is described. Which one fits depends on its switches."""

    PLAIN = "plain"  # session in a cookie
    CLEARED = "cleared"  # the same, for ``logout=cookie-only``: more than "cleared" cannot be expected of it
    REVEAL = "reveal"  # the account read from the opened menu
    NO_STEPS = "no-steps"  # the logout's steps left out
    PROVIDER = "provider"  # with an identity provider, whatever the provider does afterwards
    STORAGE = "storage"  # bearer token in localStorage
    SCRIPTED = "scripted"  # the account page is filled by script; the API behind it is what is protected


HEAD = """\
# {about}
[portal]
name = "practice"
title = {{ ja = "練習用ポータル", en = "Practice portal" }}
start_url = "{url}/"
allowed = [{allowed}]

[signed_in]
{signed_in}

[account]
selector = "{account}"
{reveal}"""

COOKIE_SIGN_IN = """\
[sign_in]
steps = [
    { click = "#to-sign-in" },
    { fill = "#user", value = "${KIOSK_TEST_USER}" },
    { fill = "#password", value = "${KIOSK_TEST_PASSWORD}" },
    { click = "#sign-in" },
    { wait = "#account-name" },
]
"""

STORAGE_SIGN_IN = COOKIE_SIGN_IN.replace('    { click = "#to-sign-in" },\n', "")

LOGOUT = """\
# menu → ログアウト → 「ログアウトしますか」 → 「ログアウトしました。ブラウザを閉じてください」
[logout]
timeout_s = 10.0
steps = [
{start}    {{ click = "#menu-button" }},
    {{ click = "#menu-log-out" }},
    {{ click = "#confirm-log-out" }},
    {{ wait = "#signed-out" }},
]
"""

NO_LOGOUT = """\
[logout]
timeout_s = 10.0
steps = []
"""

TAIL = """\
[signed_out]
selector = "#signed-out"

[proof]
protected_url = "{url}{protected}"
refused = {{ {refused} }}
opened = {{ {opened} }}
replay = "{replay}"
expect = "{expect}"

[[operation]]
name = "公金受取口座の登録"
url = "{url}{done}"
done = "#registration-done"

# The holder of the account must be who is signed in: ﾘﾖｳｼﾔ ｴ- is リヨウシャ エー.
[[same_person]]
url = "{url}{form}"
fields = ["#holder"]
account = "#account-kana"
sends = "{url}{sends}"
"""

ABOUT = {
    Variant.PLAIN: "The practice portal: a session on the server, its random id in an HttpOnly cookie.",
    Variant.CLEARED: "The practice portal whose logout only drops the cookie: the server keeps the session.",
    Variant.REVEAL: "The practice portal, the account read from the opened menu.",
    Variant.NO_STEPS: "The practice portal without the steps of its logout: the session goes on.",
    Variant.PROVIDER: "The practice portal with an identity provider on another origin.",
    Variant.STORAGE: "The practice portal as a program in the page: a bearer token in localStorage, no cookie.",
    Variant.SCRIPTED: "The practice portal whose account page is an empty shell, filled by script.",
}


def practice_profile(portal: PracticePortal, variant: Variant | str = Variant.PLAIN) -> str:
    """The TOML text of ``variant`` for a running portal. ValueError where there is no such variant."""
    return profile_text(portal.url, portal.idp_url, Variant(variant))


def profile_text(url: str, provider_url: str, variant: Variant) -> str:
    """The TOML text of ``variant`` for a portal and an identity provider at these origins."""
    storage, scripted = variant is Variant.STORAGE, variant is Variant.SCRIPTED
    origins = [url, provider_url] if variant is Variant.PROVIDER else [url]
    # The shells answer 200 to anybody: only what is in them, or the API behind them, tells.
    protected = "/app/account" if storage else "/api/account" if scripted else "/account"
    head = HEAD.format(
        about=ABOUT[variant],
        url=url,
        allowed=", ".join(f'"{origin}/*"' for origin in origins),
        signed_in='storage = "local:practice-token"' if storage else 'cookie = "practice_session"',
        account="#menu-account-name" if variant is Variant.REVEAL else "#account-name",
        reveal='reveal = [{ click = "#menu-button" }]\n' if variant is Variant.REVEAL else "",
    )
    # Wherever the resident has gone meanwhile, the menu is there.
    start = f'    {{ goto = "{url}{"/app/account" if storage else "/account"}" }},\n'
    tail = TAIL.format(
        url=url,
        protected=protected,
        refused=_refused(variant, url),
        opened="status = [200]" if scripted else 'status = [200], selector = "#account-name"',
        replay="storage" if storage else "cookies",
        expect="cleared" if variant is Variant.CLEARED else "revoked",
        done="/app/done" if storage else "/register/done",
        form="/app/account" if storage else "/register/holder",
        sends="/api/registrations" if storage else "/register/holder",
    )
    logout = NO_LOGOUT if variant is Variant.NO_STEPS else LOGOUT.format(start=start)
    return "\n".join([head, STORAGE_SIGN_IN if storage else COOKIE_SIGN_IN, logout, tail])


def _refused(variant: Variant, url: str) -> str:
    if variant is Variant.STORAGE:
        return 'selector = "#sign-in-form"'
    if variant is Variant.SCRIPTED:
        return "status = [401]"
    if variant is Variant.PROVIDER:
        # The redirect is what a replay sees, the form what a browser ends at: on the way to a silent sign-in it
        # passes the same address.
        return f'redirect = "{url}/sign-in*", selector = "#sign-in-form"'
    return f'redirect = "{url}/sign-in*"'
