"""Every key of a TOML file is found on its own line."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.toml_lines import KeyPath, locate_keys


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key and element below ``value``."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, below in value.items():
            yield from paths(below, (*path, name))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from paths(below, (*path, number))


def test_headers_dotted_keys_inline_tables_lists_and_texts_of_several_lines() -> None:
    text = '''\
a = 1 # x = 2
b.c."d.e" = """
x = 1 \\""" ""
[not.a.header]
""" # q
[t] # u = 1
l = [ # c
  {k = 1, m = [1,
   2]},
  "a]", 'b["',
]
'quoted key' = 1979-05-27 07:32:00
[[o]]
n = 'x#'
[[o]]
[o.sub]
z = \'\'\'
n = 2\'\'\'\'
[[o.q]]
y = 1
[later.still]
[later]
w = { v.u = 1 }
'''
    lines = locate_keys(text)
    assert lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 2,
        ("b", "c", "d.e"): 2,
        ("t",): 6,
        ("t", "l"): 7,
        ("t", "l", 0): 8,
        ("t", "l", 0, "k"): 8,
        ("t", "l", 0, "m"): 8,
        ("t", "l", 0, "m", 0): 8,
        ("t", "l", 0, "m", 1): 9,
        ("t", "l", 1): 10,
        ("t", "l", 2): 10,
        ("t", "quoted key"): 12,
        ("o",): 13,
        ("o", 0): 13,
        ("o", 0, "n"): 14,
        ("o", 1): 15,
        ("o", 1, "sub"): 16,
        ("o", 1, "sub", "z"): 17,
        ("o", 1, "q"): 19,
        ("o", 1, "q", 0): 19,
        ("o", 1, "q", 0, "y"): 20,
        ("later",): 21,
        ("later", "still"): 21,
        ("later", "w"): 23,
        ("later", "w", "v"): 23,
        ("later", "w", "v", "u"): 23,
    }
    assert set(paths(tomllib.loads(text))) == set(lines)


def test_windows_line_ends_and_escaped_keys() -> None:
    assert locate_keys('a = """\r\n\r\n"""\r\n"\\u0062" = 1\r\n') == {("a",): 1, ("b",): 4}


KEY = st.text(string.ascii_letters, min_size=1, max_size=3) | st.text("a.\"'# =[]\\é\t", max_size=4)
SCALAR = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(["true", "1.5", "inf", "1979-05-27", "07:32:00", '"""\n#"""', "'''\n[x]\n'''", '"\\""', "'\\'"]),
)
GAP = st.sampled_from(["", " ", "\n", " # ]}\n", "\n\n"])


def quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


@st.composite
def a_list(draw: st.DrawFn, element: st.SearchStrategy[str]) -> str:
    elements = draw(st.lists(element, max_size=3))
    text = "".join(draw(GAP) + one + draw(GAP) + "," for one in elements)
    return f"[{text}{draw(GAP)}]"


@st.composite
def an_inline_table(draw: st.DrawFn, element: st.SearchStrategy[str]) -> str:
    pairs = draw(st.dictionaries(KEY, element, max_size=3))
    return "{" + ", ".join(f"{quoted(key)} = {value}" for key, value in pairs.items()) + "}"


VALUE = st.recursive(SCALAR, lambda inner: a_list(inner) | an_inline_table(inner), max_leaves=6)


@st.composite
def a_document(draw: st.DrawFn) -> str:
    text = ""
    for key, value in draw(st.dictionaries(KEY, VALUE, max_size=3)).items():
        text += f"{quoted(key)}{draw(st.sampled_from(['', ' ']))}= {value}\n"
    for header in draw(st.lists(st.lists(KEY, min_size=1, max_size=2), max_size=3)):
        name = " . ".join(quoted(part) for part in header)
        text += draw(st.sampled_from([f"[{name}]\n", f"[[ {name} ]] # c\n"]))
        for key, value in draw(st.dictionaries(KEY, VALUE, max_size=2)).items():
            text += f"{draw(GAP).replace(' # ]}', '')}{quoted(key)} = {value}\n"
    return text


@given(a_document())
def test_no_key_and_no_element_is_without_a_line_and_none_is_made_up(text: str) -> None:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the same key twice
    lines = locate_keys(text)
    assert set(lines) == set(paths(parsed))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_nesting_that_python_cannot_follow_leaves_out_lines_only() -> None:
    assert locate_keys("a = 1\nb = " + "[" * 100_000 + "]" * 100_000)[("a",)] == 1
