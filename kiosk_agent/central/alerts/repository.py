"""The queries of alerts, recipients and messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.alerts.schemas import (
    Alert,
    AlertKind,
    Channel,
    Content,
    Delivery,
    Finding,
    Language,
    Message,
    Recipient,
    State,
    Told,
    What,
)
from kiosk_agent.central.alerts.tables import alert_lease, alert_messages, alert_recipients, alert_told, alerts
from kiosk_agent.central.database.tables import municipalities, offices
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff.scoping import within
from kiosk_agent.text import Text

_content = msgspec.json.Decoder(Content)


def hold_lease(connection: Connection, holder: str, at_ms: int, until_ms: int) -> bool:
    """Take or keep the right to send; False where another has it. The row stays locked until the transaction ends."""
    free = sa.or_(alert_lease.c.holder == holder, alert_lease.c.until_ms <= at_ms)
    taken = alert_lease.update().where(alert_lease.c.id == 1, free).values(holder=holder, until_ms=until_ms)
    return connection.execute(taken).rowcount == 1


def free_lease(connection: Connection, holder: str) -> None:
    """Give it up."""
    connection.execute(alert_lease.update().where(alert_lease.c.holder == holder).values(until_ms=0))


def active(connection: Connection) -> list[Alert]:
    """The alerts that are not resolved."""
    rows = connection.execute(sa.select(alerts).where(alerts.c.resolved_at_ms.is_(None)).order_by(alerts.c.id))
    return [alert_of(row) for row in rows.mappings()]


def resolved_since(connection: Connection, at_ms: int) -> list[Alert]:
    """Alerts resolved since then of which somebody was told that they are there, and not that they are over."""
    waiting = sa.select(alert_told.c.alert_id).where(
        alert_told.c.alert_id == alerts.c.id, alert_told.c.what != What.RESOLVED.value
    )
    query = sa.select(alerts).where(alerts.c.resolved_at_ms >= at_ms, waiting.exists()).order_by(alerts.c.id)
    return [alert_of(row) for row in connection.execute(query).mappings()]


def visible(
    connection: Connection, scope: Place, *, resolved_since_ms: int | None = None, most: int | None = None
) -> list[RowMapping]:
    """The alerts of a scope with their places; those that are resolved only since then, where that is said.

    ``most``: at most so many, those that nobody sees to first, then the newest.
    """
    shown: sa.ColumnElement[bool] = alerts.c.resolved_at_ms.is_(None)
    if resolved_since_ms is not None:
        shown = sa.or_(shown, alerts.c.resolved_at_ms >= resolved_since_ms)
    chosen = sa.and_(_within(scope), shown)
    order: list[sa.ColumnElement[Any]] = [alerts.c.resolved_at_ms.is_not(None), alerts.c.id]
    if most is not None:
        attended = alerts.c.state.not_in([State.OPEN.value, State.NOTIFIED.value])
        order = [order[0], attended, alerts.c.opened_at_ms.desc(), alerts.c.id.desc()]
        # first which: a nation may have thousands, and the names of all their places would be looked up to be sorted
        chosen = alerts.c.id.in_(sa.select(alerts.c.id).where(chosen).order_by(*order).limit(most))
    query = _with_places().where(chosen).order_by(*order)
    return list(connection.execute(query).mappings())


def places_of(connection: Connection, ids: Iterable[int]) -> dict[int, RowMapping]:
    """Alerts with the names of their places, by number."""
    rows = connection.execute(_with_places().where(alerts.c.id.in_(list(ids)))).mappings()
    return {row["id"]: row for row in rows}


def find(connection: Connection, scope: Place, alert_id: int) -> Alert | None:
    """An alert within a scope, locked; None where there is none to be seen."""
    query = sa.select(alerts).where(alerts.c.id == alert_id, _within(scope)).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else alert_of(row)


def open_alerts(connection: Connection, found: Sequence[Finding], at_ms: int) -> None:
    """Add alerts."""
    if found:
        rows = [
            {
                "kind": one.kind.value,
                "office_id": one.office_id,
                "municipality_code": one.municipality_code,
                "state": State.OPEN.value,
                "amount": one.amount,
                "total": one.total,
                "fresh": one.fresh,
                "measure": one.measure,
                "opened_at_ms": at_ms,
            }
            for one in found
        ]
        connection.execute(alerts.insert(), rows)


def store(connection: Connection, alert: Alert) -> None:
    """Change an alert."""
    values = msgspec.to_builtins(alert)
    connection.execute(alerts.update().where(alerts.c.id == values.pop("id")).values(**values))


def notify(connection: Connection, ids: Iterable[int]) -> None:
    """Note that somebody was told of them."""
    changed = alerts.update().where(alerts.c.id.in_(list(ids)), alerts.c.state == State.OPEN.value)
    connection.execute(changed.values(state=State.NOTIFIED.value))


def alert_of(row: RowMapping) -> Alert:
    """The alert of a row."""
    values: dict[str, Any] = {name: row[name] for name in Alert.__struct_fields__}
    return Alert(**{**values, "kind": AlertKind(row["kind"]), "state": State(row["state"])})


def recipients(connection: Connection) -> list[Recipient]:
    """All that were not removed."""
    query = sa.select(alert_recipients).where(alert_recipients.c.removed_at_ms.is_(None))
    rows = connection.execute(query.order_by(alert_recipients.c.id)).mappings()
    return [recipient_of(row) for row in rows]


def recipient_of(row: RowMapping) -> Recipient:
    """The recipient of a row."""
    return Recipient(
        row["id"],
        Channel(row["channel"]),
        row["address"],
        Place(Level(row["scope"]), row["scope_code"]),
        frozenset(AlertKind(kind) for kind in row["kinds"].split()),
        Language(row["language"]),
        row["last_at_ms"],
    )


def add_recipient(connection: Connection, one: Recipient, at_ms: int) -> int:
    """Add one; returns its number."""
    values = {
        "channel": one.channel.value,
        "address": one.address,
        "scope": one.scope.level.value,
        "scope_code": one.scope.key,
        "kinds": " ".join(sorted(one.kinds)),
        "language": one.language.value,
        "added_at_ms": at_ms,
    }
    made = alert_recipients.insert().values(**values).returning(alert_recipients.c.id)
    return int(connection.execute(made).scalar_one())


def remove_recipient(connection: Connection, number: int, at_ms: int) -> str | None:
    """Tell them nothing more, also of what is waiting; returns the address, None where there is none."""
    row = alert_recipients.c
    done = alert_recipients.update().where(row.id == number, row.removed_at_ms.is_(None)).values(removed_at_ms=at_ms)
    address = connection.execute(done.returning(row.address)).scalar_one_or_none()
    if address is not None:
        waiting = alert_messages.update().where(alert_messages.c.recipient_id == number, _waiting())
        connection.execute(waiting.values(given_up_at_ms=at_ms, error=Text("the recipient was removed").packed()))
    return address


def told(connection: Connection, ids: Iterable[int]) -> list[Told]:
    """What was told of these alerts."""
    rows = connection.execute(sa.select(alert_told).where(alert_told.c.alert_id.in_(list(ids)))).mappings()
    return [Told(**{**row, "what": What(row["what"])}) for row in rows]


def note_told(connection: Connection, rows: Sequence[Told]) -> None:
    """Remember what is being told."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(alert_told)
    changed = {name: new.excluded[name] for name in ("what", "at_ms", "acknowledged_at_ms")}
    values = [msgspec.to_builtins(one) for one in rows]
    connection.execute(new.on_conflict_do_update(index_elements=["alert_id", "recipient_id"], set_=changed), values)


def add_message(connection: Connection, key: str, recipient_id: int, content: Content, at_ms: int) -> None:
    """Put a message on its way."""
    text = msgspec.json.encode(content).decode()
    connection.execute(
        alert_messages.insert().values(
            key=key, recipient_id=recipient_id, content=text, made_at_ms=at_ms, attempts=0, next_at_ms=at_ms
        )
    )
    mine = alert_recipients.c.id == recipient_id
    connection.execute(alert_recipients.update().where(mine).values(last_at_ms=at_ms))


def next_message(connection: Connection, at_ms: int, channel: Channel | None = None) -> Message | None:
    """The message whose try is due, the oldest first; ``channel``: only of that one."""
    columns = [column for column in alert_messages.c if column.name != "id"]
    query = (
        sa.select(alert_messages.c.id.label("message_id"), *columns, alert_recipients)
        .join(alert_recipients, alert_recipients.c.id == alert_messages.c.recipient_id)
        .where(_waiting(), alert_messages.c.next_at_ms <= at_ms)
        .order_by(alert_messages.c.made_at_ms, alert_messages.c.id)
        .limit(1)
    )
    if channel is not None:
        query = query.where(alert_recipients.c.channel == channel.value)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    content = _content.decode(row["content"])
    made_at_ms, attempts = row["made_at_ms"], row["attempts"]
    return Message(row["message_id"], row["key"], recipient_of(row), content, made_at_ms, attempts)


def change_message(connection: Connection, message_id: int, **values: Any) -> None:
    """Change columns of a message."""
    connection.execute(alert_messages.update().where(alert_messages.c.id == message_id).values(**values))


def deliveries(connection: Connection) -> list[Delivery]:
    """The messages that have not arrived: those that wait, and those that were given up."""
    columns = [alert_messages.c[name] for name in Delivery.__struct_fields__]
    query = sa.select(*columns).where(alert_messages.c.sent_at_ms.is_(None)).order_by(alert_messages.c.id)
    return [Delivery(**row) for row in connection.execute(query).mappings()]


def forget_messages(connection: Connection, before_ms: int) -> None:
    """Delete those that are done with and older."""
    connection.execute(alert_messages.delete().where(~_waiting(), alert_messages.c.made_at_ms < before_ms))


def _waiting() -> sa.ColumnElement[bool]:
    return sa.and_(alert_messages.c.sent_at_ms.is_(None), alert_messages.c.given_up_at_ms.is_(None))


def _within(scope: Place) -> sa.ColumnElement[bool]:
    return within(scope, municipality=alerts.c.municipality_code, office=alerts.c.office_id)


def _with_places() -> sa.Select[Any]:
    named = [municipalities.c.prefecture, municipalities.c.name.label("municipality"), offices.c.name.label("office")]
    return (
        sa.select(alerts, *named)
        .join(offices, offices.c.id == alerts.c.office_id)
        .join(municipalities, municipalities.c.code == alerts.c.municipality_code)
    )
