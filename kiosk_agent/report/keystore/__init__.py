"""Where the desk's token is kept: in the operating system's own keystore, else in a file for this user alone."""

from kiosk_agent.report.keystore.choose import keep, read, remove
from kiosk_agent.report.keystore.kinds import KeptIn, KeystoreError

__all__ = ["KeptIn", "KeystoreError", "keep", "read", "remove"]
