"""Municipalities and their offices."""
