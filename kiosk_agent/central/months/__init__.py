"""Sums of months that are over: what pages of a year read, in place of a row for each day."""
