"""URL globs: what a glob means, and above all what it never means."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk_agent.portal.globs import GlobError, matches, matches_any, parse_glob, socket_source

PORTAL = "https://portal.example/*"


@pytest.mark.parametrize(
    ("glob", "url"),
    [
        (PORTAL, "https://portal.example/"),
        (PORTAL, "https://portal.example"),
        (PORTAL, "https://PORTAL.example:443/a/b?c=d#e"),
        ("https://portal.example:443/*", "https://portal.example/"),
        ("HTTPS://Portal.Example/*", "https://portal.example/a"),
        ("https://*.portal.example/*", "https://my.portal.example/"),
        ("https://*.portal.example/*", "https://a.b.portal.example/"),
        ("https://portal.example/account", "https://portal.example/account?tab=1#top"),
        ("https://portal.example/*/done", "https://portal.example/a/b/done"),
        ("https://portal.example/done?kind=*&step=9", "https://portal.example/done?kind=bank&step=9"),
        ("https://portal.example/done?", "https://portal.example/done"),
        ("https://portal.example/#/account*", "https://portal.example/#/account/1"),
        ("https://portal.example/%7euser", "https://portal.example/~user"),
        ("https://portal.example/%e5%8f%a3%e5%ba%a7", "https://portal.example/口座"),
        ("https://ポータル.example/*", "https://xn--5ckzcybvd.example/"),
        ("http://[::1]:8080/*", "http://[0:0:0:0:0:0:0:1]:8080/a"),
        ("http://127.0.0.1:8765/*", "http://127.0.0.1:8765/register/done"),
        ("https://portal.example/a/*", "https://portal.example/b/../a/c"),
        ("wss://portal.example/*", "wss://portal.example/live"),
        ("*/login*", "https://id.example:8443/realm/login?next=1"),
        ("**/login*", "http://portal.example/login"),
        ("/login", "https://portal.example/login?next=/account"),
        ("*/login?next=*", "https://portal.example/login?next=1"),
    ],
)
def test_a_glob_means_its_own_addresses(glob: str, url: str) -> None:
    assert matches(glob, url)


@pytest.mark.parametrize(
    ("glob", "url"),
    [
        (PORTAL, "https://portal.example.evil/"),
        (PORTAL, "https://evil.example/?https://portal.example/"),
        (PORTAL, "https://evil.example/#https://portal.example/"),
        (PORTAL, "https://evil.example/https://portal.example/"),
        (PORTAL, "https://portal.example@evil.example/"),
        (PORTAL, "https://portal.example:secret@evil.example/"),
        (PORTAL, "https://evil@portal.example/"),
        (PORTAL, "https://@portal.example/"),
        (PORTAL, "https://evil.example\\@portal.example/"),
        (PORTAL, "https://portal.example\\.evil.example/"),
        (PORTAL, "https:\\\\portal.example/"),
        (PORTAL, "https://portal.example.:443/"),
        (PORTAL, "https://portal.example../"),
        (PORTAL, "https://portal.example:0/"),
        ("/login", "https://portal.example/a/login"),
        ("*/login", "https://portal.example/login/again"),
        ("*/login*", "https://portal.example/account?to=/login"),
        ("*/login*", "https://portal.example/account#/login"),
        ("*/login*", "data:text/html,/login"),
        (PORTAL, "https://portal.example:444/"),
        (PORTAL, "https://portal.example:65536/"),
        (PORTAL, "https://portal%2eexample/"),
        (PORTAL, "http://portal.example/"),
        (PORTAL, "wss://portal.example/"),
        (PORTAL, "javascript://portal.example/%0aalert(1)"),
        (PORTAL, "https://my.portal.example/"),
        (PORTAL, "https://xportal.example/"),
        (PORTAL, " https://portal.example/"),
        (PORTAL, "\x00https://portal.example/"),
        (PORTAL, "https://portal.exa\tmple/"),
        (PORTAL, "https://portal.example/\n"),
        (PORTAL, "//portal.example/"),
        (PORTAL, "https:///portal.example/"),
        (PORTAL, "https://[portal.example]/"),
        (PORTAL, "https://portal．example／evil.example/"),
        (PORTAL, "about:blank"),
        (PORTAL, ""),
        ("https://*.portal.example/*", "https://portal.example/"),
        ("https://*.portal.example/*", "https://evilportal.example/"),
        ("https://*.portal.example/*", "https://evil.example/.portal.example/"),
        ("https://*.portal.example/*", "https://a.portal.example.evil/"),
        ("https://portal.example/account/*", "https://portal.example/account/../admin"),
        ("https://portal.example/account/*", "https://portal.example/account/%2e%2E/admin"),
        ("https://portal.example/account/*", "https://portal.example/account"),
        ("https://portal.example/account", "https://portal.example/Account"),
        ("https://portal.example/a/b", "https://portal.example/a%2Fb"),
        ("https://portal.example/*/done", "https://portal.example/start?next=/done"),
        ("https://portal.example/*/done", "https://portal.example/start#/done"),
        ("https://portal.example/done?", "https://portal.example/done?a"),
        ("https://portal.example/done?step=9", "https://portal.example/done"),
        ("https://portal.example/ab*bc", "https://portal.example/abc"),
        ("https://portal.example/#/account*", "https://portal.example/?/account"),
    ],
)
def test_a_glob_never_means_what_only_looks_like_it(glob: str, url: str) -> None:
    assert not matches(glob, url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "portal.example/*",
        "*://portal.example/*",
        "ftp://portal.example/*",
        "https://*/",
        "https://*.example/*",
        "https://portal.*/",
        "https://my*.portal.example/",
        "https://a.*.portal.example/",
        "https://*portal.example/",
        "https://portal.example:*/",
        "https://portal.example:https/",
        "https://user@portal.example/",
        "https://portal.example./",
        "https://portal example/",
        "https://[::1/",
        "https:///account",
        "https://*.127.0.0.1/",
    ],
)
def test_what_is_no_glob_is_refused(text: str) -> None:
    with pytest.raises(GlobError):
        parse_glob(text)


def test_one_of_several_globs_is_enough() -> None:
    globs = ("https://portal.example/*", "https://id.example/sign-in")
    assert matches_any(globs, "https://id.example/sign-in?next=x")
    assert not matches_any(globs, "https://id.example/other")
    assert not matches_any((), "https://portal.example/")


LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(".".join).filter(lambda host: not host[-1].isdigit())
PATH = st.text(string.ascii_letters + string.digits + "-_~/.%", max_size=20).map(lambda path: "/" + path)
TAIL = st.text(string.printable, max_size=30)


@given(HOST, PATH)
def test_every_address_without_stars_means_itself(host: str, path: str) -> None:
    assert matches(f"https://{host}{path}", f"https://{host}{path}")


@given(HOST, HOST, st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_other_host_is_ever_meant(host: str, other: str, tail: str) -> None:
    assume(host != other)
    for url in (f"https://{other}/{tail}", f"https://{other}/?https://{host}/{tail}", f"https://{host}@{other}/{tail}"):
        assert not matches(f"https://{host}/*", url)


@given(HOST, TAIL)
def test_whatever_follows_the_host_without_a_slash_is_judged_as_a_browser_would(host: str, tail: str) -> None:
    """Only a port, a path, a query or a fragment may follow the same host; anything else makes another one."""
    if matches(f"https://{host}/*", f"https://{host}{tail}"):
        rest = tail.removeprefix(":443").removeprefix(":").lower()
        assert tail.startswith(":0") or rest == "" or rest[0] in "/?#"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_makes_it_fail(glob: str, url: str) -> None:
    assert not matches(PORTAL, url) or url.lower().startswith("https://portal.example")
    try:
        matches(glob, url)
    except GlobError:
        return
    assert parse_glob(glob).host or glob.lstrip("*").startswith("/"), "only a path may leave the host open"


@given(st.lists(st.sampled_from(["a", "b", "ab", "/", ""]), min_size=1, max_size=5), st.text("ab/", max_size=12))
def test_stars_mean_what_a_regular_expression_means_by_them(pieces: list[str], text: str) -> None:
    import re

    pattern = re.compile("/" + ".*".join(re.escape(piece) for piece in pieces), re.DOTALL)
    meant = matches("https://portal.example/" + "*".join(pieces), f"https://portal.example/{text}")
    assert meant == (pattern.fullmatch("/" + text) is not None)


def test_a_long_address_is_refused_at_once() -> None:
    """A regular expression would try a hundred thousand to the power of ten ways."""
    assert not matches("https://portal.example/" + "*a" * 10 + "!", "https://portal.example/" + "a" * 100_000)


@pytest.mark.parametrize(
    ("glob", "source"),
    [
        ("https://portal.example/*", "wss://portal.example:443"),
        ("http://127.0.0.1:8765/account/*", "ws://127.0.0.1:8765"),
        ("https://*.portal.example:8443/", "wss://*.portal.example:8443"),
        ("wss://push.portal.example/*", "wss://push.portal.example:443"),
        ("https://ポータル.example/*", "wss://xn--5ckzcybvd.example:443"),
        ("https://[2001:db8::1]/*", "wss:"),
    ],
)
def test_the_websockets_of_an_address_are_those_of_its_host_and_port(glob: str, source: str) -> None:
    assert socket_source(glob) == source
