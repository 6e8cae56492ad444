"""What a policy may say."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from msgspec import UNSET

from kiosk_agent.config_load import LIMITS
from kiosk_agent.report.policy import OF_THE_REPORTS
from kiosk_agent.session import policy as agent
from kiosk_agent.session import vocabulary
from kiosk_agent.wire import policy as wire
from kiosk_agent.wire.policy import OF_CENTRAL, Settings, SettingsError, merged, read_settings


def test_no_bound_is_wider_than_the_agents_own() -> None:
    hints = get_type_hints(Settings, include_extras=True)
    times = [name for name in hints if name.endswith("_s")]
    assert len(times) == 7
    for name in times:
        (meta,) = get_args(get_args(hints[name])[0])[1:]
        assert (meta.ge, meta.le) == LIMITS[name][:2], name
    (meta,) = get_args(get_args(hints["max_extensions"])[0])[1:]
    assert meta.ge == agent.MIN_EXTENSIONS


def test_the_words_are_the_agents_own() -> None:
    assert set(wire.Preset) == set(agent.Preset)
    assert set(wire.Mark) == set(agent.MarkPolicy)
    assert set(wire.Weight) == set(vocabulary.Weight)
    certain = {signal for signal, weight in agent.CLASSIFICATION.items() if weight is vocabulary.Weight.CERTAIN}
    assert certain == wire.ALWAYS_CERTAIN
    made = {preset.value: agent.policy_of(preset) for preset in agent.Preset}
    assert {name: policy.idle_limit_s for name, policy in made.items()} == wire.IDLE_OF_PRESETS
    assert "warning_s" not in agent.TIMINGS
    assert set(Settings.__struct_fields__) - {*OF_THE_REPORTS, *OF_CENTRAL} <= set(agent.Policy.__struct_fields__)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"warning_s": 19.9}, r"warning_s: expected 20 or more, not 19\.9"),
        ({"max_extensions": 9}, "max_extensions"),
        ({"idle_limit_s": "60"}, "idle_limit_s"),
        ({"idle_limit_s": float("nan")}, "idle_limit_s"),
        ({"idle_limit": 60}, "idle_limit"),
        ({"preset": "weak"}, "preset"),
        ({"weights": {"next_person": "nothing"}}, "weights.next_person"),
        ({"weights": {"OS LOCKED": "nothing"}}, "weights"),
        ({"idle_limit_s": 100, "warning_s": 30, "max_visit_s": 120}, "max_visit_s"),
        # a warning lasts 20 s at the least, whoever sets it
        (
            {"idle_limit_s": 60, "max_visit_s": 60},
            r"max_visit_s must be at least 80 \(idle_limit_s 60 \+ warning_s 20\)",
        ),
        ({"warning_s": 60, "max_visit_s": 60}, r"at least 63 \(idle_limit_s 3 \+ warning_s 60\)"),
        ({"preset": "strict", "max_visit_s": 105}, r"at least 110 \(idle_limit_s 90 \+ warning_s 20\)"),
    ],
)
def test_what_undercuts_the_floor_is_refused_and_named(values: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_settings(values)


def test_what_is_not_set_is_not_sent_and_what_is_new_is_ignored() -> None:
    assert msgspec.json.encode(Settings(idle_limit_s=60)) == b'{"idle_limit_s":60}'
    read = msgspec.json.decode(b'{"gap_s":30,"of_a_later_version":1}', type=Settings)
    assert (read.gap_s, read.idle_limit_s) == (30, UNSET)


def test_the_narrower_goes_before_setting_by_setting_and_weight_by_weight() -> None:
    above = read_settings({"idle_limit_s": 60, "gap_s": 30, "weights": {"os_locked": "certain", "resumed": "nothing"}})
    beneath = read_settings({"gap_s": 40, "weights": {"resumed": "certain"}})
    assert merged(above, beneath) == read_settings(
        {"idle_limit_s": 60, "gap_s": 40, "weights": {"os_locked": "certain", "resumed": "certain"}}
    )
    assert merged() == Settings()
