"""Desks: codes, enrolment, tokens."""
