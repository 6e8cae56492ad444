"""Whether the server can work."""
