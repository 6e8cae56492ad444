"""The languages at a desk: the one that the visit's resident reads, and the support workers' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk_agent.locale import SPOKEN, Translate, speaker, translator
from kiosk_agent.session.policy import MarkPolicy

# Beside the button that opens the list. Not translated: whoever needs the button cannot read the language it stands in.
BUTTON = "言語 / Language"


class VisitLanguage:
    """What was chosen with the language button for this visit; the desk's language until then, and afterwards.

    It tells something about a person: it lives here alone, in memory, and is never written down.
    """

    def __init__(self, desk: str = "ja", offered: tuple[str, ...] = tuple(SPOKEN)) -> None:
        self._desk = desk
        self._offered = offered
        self._chosen = desk
        self._listeners: list[Callable[[], None]] = []

    @property
    def chosen(self) -> str:
        """A key of :data:`kiosk_agent.locale.SPOKEN`."""
        return self._chosen

    @property
    def offered(self) -> tuple[str, ...]:
        """What the button offers, in this order; with fewer than two there is no button."""
        return self._offered if len(self._offered) > 1 else ()

    @property
    def tag(self) -> str:
        """What was chosen, after BCP 47."""
        return SPOKEN[self._chosen].tag

    @property
    def speak(self) -> Translate:
        """Translates what residents read."""
        return speaker(self._chosen)

    def choose(self, language: str) -> None:
        """The button was pressed; what the desk does not offer changes nothing."""
        if language in self._offered:
            self._become(language)

    def go_back(self) -> None:
        """The visit is over: the next one begins in the desk's language."""
        self._become(self._desk)

    def _become(self, language: str) -> None:
        if language != self._chosen:
            self._chosen = language
            for listener in tuple(self._listeners):
                listener()

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Who hears of another choice; returns what ends it."""
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget


@dataclass(frozen=True)
class Voices:
    """Both at once, for what speaks to both. ``worker``: ``ja`` or ``en``."""

    worker: str
    residents: VisitLanguage

    @property
    def t(self) -> Translate:
        """Translates what support workers read."""
        return translator(self.worker)

    @property
    def worker_tag(self) -> str:
        """The workers' language, after BCP 47."""
        return SPOKEN[self.worker].tag


@dataclass(frozen=True)
class Words:
    """How this desk speaks: its name, its languages, and what a support worker signs with."""

    desk: str
    voices: Voices
    mark: MarkPolicy
