"""Input at the PC: never what was typed, only when."""

from kiosk_agent.sensors.input.sense import NAME, PcInput

__all__ = ["NAME", "PcInput"]
