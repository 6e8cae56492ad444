"""Policies: what the nation, a prefecture, a municipality, an office and a desk set, inherited downwards."""
