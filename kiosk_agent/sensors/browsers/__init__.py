"""Browsers and remote controls beside the agent: noticed, reported, and by policy closed."""
