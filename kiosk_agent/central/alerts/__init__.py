"""Telling people what needs them: by e-mail and by webhook."""
