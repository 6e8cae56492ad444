"""What people read on the cover before a browser beside the agent is closed."""

from __future__ import annotations

from collections.abc import Callable

from kiosk_agent.hands.panels import closing_panel
from kiosk_agent.hands.stage import Stage
from kiosk_agent.locale import Translate


class ClosingNotice:
    """Tells people on the cover that a browser beside the agent is about to be closed.

    ``stage``: the desk's, once it has one. ``t``: into the language of the support workers, who open browsers here.
    """

    def __init__(self, stage: Callable[[], Stage | None], t: Translate) -> None:
        self._stage = stage
        self._t = t

    def show(self, programs: tuple[str, ...], seconds: float, now: Callable[[], None]) -> None:
        """Tell them; ``now`` is called where they want it done at once."""
        if (stage := self._stage()) is not None:
            stage.show_notice(closing_panel(programs, seconds, self._t), now)

    def hide(self) -> None:
        """It is done."""
        if (stage := self._stage()) is not None:
            stage.hide_notice()
