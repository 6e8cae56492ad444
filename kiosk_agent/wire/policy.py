"""Version 1 of the policy that a desk gets from central: what is set there, each field with its floor.

A field that is not there is not set by central: the desk's own file, and its preset, say it. No bound here is wider
than the agent's own, so that no policy of central's can undercut the agent's floor.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kiosk_agent import reasons
from kiosk_agent.errors import KioskError
from kiosk_agent.text import Text
from kiosk_agent.wire.counters import END
from kiosk_agent.wire.v1 import LARGEST_NUMBER

LARGEST_POLICY_BYTES = 20_000
MOST_SENSES = 10
OF_CENTRAL = ("silent_desk",)  # settings that say what central does, and nothing of the desk
SenseName = Annotated[str, Meta(pattern=rf"^[a-z][a-z_]*{END}", max_length=32)]
SignalName = Annotated[str, Meta(pattern=rf"^[a-z][a-z_]*{END}", max_length=40)]
SHORTEST_IDLE_S, SHORTEST_WARNING_S = 3.0, 20.0
# What a preset sets itself, so that no desk's own file says it any more. The warning is not among it.
IDLE_OF_PRESETS = {"strict": 90.0, "standard": 120.0, "lenient": 120.0}
# What says for certain that another person is there stays so under every policy.
ALWAYS_CERTAIN = frozenset(
    {"next_person", "account_different", "card_different", "os_user_changed", "foreign_window_stuck"}
)


class Preset(enum.StrEnum):
    """A policy as a whole; what is set besides goes before it."""

    STRICT = "strict"
    STANDARD = "standard"
    LENIENT = "lenient"


class Mark(enum.StrEnum):
    """What a support worker signs a confirmation with."""

    NONE = "none"
    INITIALS = "initials"
    STAFF_NUMBER = "staff_number"


class Weight(enum.StrEnum):
    """How much a sign of another person weighs."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    NOTHING = "nothing"


class SilentDesk(enum.StrEnum):
    """What central does when a single desk is silent while its office is open."""

    LIST = "list"  # it stands among what needs a person
    ALERT = "alert"  # people are told of it, too


class SettingsError(KioskError):
    """What somebody wrote cannot be a policy; ``why`` is part of a sentence."""

    def __init__(self, why: str | Text) -> None:
        super().__init__(str(why))
        self.why = why

    def parts(self) -> tuple[str | Text, ...]:
        return (self.why,)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What central sets of a desk's policy. Times in seconds."""

    preset: Preset | UnsetType = UNSET
    idle_limit_s: Annotated[float, Meta(ge=SHORTEST_IDLE_S, le=900)] | UnsetType = UNSET
    warning_s: Annotated[float, Meta(ge=SHORTEST_WARNING_S, le=300)] | UnsetType = UNSET  # WCAG 2.2, 2.2.1
    max_visit_s: Annotated[float, Meta(ge=60, le=14400)] | UnsetType = UNSET
    max_extensions: Annotated[int, Meta(ge=10, le=1000)] | UnsetType = UNSET  # WCAG 2.2, 2.2.1
    gap_s: Annotated[float, Meta(ge=5, le=900)] | UnsetType = UNSET
    challenge_s: Annotated[float, Meta(ge=20, le=600)] | UnsetType = UNSET
    card_absent_grace_s: Annotated[float, Meta(ge=1, le=900)] | UnsetType = UNSET
    card_wait_s: Annotated[float, Meta(ge=5, le=120)] | UnsetType = UNSET
    mark: Mark | UnsetType = UNSET
    mandatory_senses: Annotated[tuple[SenseName, ...], Meta(max_length=MOST_SENSES)] | UnsetType = UNSET
    weights: Annotated[dict[SignalName, Weight], Meta(max_length=50)] | UnsetType = UNSET
    # What leaves the desk beside the counts. They change nothing of what the desk does.
    report_visits: bool | UnsetType = UNSET  # facts of each visit; not set: none
    report_incidents: bool | UnsetType = UNSET  # kind and moment of each incident; not set: all
    # Central's own: it reaches no desk.
    silent_desk: SilentDesk | UnsetType = UNSET  # not set: list


class PolicyAnswer(msgspec.Struct, frozen=True):
    """A desk's policy, all levels together. ``revision`` grows whenever somebody changed one of them."""

    revision: Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
    settings: Settings


_settings = Settings.__struct_fields__


def read_settings(values: dict[str, Any]) -> Settings:
    """Settings that a person wrote. Raises SettingsError, also for names that are not known."""
    for name in values:
        if name not in _settings:
            known = ", ".join(sorted(_settings))
            raise SettingsError(Text("there is no setting {name} (known: {known})", name=name, known=known))
    try:
        settings = msgspec.convert(values, Settings, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(_with_value(error, values)) from error
    if (problem := contradiction(settings)) is not None:
        raise SettingsError(problem)
    return settings


def _with_value(error: msgspec.ValidationError, values: dict[str, Any]) -> str | Text:
    """What was expected, and what stands there instead where that is a number: of all else only the kind matters."""
    problem = reasons.of_validation(error)
    found = next((value for name, value in values.items() if str(error).endswith(f"`$.{name}`")), None)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return Text("{problem}, not {value}", problem=problem, value=f"{found:g}")
    return problem


def contradiction(settings: Settings) -> Text | None:
    """Why no desk could keep these settings together; None where one can.

    An idle limit that is not set is the preset's, where that is set. All else is the desk's own, and may be the least.
    """
    if settings.weights is not UNSET:
        for name, weight in settings.weights.items():
            if name in ALWAYS_CERTAIN and weight is not Weight.CERTAIN:
                return Text("weights.{name} must be certain: this sign always ends the session", name=name)
    idle, warning, longest, preset = settings.idle_limit_s, settings.warning_s, settings.max_visit_s, settings.preset
    if longest is UNSET:
        return None
    if idle is UNSET:
        idle = SHORTEST_IDLE_S if preset is UNSET else IDLE_OF_PRESETS[preset]
    if warning is UNSET:
        warning = SHORTEST_WARNING_S
    if idle + warning > longest:
        return Text(
            "max_visit_s must be at least {least} (idle_limit_s {idle} + warning_s {warning}): otherwise every visit"
            " ends before its warning can be answered",
            least=f"{idle + warning:g}",
            idle=f"{idle:g}",
            warning=f"{warning:g}",
        )
    return None


def reports_visits(settings: Settings) -> bool:
    """Whether the facts of visits leave the desk: only where somebody has said so."""
    return settings.report_visits is True


def reports_incidents(settings: Settings) -> bool:
    """Whether incidents leave the desk one by one: unless somebody has forbidden it.

    Their kinds and days are among the counts in any case; without the moment nobody could go and look.
    """
    return settings.report_incidents is not False


def merged(*levels: Settings) -> Settings:
    """All of them, the later ones going before; single weights too."""
    values: dict[str, Any] = {}
    for level in levels:
        own = {name: value for name in _settings if (value := getattr(level, name)) is not UNSET}
        if "weights" in own:
            own["weights"] = {**values.get("weights", {}), **own["weights"]}
        values |= own
    return Settings(**values)
