"""Notices: what central's staff tell the support workers, and which desks have read it."""
