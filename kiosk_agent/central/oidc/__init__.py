"""Signing in through an OpenID provider of the office's own, beside the accounts' passwords."""
