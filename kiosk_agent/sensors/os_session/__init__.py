"""The session at the operating system: locked, another user, asleep, signed off."""

from kiosk_agent.sensors.os_session.sense import NAME, OsSession

__all__ = ["NAME", "OsSession"]
