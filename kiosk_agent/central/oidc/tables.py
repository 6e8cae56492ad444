"""The tables of signing in through a provider."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import metadata

# Of an account that may come through the provider: by which name it is awaited there, and who came first.
staff_identities = sa.Table(
    "staff_identities",
    metadata,
    sa.Column("staff_id", sa.ForeignKey("staff.id"), primary_key=True, autoincrement=False),
    sa.Column("login", sa.String(320), nullable=False, unique=True),  # the longest e-mail address (RFC 3696, errata)
    sa.Column("issuer", sa.Text),
    sa.Column("subject", sa.String(255)),  # OpenID Connect Core 1.0, 2: at most 255 characters
    sa.Column("linked_at_ms", sa.BigInteger),
    sa.UniqueConstraint("issuer", "subject"),
)
# Sign-ins that are under way.
staff_oidc_flows = sa.Table(
    "staff_oidc_flows",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False, index=True),
)
