"""The configuration file: what it may say, and what is told where it is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from kiosk_agent.cli.config import check
from kiosk_agent.config import (
    Browser,
    BrowserAction,
    BrowsersSense,
    Config,
    Desk,
    Hotkey,
    Recording,
    RemoteAction,
    Residue,
    Senses,
    Supervision,
    WindowMode,
)
from kiosk_agent.config_load import LIMITS, hash_release_code, load_config, verify_release_code
from kiosk_agent.errors import ConfigError, Problem
from kiosk_agent.locale import SPOKEN
from kiosk_agent.session.policy import (
    CLASSIFICATION,
    FUSION,
    MIN_EXTENSIONS,
    MIN_WARNING_S,
    TIMINGS,
    MarkPolicy,
    Policy,
    Preset,
    classify,
    policy_of,
)
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.text import Text

EXAMPLE = Path(__file__).parents[2] / "config" / "agent.example.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "agent.toml"


def loaded(file: Path, text: str) -> Config:
    file.write_text('profile = "portal.toml"\n' + text, encoding="utf-8")
    return load_config(file)


def problems(file: Path, text: str | bytes) -> list[Problem]:
    """Everything that is wrong with a file of this text."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as raised:
        load_config(file)
    assert str(raised.value) == "\n".join(str(one) for one in raised.value.problems)
    return raised.value.problems


def problem(file: Path, text: str) -> Problem:
    """The one thing that is wrong with a file of this text below its profile."""
    (only,) = problems(file, 'profile = "portal.toml"\n' + text)
    return only


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_sets_its_whole_column(file: Path, preset: Preset) -> None:
    policy = loaded(file, f'[policy]\npreset = "{preset}"\n').policy
    assert policy == policy_of(preset)
    column = list(Preset).index(preset)
    assert all(getattr(policy, name) == values[column] for name, values in TIMINGS.items())
    assert {signal: classify(signal, policy) for signal in Signal} == {
        signal: weights[column] for signal, weights in FUSION.items()
    }


def test_what_is_certain_stays_so_whatever_a_policy_weighs() -> None:
    """A file that weighs them less is refused; the table does not rely on it."""
    policy = Policy(weights=dict.fromkeys(Signal, Weight.NOTHING))
    for signal, weight in CLASSIFICATION.items():
        assert classify(signal, policy) is (Weight.CERTAIN if weight is Weight.CERTAIN else Weight.NOTHING)


def test_what_the_file_sets_goes_before_the_preset(file: Path) -> None:
    text = '[policy]\npreset = "lenient"\ngap_s = 45\n[policy.weights]\ncard_removed = "certain"\n'
    policy = loaded(file, text).policy
    assert (policy.gap_s, policy.idle_limit_s) == (45.0, policy_of(Preset.LENIENT).idle_limit_s)
    assert classify(Signal.CARD_REMOVED, policy) is Weight.CERTAIN
    assert classify(Signal.OS_LOCKED, policy) is Weight.POSSIBLE
    assert policy.preset is Preset.LENIENT


def test_no_preset_goes_below_what_holds_for_every_desk(file: Path) -> None:
    assert list(FUSION) == list(Signal)
    for preset in Preset:
        policy = policy_of(preset)
        assert (policy.warning_s, policy.max_extensions) >= (MIN_WARNING_S, MIN_EXTENSIONS)
        for name in TIMINGS:
            least, most, _ = LIMITS[name]
            assert least <= getattr(policy, name) <= most
        for signal, usual in CLASSIFICATION.items():
            if usual is Weight.CERTAIN:
                assert FUSION[signal] == (Weight.CERTAIN,) * 3
    floors = problems(file, 'profile = "p"\n[policy]\npreset = "lenient"\nwarning_s = 19\nmax_extensions = 9\n')
    assert [one.key for one in floors] == ["policy.warning_s", "policy.max_extensions"]
    weight = problem(file, '[policy]\npreset = "lenient"\n[policy.weights]\nnext_person = "nothing"\n')
    assert weight.expected == '"certain"'


@pytest.mark.parametrize(("value", "hint"), [('"stict"', "Did you mean 'strict'?"), ("3", ""), ('"none"', "")])
def test_a_preset_that_there_is_not_is_told(file: Path, value: str, hint: str) -> None:
    found = problem(file, f"[policy]\npreset = {value}\n")
    assert (found.line, found.key) == (3, "policy.preset")
    assert str(found.expected) == 'one of "strict", "standard", "lenient"'
    assert str(found.hint) == hint


def test_a_recording_is_off_unless_it_is_wanted(file: Path) -> None:
    assert not loaded(file, "").recording.events
    text = "[recording]\nevents = true\nkeep_days = 7\nmax_mib = 5\n"
    assert loaded(file, text).recording == Recording(events=True, keep_days=7, max_mib=5)


@pytest.mark.parametrize("line", ["keep_days = 0", "keep_days = 93", "max_mib = 0", "max_mib = 501", 'events = "yes"'])
def test_a_recording_without_bounds_is_refused(file: Path, line: str) -> None:
    assert problem(file, f"[recording]\n{line}\n").key == f"recording.{line.split(maxsplit=1)[0]}"


def test_config_check_shows_what_preset_and_settings_come_to(file: Path) -> None:
    practice = EXAMPLE.parent / "portals" / "practice.toml"
    text = f'profile = "{practice.as_posix()}"\n[policy]\npreset = "lenient"\nidle_limit_s = 33\n'
    file.write_text(text, encoding="utf-8")
    shown = CliRunner().invoke(check, [str(file)])
    assert shown.exit_code == 0, shown.output
    (line,) = (line for line in shown.output.splitlines() if "idle_limit_s" in line)
    assert "33 s  (" in line
    assert f"{policy_of(Preset.LENIENT).idle_limit_s:g} s" in line
    (line,) = (line for line in shown.output.splitlines() if "card_removed" in line)
    assert line.split() == ["card_removed", "nothing"]
    answer = json.loads(CliRunner().invoke(check, [str(file), "--json"]).output)
    assert (answer["valid"], answer["problems"], answer["policy"]["preset"]) == (True, [], "lenient")
    assert answer["policy"]["limits"]["idle_limit_s"] == 33
    assert answer["policy"]["weights"]["next_person"] == "certain"


def test_the_example_is_a_configuration_of_defaults() -> None:
    config = load_config(EXAMPLE)
    defaults = Config(path=EXAMPLE, profile=EXAMPLE.parent / "portals" / "practice.toml")
    assert config == defaults
    assert config.profile.is_file()


def test_every_line_of_the_example_may_be_switched_on(file: Path) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    switched_on = [line[2:] if " = " in line and line.startswith("# ") and "release_code" not in line else line
                   for line in lines]  # fmt: skip
    file.write_text("\n".join(switched_on[2:]), encoding="utf-8")
    config = load_config(file)
    assert config.browser.proxy == "http://proxy.example:8080"
    assert config.policy.weights[Signal.CARD_REMOVED] is Weight.POSSIBLE
    assert msgspec.structs.replace(config.policy, weights={}) == Policy()


def test_everything_can_be_set(file: Path) -> None:
    code_hash = hash_release_code("4711-0815")
    config = loaded(
        file,
        f"""
        [desk]
        name = "市民課 3番"
        language = "en"
        languages = ["en", "pt"]
        sound = false
        data_dir = "data"
        [browser]
        executable = "/opt/browser"
        window = "fullscreen"
        headless = true
        proxy = "socks5://proxy.example:1080"
        [residue]
        print_jobs = false
        [hotkey]
        end_visit = ""
        [senses.browsers]
        action = "close"
        close_after_s = 30
        remote_control = "ignore"
        [supervision]
        hang_limit_s = 3
        release_code_hash = "{code_hash}"
        [policy]
        idle_limit_s = 120
        warning_s = 20
        max_extensions = 10
        mark = "initials"
        [policy.weights]
        card_removed = "certain"
        foreign_browser = "possible"
        next_person = "certain"
        """,
    )
    assert config == Config(
        path=file,
        profile=file.parent / "portal.toml",
        desk=Desk("市民課 3番", "en", file.parent / "data", ("en", "pt"), False),
        browser=Browser(file.parent / "/opt/browser", WindowMode.FULLSCREEN, True, "socks5://proxy.example:1080"),
        residue=Residue(print_jobs=False),
        hotkey=Hotkey(""),
        senses=Senses(browsers=BrowsersSense(BrowserAction.CLOSE, 30.0, RemoteAction.IGNORE)),
        supervision=Supervision(3.0, code_hash),
        policy=Policy(
            idle_limit_s=120.0,
            warning_s=20.0,
            max_extensions=10,
            mark=MarkPolicy.INITIALS,
            weights={
                Signal.CARD_REMOVED: Weight.CERTAIN,
                Signal.FOREIGN_BROWSER: Weight.POSSIBLE,
                Signal.NEXT_PERSON: Weight.CERTAIN,
            },
        ),
    )


def test_the_senses_that_a_desk_must_not_be_without(file: Path) -> None:
    assert loaded(file, '[policy]\nmandatory_senses = ["hotkey", "tray"]').policy.mandatory_senses == ("hotkey", "tray")


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbfprofile = "a.toml"\r\n[policy]\r\nwarning_s = 25\r\n')
    assert load_config(file).policy.warning_s == 25.0


def test_paths_start_at_the_files_folder_wherever_the_agent_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "agent.toml").write_text('profile = "../portals/p.toml"\n[desk]\ndata_dir = "~/desk"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    config = load_config(tmp_path / "conf" / "agent.toml")
    assert config.profile == tmp_path / "conf" / "../portals/p.toml"
    assert config.desk.data_dir == tmp_path / "desk"


# mistakes


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    found = problems(
        file,
        '[desk]\nlanguage = "fr"\n[policy]\n# floors\nwarning_s = 5\nmax_extensions = 3\nidle_limit = 60\n[hotkeys]\n',
    )
    assert [(one.line, one.key) for one in found] == [
        (None, "profile"),
        (2, "desk.language"),
        (5, "policy.warning_s"),
        (6, "policy.max_extensions"),
        (7, "policy.idle_limit"),
        (8, "hotkeys"),
    ]
    assert all(one.file == str(file) for one in found)
    assert found[2].as_object() == {
        "file": str(file),
        "line": 5,
        "key": "policy.warning_s",
        "expected": "a number from 20 to 300",
        "found": "5",
        "hint": "WCAG 2.2, 2.2.1: at least 20 seconds to answer.",
    }
    assert str(found[4].hint) == "Did you mean 'idle_limit_s'?"
    assert str(found[5].hint) == "Did you mean 'hotkey'?"
    assert str(found[5]) == f"{file}:8: hotkeys: expected a known key, found 'hotkeys'. Did you mean 'hotkey'?"


@pytest.mark.parametrize("name", sorted(LIMITS))
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "true", '"30"', "[30]", "1e9", "1979-05-27"])
def test_a_limit_is_a_number_within_its_bounds(file: Path, name: str, value: str) -> None:
    found = problems(file, f'profile = "p"\n[policy]\n{name} = {value}\n')
    assert [(one.line, one.key) for one in found] == [(3, f"policy.{name}")]
    assert found[0].hint == LIMITS[name][2]


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_limits_bounds_themselves_are_allowed(file: Path, name: str) -> None:
    least, most, _ = LIMITS[name]
    longest = "" if name == "max_visit_s" else "max_visit_s = 14400\n"
    shortest = "idle_limit_s = 3\n" * (name == "max_visit_s")
    assert getattr(loaded(file, f"[policy]\n{longest}{name} = {most}\n").policy, name) == most
    assert getattr(loaded(file, f"[policy]\n{longest}{shortest}{name} = {least}\n").policy, name) == least


@pytest.mark.parametrize("language", SPOKEN)
def test_a_desk_may_speak_any_language_and_offer_it_alone(file: Path, language: str) -> None:
    desk = loaded(file, f'[desk]\nlanguage = "{language}"\nlanguages = ["{language}"]\n').desk
    assert (desk.language, desk.languages) == (language, (language,))


@pytest.mark.parametrize(
    ("languages", "key", "expected"),
    [
        ('["ja", "fr"]', "desk.languages[2]", 'one of "ja", "ja-easy"'),
        ('["en", "zh"]', "desk.languages", 'a list with "ja" in it'),
        ("[]", "desk.languages", 'a list with "ja" in it'),
        ('["ja", "en", "ja"]', "desk.languages", "each language once"),
        ('"ja"', "desk.languages", "a list of texts"),
        ("[1]", "desk.languages[1]", "a text in quotation marks"),
    ],
)
def test_the_offered_languages_are_known_ones_with_the_desks_own(
    file: Path, languages: str, key: str, expected: str
) -> None:
    found = problem(file, f"[desk]\nlanguages = {languages}\n")
    assert (found.line, found.key) == (3, key)
    assert str(found.expected).startswith(expected)


@pytest.mark.parametrize("value", ["9", "-1", "10.0", "true", "1001", "0x" + "f" * 4000, "nan"])
def test_extensions_are_a_whole_number_of_at_least_ten(file: Path, value: str) -> None:
    assert problem(file, f"[policy]\nmax_extensions = {value}\n").key == "policy.max_extensions"


def test_a_visit_must_be_long_enough_for_its_own_warning(file: Path) -> None:
    found = problem(file, "[policy]\nidle_limit_s = 900\nwarning_s = 60\nmax_visit_s = 900\n")
    assert (found.line, found.key) == (5, "policy.max_visit_s")
    found = problem(file, "[policy]\nidle_limit_s = 60\nmax_visit_s = 60\n")  # the warning is the preset's
    assert (found.key, str(found.expected)) == ("policy.max_visit_s", "at least idle_limit_s + warning_s")


@pytest.mark.parametrize("signal", [one for one in Signal if CLASSIFICATION[one] is Weight.CERTAIN])
@pytest.mark.parametrize("weight", ["possible", "nothing"])
def test_no_file_can_weaken_a_certain_sign(file: Path, signal: Signal, weight: str) -> None:
    found = problem(file, f'[policy.weights]\n{signal} = "{weight}"\n')
    assert (found.line, found.key, found.expected) == (3, f"policy.weights.{signal}", '"certain"')


def test_an_unknown_sign_and_an_unknown_weight_are_told(file: Path) -> None:
    found = problems(file, 'profile = "p"\n[policy.weights]\ncard_remove = "possible"\nresumed = "certainly"\n')
    assert [str(one.hint) for one in found] == ["Did you mean 'card_removed'?", "Did you mean 'certain'?"]


@pytest.mark.parametrize(
    "keys",
    [
        "<ctrl>+<alt>+<end>",
        "<ctrl>+q",
        "<cmd_l>+<f12>",
        "<shift>+1",
        "<CTRL>+A",
        "<alt_gr>+ö",
        "<ctrl>+<alt>+<shift>+<page_up>",
    ],
)
def test_a_hotkey_is_taken_as_pynput_takes_it(file: Path, keys: str, display: str) -> None:
    assert loaded(file, f'[hotkey]\nend_visit = "{keys}"\n').hotkey.end_visit == keys
    from pynput.keyboard import HotKey

    assert HotKey.parse(keys)


@pytest.mark.parametrize(
    "keys",
    ["ctrl+end", "<ctrl>", "q", "<end>", "<ctrl>+<ctrl>", "<ctrl>+", "+", "<ctrl>++", "<ctrl> + q", "<strg>+q",
     "<ctrl>+qq", "<ctrl>+<alt>", "<ctrl>+ ", "<>+q", "<ctrl>-<end>"],
)  # fmt: skip
def test_what_is_no_hotkey_is_refused(file: Path, keys: str) -> None:
    assert problem(file, f'[hotkey]\nend_visit = "{keys}"\n').key == "hotkey.end_visit"


def test_every_named_key_is_one_of_pynputs(display: str) -> None:
    from pynput.keyboard import HotKey

    from kiosk_agent.config_load import MODIFIERS, NAMED_KEYS

    for name in sorted(NAMED_KEYS):
        assert HotKey.parse(f"<ctrl>+{name}"), name
    for name in sorted(MODIFIERS):
        assert HotKey.parse(f"{name}+q"), name


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        pytest.param(
            '[desk]\ndata_dir = "~no such user/x"',
            "desk.data_dir",
            3,
            marks=pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows guesses where users live"),
        ),
        ('[desk]\ndata_dir = "a\\u0000b"', "desk.data_dir", 3),
        ('[browser]\nexecutable = ""', "browser.executable", 3),
        ('[browser]\nwindow = "full"', "browser.window", 3),
        ('[browser]\nheadless = "yes"', "browser.headless", 3),
        ("[residue]\nprint_jobs = 1", "residue.print_jobs", 3),
        ('[browser]\nproxy = "proxy.example"', "browser.proxy", 3),
        ('[browser]\nproxy = "http://user:secret@proxy.example"', "browser.proxy", 3),
        ("[supervision]\nhang_limit_s = 1", "supervision.hang_limit_s", 3),
        ('[senses.browsers]\naction = "kill"', "senses.browsers.action", 3),
        ("[senses.browsers]\nclose_after_s = 4", "senses.browsers.close_after_s", 3),
        ('[senses.browsers]\nremote_control = "close"', "senses.browsers.remote_control", 3),
        ("[senses.browsers]\nclose_after = 9", "senses.browsers.close_after", 3),
        ('[policy]\nmark = "name"', "policy.mark", 3),
        ('[policy]\nmark = ["none"]', "policy.mark", 3),
        ('[policy]\nmandatory_senses = [\n"tray",\n"smell"]', "policy.mandatory_senses[2]", 5),
        ("[policy]\nmandatory_senses = [1]", "policy.mandatory_senses[1]", 3),
        ('[policy]\nmandatory_senses = "tray"', "policy.mandatory_senses", 3),
        ('[hotkey]\nend_visit = ""\n[policy]\nmandatory_senses = ["tray", "hotkey"]', "policy.mandatory_senses[2]", 5),
        ('[browser]\nheadless = true\n[policy]\nmandatory_senses = ["tray"]', "policy.mandatory_senses[1]", 5),
        ("policy = 3", "policy", 2),
        ("[[policy]]", "policy", 2),
        ('[policy]\nweights = "none"', "policy.weights", 3),
        ('[policy]\n"odd ]key" = 1', "policy.'odd ]key'", 3),
        ('[policy]\n"" = 1', "policy.''", 3),
    ],
)
def test_each_mistake_is_told_with_its_line(file: Path, text: str, key: str, line: int) -> None:
    found = problem(file, text)
    assert (found.key, found.line) == (key, line)


def test_a_code_written_where_its_hash_belongs_is_not_repeated(file: Path) -> None:
    found = problem(file, '[supervision]\nrelease_code_hash = "4711-0815"\n')
    assert found.key == "supervision.release_code_hash"
    assert "4711" not in str(found)


# files that cannot be read at all


@pytest.mark.parametrize(
    ("raw", "line", "expected"),
    [
        (b"", None, "settings"),
        (b"\xef\xbb\xbf", None, "settings"),
        (b" \n\t\n", None, "settings"),
        (b'profile = "a"\nname = "\x8e\x73"\n', 2, "text in UTF-8"),  # Shift_JIS
        ('profile = "a"'.encode("utf-16"), 1, "text in UTF-8"),
        (b'profile = "a"\n[policy\n', 2, "TOML"),
        (b'profile = "a"\n[policy]\nwarning_s = ', 3, "TOML"),
        (b'profile = "a"\nprofile = "b"\n', 2, "TOML"),
        (b'profile = "a"\nx = ' + b"[" * 5000 + b"]" * 5000, None, "TOML"),
        (b'profile = "a"\n\nx = ' + b"9" * 5000, 3, "TOML"),
        (b'profile = "a"\n' + b"\0" * 4096, 2, "TOML"),  # what a power cut leaves of a file on some file systems
        (b"#" * 2_000_000, None, "settings"),
    ],
)
def test_a_file_that_is_no_toml_is_told_as_one_mistake(file: Path, raw: bytes, line: int | None, expected: str) -> None:
    (found,) = problems(file, raw)
    assert (found.line, str(found.key), str(found.expected)) == (line, "file", expected)
    assert found.hint


def test_a_missing_file_a_folder_and_an_impossible_name_are_told(tmp_path: Path) -> None:
    for path, found in [
        (tmp_path / "none.toml", "none"),
        (tmp_path, "a folder"),
        (tmp_path / "none" / "agent.toml", "none"),
        (tmp_path / ("a" * 5000), "none" if sys.platform == "win32" else "the name is too long"),
        (Path("a\0b"), "embedded null"),
    ]:
        with pytest.raises(ConfigError) as raised:
            load_config(path)
        (problem,) = raised.value.problems
        assert str(problem.key) == "file"
        assert str(problem.found).startswith(found)


def test_a_file_that_may_not_be_read_is_told(file: Path, as_somebody_else: None) -> None:
    with pytest.raises(ConfigError) as raised:
        load_config(file)
    assert raised.value.problems[0].found == Text("no permission")


# the release code


def test_a_release_code_is_known_again_by_its_hash_alone() -> None:
    line = hash_release_code("4711-0815")
    assert "4711" not in line
    assert verify_release_code("4711-0815", line)
    assert verify_release_code(" ４７１１-０８１５ ", line), "typed with full-width signs"
    assert not verify_release_code("4711-0816", line)
    assert not verify_release_code("", line)
    assert not verify_release_code("\ud800", line)
    assert hash_release_code("4711-0815") != line, "each hash has a salt of its own"


@pytest.mark.parametrize("line", ["", "4711", "scrypt$$", "scrypt$====$====", "scrypt$" + "=" * 24 + "$" + "=" * 44])
def test_no_code_fits_a_hash_that_is_none(line: str) -> None:
    assert not verify_release_code("", line)
    assert not verify_release_code("4711", line)
