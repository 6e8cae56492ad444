"""Session-hygiene agent for municipal help desks."""

__version__ = "0.1.0"
