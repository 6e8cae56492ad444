"""Alembic runs this for every migration, on the connection that ``migrate`` hands over."""

from __future__ import annotations

from alembic import context

from kiosk_agent.central.alerts import tables as _alerts  # noqa: F401
from kiosk_agent.central.commands import tables as _commands  # noqa: F401  # adds its tables to the metadata
from kiosk_agent.central.database.tables import metadata
from kiosk_agent.central.incidents import tables as _incidents  # noqa: F401
from kiosk_agent.central.notices import tables as _notices  # noqa: F401
from kiosk_agent.central.oidc import tables as _oidc  # noqa: F401
from kiosk_agent.central.policy import tables as _policy  # noqa: F401  # adds its tables to the metadata
from kiosk_agent.central.staff import tables as _staff  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
