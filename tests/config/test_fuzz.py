"""Whatever stands in an input file, reading it ends in a value or in an error that can be shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk_agent.config_load import load_config
from kiosk_agent.errors import InputError
from kiosk_agent.portal.load import load_profile

CONFIGS = Path(__file__).parents[2] / "config"
FILES = [CONFIGS / "agent.example.toml", *sorted((CONFIGS / "portals").rglob("*.toml"))]
LOADERS: list[Callable[[Path], object]] = [load_config, load_profile]
EVERYTHING = """\
profile = "p"
[desk]
name = "a"
language = "en"
data_dir = "~/x"
[browser]
window = "normal"
proxy = "http://p:1"
[residue]
print_jobs = false
[hotkey]
end_visit = "<ctrl>+<end>"
[policy]
idle_limit_s = 30.0
max_extensions = 10
mandatory_senses = ["tray", "hotkey"]
weights = { resumed = "certain" }
"""

fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def check(error: InputError, file: str, lines: int) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.file == file
        assert problem.expected
        assert problem.found
        assert problem.line is None or 1 <= problem.line <= lines
        assert str(problem).isprintable()


def read(file: Path, raw: bytes, loaders: list[Callable[[Path], object]] = LOADERS) -> None:
    """The loaders on a file of these bytes; anything but an InputError goes through."""
    file.write_bytes(raw)
    for load in loaders:
        try:
            load(file)
        except InputError as error:
            check(error, str(file), lines=raw.count(b"\n") + 1)


@fuzz
@given(raw=st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, raw: bytes) -> None:
    read(tmp_path / "file.toml", raw)


@fuzz
@given(text=st.text(st.sampled_from("ab\"'[]{}=.,#\n \\\t-1u0é\0"), max_size=60))
def test_any_text_of_signs_that_mean_something_in_toml(tmp_path: Path, text: str) -> None:
    read(tmp_path / "file.toml", text.encode())


@pytest.mark.parametrize("example", FILES, ids=lambda path: path.stem)
def test_a_file_that_was_cut_off_anywhere(tmp_path: Path, example: Path) -> None:
    raw = example.read_bytes()
    loader = load_config if example.parent == CONFIGS else load_profile
    for end in range(len(raw)):
        read(tmp_path / "file.toml", raw[:end], [loader])


VALUE = st.recursive(
    st.sampled_from(["true", "nan", "-inf", "0", "99999", "1e400", "''", '"x"', '"\\u0000"', "1979-05-27", "07:32:00"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda values: "[" + ",".join(values) + "]")
        | inner.map(lambda value: "{a = " + value + "}")
    ),
    max_leaves=3,
)


@fuzz
@given(data=st.data())
@pytest.mark.parametrize("example", [*FILES, None], ids=lambda path: path.stem if path else "everything")
def test_any_value_in_the_place_of_any_other(tmp_path: Path, example: Path | None, data: st.DataObject) -> None:
    lines = (example.read_text(encoding="utf-8") if example else EVERYTHING).splitlines()
    number = data.draw(st.sampled_from([at for at, line in enumerate(lines) if " = " in line]))
    name = lines[number].partition(" = ")[0]
    lines[number] = f"{name} = {data.draw(VALUE)}"
    read(tmp_path / "file.toml", "\n".join(lines).encode())
