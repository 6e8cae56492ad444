"""The queries of signing in through a provider."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.oidc.tables import staff_identities, staff_oidc_flows
from kiosk_agent.central.staff.tables import staff


def add_flow(connection: Connection, state_hash: str, at_ms: int) -> None:
    """A sign-in begins."""
    connection.execute(staff_oidc_flows.insert().values(state_hash=state_hash, made_at_ms=at_ms))


def take_flow(connection: Connection, state_hash: str) -> int | None:
    """Delete it; returns when it began. Of two who ask at once only one gets it."""
    taken = staff_oidc_flows.delete().where(staff_oidc_flows.c.state_hash == state_hash)
    return connection.execute(taken.returning(staff_oidc_flows.c.made_at_ms)).scalar_one_or_none()


def forget_flows(connection: Connection, before_ms: int) -> None:
    """Delete those that nobody came back from; those that somebody else is at are left to them."""
    old = sa.select(staff_oidc_flows.c.state_hash).where(staff_oidc_flows.c.made_at_ms < before_ms)
    picked = old.with_for_update(skip_locked=True)
    connection.execute(staff_oidc_flows.delete().where(staff_oidc_flows.c.state_hash.in_(picked)))


def is_linked(connection: Connection, issuer: str, subject: str) -> bool:
    """Whether an account is this person's at this provider."""
    theirs = sa.and_(staff_identities.c.issuer == issuer, staff_identities.c.subject == subject)
    return connection.execute(sa.select(staff_identities.c.staff_id).where(theirs)).first() is not None


def linked(connection: Connection, issuer: str, subject: str) -> RowMapping | None:
    """The account of this person at this provider, with nobody else changing it until the transaction ends."""
    return _account(connection, sa.and_(staff_identities.c.issuer == issuer, staff_identities.c.subject == subject))


def awaited(connection: Connection, login: str) -> RowMapping | None:
    """The account that awaits this name and that nobody has come for yet; locked likewise."""
    return _account(connection, sa.and_(staff_identities.c.login == login, staff_identities.c.subject.is_(None)))


def link(connection: Connection, staff_id: int, issuer: str, subject: str, at_ms: int) -> None:
    """From now on the account is this person's alone."""
    mine = staff_identities.c.staff_id == staff_id
    connection.execute(staff_identities.update().where(mine).values(issuer=issuer, subject=subject, linked_at_ms=at_ms))


def await_login(connection: Connection, staff_id: int, login: str) -> None:
    """The account awaits this name; whoever came for it before is forgotten."""
    forget_login(connection, staff_id)
    connection.execute(staff_identities.insert().values(staff_id=staff_id, login=login))


def forget_login(connection: Connection, staff_id: int) -> int:
    """Nobody comes for the account through the provider any more; returns how many there were."""
    return connection.execute(staff_identities.delete().where(staff_identities.c.staff_id == staff_id)).rowcount


def owner(connection: Connection, login: str) -> RowMapping | None:
    """Whose login it is, also where somebody has come for it."""
    return _account(connection, staff_identities.c.login == login)


def logins(connection: Connection) -> dict[int, RowMapping]:
    """By account: login, issuer and subject."""
    rows = connection.execute(sa.select(staff_identities)).mappings()
    return {row["staff_id"]: row for row in rows}


def _account(connection: Connection, condition: sa.ColumnElement[bool]) -> RowMapping | None:
    query = sa.select(staff).join(staff_identities, staff_identities.c.staff_id == staff.c.id).where(condition)
    return connection.execute(query.with_for_update()).mappings().one_or_none()
