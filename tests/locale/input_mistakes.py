"""Mistakes in the files that people write for the agent: every kind that is told."""

from __future__ import annotations

CONFIGURATIONS: dict[str, str | bytes] = {
    "empty": "",
    "shift_jis": b'profile = "\x8e\x73"',
    "large": "#" * 1_000_001,
    "deep": "x = " + "[" * 5000 + "]" * 5000,
    "no_profile": "[desk]\n",
    "empty_profile": 'profile = ""\n',
    "profile_is_a_number": "profile = 3\n",
    "tables_that_are_none": 'profile = "p"\ndesk = 3\nbrowser = [1]\nhotkey = []\n',
    "unknown_keys": 'profile = "p"\nzzzz = 1\n[desk]\nnme = "x"\n[senses.card]\nenabled = { a = 1 }\n',
    "limits": 'profile = "p"\n[policy]\n'
    + "".join(
        f"{name} = 99999\n"
        for name in (
            "idle_limit_s",
            "warning_s",
            "max_visit_s",
            "gap_s",
            "card_absent_grace_s",
            "card_wait_s",
            "challenge_s",
            "open_limit_s",
            "record_limit_s",
            "shield_limit_s",
            "logout_limit_s",
            "destroy_limit_s",
            "residue_limit_s",
            "proof_limit_s",
            "max_extensions",
        )
    ),
    "other_limits": (
        'profile = "p"\nsenses.browsers.close_after_s = 1\nsupervision.hang_limit_s = 1\n'
        f"recording.keep_days = 0\nrecording.max_mib = {'9' * 50}\n"
    ),
    "contradictions": (
        'profile = "p"\nhotkey.end_visit = ""\n[desk]\nlanguages = ["en"]\n'
        '[policy]\nmandatory_senses = ["hotkey", "smell", 3]\nidle_limit_s = 100\nmax_visit_s = 60\n'
    ),
    "languages": 'profile = "p"\n[desk]\nlanguage = "jp"\nlanguages = ["ja", "ja"]\n',
    "languages_2": 'profile = "p"\n[desk]\nlanguages = ["ja", "ja"]\nsound = "yes"\n',
    "languages_3": 'profile = "p"\n[desk]\nlanguages = "ja"\n',
    "paths": 'profile = "p"\n[desk]\ndata_dir = "~no such user/x"\n[browser]\nexecutable = "a\\u0000b"\n',
    "addresses": 'profile = "p"\nbrowser.proxy = "x"\ncentral.proxy = "x"\ncentral.url = "central.example"\n',
    "no_host": 'profile = "p"\ncentral.url = "https://:80"\n',
    "half_an_address": 'profile = "p"\ncentral.url = "https://[::1"\n',
    "port": 'profile = "p"\ncentral.url = "https://central.example:99999"\n',
    "words": 'profile = "p"\nbrowser.window = "full"\npolicy.mark = ["none"]\n',
    "weights": 'profile = "p"\npolicy.weights.next_person = "possible"\n',
    "release_code": 'profile = "p"\nsupervision.release_code_hash = "4711-0815"\n',
    **{
        f"hotkey_{number}": f'profile = "p"\nhotkey.end_visit = "{keys}"\n'
        for number, keys in enumerate(
            ("<ctrl>+<ctrl>", "a", "<ctrl>+<alt>", "<ctrl>+<hom>", "<ctrl>+zzzzzzzzz"), start=1
        )
    },
}
NOT_TOML = {
    f"not_toml_{number}": text
    for number, text in enumerate(
        (
            "= 1", "x = ?", 'x = "\\u12"', "x = 2026-02-30", "a.? = 1", "x = 1 2", "[a", "[[a]", "x 1", "x = 1\nx = 2",
            "x = [1", "x = {a=1 b", 'x = "\\q"', 'x = "\\ud800"', 'x = "abc', "x = 'abc", "x = 'a\1'", 'x = "a\1"',
            "[a]\n[a]", "[a.b]\n[a]\nb.c = 1", "a = {}\n[a.b]", "x = {a=1, a=2}", f"x = {'9' * 5000}",
        ),
        start=1,
    )
}  # fmt: skip
GOOD_PORTAL = """
[portal]
name = "x"
allowed = ["https://portal.example/*"]
start_url = "https://portal.example/"
[signed_in]
cookie = "session"
[logout]
steps = []
"""
GOOD_PROOF = """
[proof]
protected_url = "https://portal.example/account"
refused = { status = 401 }
opened = { status = 200 }
replay = "cookies"
expect = "revoked"
"""
PROFILES: dict[str, str | bytes] = {
    "nothing_but_a_portal": "[portal]\nallowed = []\n",
    "portal": """
[portal]
name = "x"
title = {}
allowed = [
    "no", "https://*.example/", "https://a.*.example/", "https://u@a.example/", "https://a$b.example/", "/path",
    "https://portal.example/*",
]
start_url = "https://other.example/"
isolation = "template"
[signed_in]
storage = "x"
[logout]
timeout_s = 900
steps = [
    { click = "a", fill = "b" }, {}, { fill = "#a" }, { click = "#a", value = "x" }, { click = "${HOME}" },
    { goto = "https://other.example/" },
]
[account]
[sign_in]
steps = [{ fill = "#a", value = "${HOME}" }]
[signed_out]
[proof]
protected_url = "ftp://x"
refused = { status = 200, selector = "#a" }
opened = { status = 200, selector = "#a" }
replay = "none"
expect = "revoked"
""",
    "memory": """
[portal]
name = "x"
allowed = ["https://portal.example/*"]
start_url = "https://portal.example/"
extensions = ["abcdefghijklmnopabcdefghijklmnop", "x"]
isolation = "memory"
[signed_in]
[proof]
protected_url = "https://portal.example/account"
refused = {}
opened = { status = "all" }
[logout]
steps = 3
""",
    "memory_2": GOOD_PORTAL.replace("[signed_in]", f'extensions = ["{"a" * 32}"]\n[signed_in]')
    + GOOD_PROOF.replace("opened = { status = 200 }", "opened = {}"),
    "redirect": GOOD_PORTAL
    + GOOD_PROOF.replace("refused = { status = 401 }", 'refused = { redirect = "https://portal.example/a*" }'),
    "rules": GOOD_PORTAL
    + GOOD_PROOF
    + """
[[operation]]
[[operation]]
name = "a"
url = "https://portal.example/"
done = "x"
[[operation]]
name = "a"
url = "https://portal.example/"
done = "x"
[[same_person]]
[[same_person]]
url = "https://portal.example/"
fields = ["text=x"]
[[same_person]]
url = "https://portal.example/"
fields = ["#a"]
[[same_person]]
url = "https://portal.example/"
confirm_card = true
account = "#k"
""",
}
