"""The dashboard's tables, in the reader's words. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import astuple

from kiosk_agent.central.dashboard.asked import address
from kiosk_agent.central.dashboard.compliance import Compliance, Figure, Share
from kiosk_agent.central.dashboard.details import alarm_told, warning_told
from kiosk_agent.central.dashboard.schemas import DeskAlarm, DeskNow, HourMap, Ranked, Step, TrendPoint
from kiosk_agent.central.dashboard.silence import State
from kiosk_agent.central.export.service import Cell as Value
from kiosk_agent.central.pages.formats import Formats, Words
from kiosk_agent.central.pages.tables import Cell, Column, Table
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.wire import v1

PARTS = ("total", "yes", "no", "unknown")
STATE_MARKS = {State.HEARD: "good", State.CLOSED: "", State.UNPROTECTED: "bad"}
SEVERITY_MARKS = {v1.Severity.GREEN: "good", v1.Severity.AMBER: "care", v1.Severity.RED: "bad"}


@dataclass(frozen=True)
class Shown:
    """One of the four numbers."""

    figure: Figure
    share: Share


def shown(numbers: Compliance) -> list[Shown]:
    """All four, in order."""
    return [Shown(figure, numbers.of(figure)) for figure in Figure]


class Tables:
    """Makes them in one language."""

    def __init__(self, t: Words, f: Formats) -> None:
        self._t, self._f = t, f

    def numbers(self, numbers: Compliance) -> Table:
        """The four numbers."""
        t = self._t
        columns = (
            Column(t("figure")),
            *(Column(t(part), is_number=True) for part in PARTS),
            self._percent_column("share"),
            self._percent_column("unknown_share_head"),
        )
        rows = [
            [
                Cell(t(one.figure.value)),
                *(self._count(getattr(one.share, part)) for part in PARTS),
                self._percent(one.share.yes_share),
                self._percent(one.share.unknown_share),
            ]
            for one in shown(numbers)
        ]
        return Table("numbers", t("four_numbers"), columns, rows, note=t("counts_note"))

    def changed(
        self,
        now: Compliance,
        before: Compliance,
        new_head: str = "this_week",
        old_head: str = "week_before",
        note: str = "",
    ) -> Table:
        """A week, or what the heads say, beside the one before."""
        t = self._t
        heads = [t(word) for word in (new_head, old_head)]
        columns = (
            Column(t("figure")),
            *(Column(head, is_number=True, exported=tuple(f"{head} ({t(part)})" for part in PARTS)) for head in heads),
            Column(
                t("difference"), is_number=True, exported=(t("with_unit", head=t("difference"), unit=t("unit_points")),)
            ),
        )
        rows = []
        for figure in Figure:
            new, old = now.of(figure), before.of(figure)
            difference = None
            if new.is_enough and old.is_enough and new.yes_share is not None and old.yes_share is not None:
                difference = new.yes_share - old.yes_share
            exported: tuple[Value, ...] = ("",) if difference is None else (round(difference * 100, 1),)
            told = t("too_few_to_compare") if difference is None else self._f.points(difference)
            rows.append([Cell(t(figure.value)), self._share(new), self._share(old), Cell(told, exported)])
        return Table("changed", t("what_changed"), columns, rows, note=note or t("changed_note"))

    def ranking(self, ranked: Sequence[Ranked], figure: Figure, query: str) -> Table:
        """The children of a place in order; ``query``: the days, for the links."""
        t = self._t
        columns = (
            Column(t("rank"), exported=(t("rank"), t("best"), t("worst"))),
            Column(t("place"), is_name=True),
            *(
                Column(t(one.value), is_number=True, exported=tuple(f"{t(one.value)} ({t(part)})" for part in PARTS))
                for one in Figure
            ),
        )
        rows = []
        for one in ranked:
            if one.rank is None:
                place = Cell(t("too_few"), ("", "", ""))
            else:
                between = "" if one.best == one.worst else t("ranks_may_be", best=one.best, worst=one.worst)
                place = Cell(self._f.number(one.rank), (one.rank, one.best or "", one.worst or ""), between)
            called = one.child.name or t("desk_number", number=one.child.place.key)
            name = Cell(called, href=f"{address(one.child.place)}?{query}")
            rows.append([place, name, *(self._share(one.compliance.of(each)) for each in Figure)])
        caption = t("ranking_of", figure=t(figure.value))
        return Table("ranking", caption, columns, rows, t("children_none"), t("ranking_note"))

    def trend(self, points: Sequence[TrendPoint], figure: Figure, step: Step) -> Table:
        """One number over time."""
        t = self._t
        columns = (
            Column(t(f"step_{step.value}"), is_whole=step is Step.DAY, exported=(t("from"), t("to"))),
            *(Column(t(part), is_number=True) for part in PARTS),
            self._percent_column("share"),
            Column(t("incidents"), is_number=True),
        )
        rows = []
        for one in points:
            share = one.compliance.of(figure)
            rows.append(
                [
                    Cell(self._f.days(one.first, one.last), (one.first, one.last)),
                    *(self._count(getattr(share, part)) for part in PARTS),
                    self._percent(share.yes_share),
                    self._count(one.totals.incidents),
                ]
            )
        return Table("trend", t("trend_of", figure=t(figure.value)), columns, rows, t("no_days"))

    def hours(self, found: HourMap) -> Table:
        """Visits by hour and weekday, with the sums of both."""
        t, days = self._t, range(7)
        columns = (
            Column(t("hour")),
            *(Column(t(f"weekday_{day}"), is_number=True) for day in days),
            Column(t("total"), is_number=True),
        )
        rows = []
        for hour in found.hours:
            counts = [found.cells.get((day, hour), 0) for day in days]
            rows.append([Cell(hour_label(hour)), *map(self._count, [*counts, sum(counts)])])
        sums = [sum(found.cells.get((day, hour), 0) for hour in found.hours) for day in days]
        rows.append([Cell(t("total")), *map(self._count, [*sums, found.visits])])
        return Table("hours", t("hours"), columns, rows if found.telling else [], t("hours_none"), self._told(found))

    def _told(self, found: HourMap) -> str:
        """Of which desks the map is made."""
        t, counted = self._t, self._f.number
        values = {"telling": counted(found.telling), "desks": counted(found.desks)}
        told = t("hours_covers", visits=counted(found.visits), begun=counted(found.begun), **values)
        if not found.names:
            return told
        names = [f"{office} {name or t('desk_number', number=number)}" for office, name, number in found.names]
        return f"{told} {t('hours_desks', names=t('list_comma').join(names))}"

    def desks(self, desks: Sequence[DeskNow], names: Mapping[str, str], *, caption: str, empty: str) -> Table:
        """Desks as they stand."""
        t, f = self._t, self._f
        columns = (
            Column(t("desk"), exported=(t("desk_number_head"), t("desk"))),
            self._office_column(),
            *(Column(t(word)) for word in ("state", "last_heard")),
            Column(t("silent_head"), exported=(t("with_unit", head=t("silent_head"), unit=t("unit_minutes")),)),
            *(Column(t(word)) for word in ("health", "alarms", "version")),
        )
        rows = [
            [
                self._desk(one.name, one.place),
                self._office(one.office, names.get(one.municipality_code, one.municipality_code)),
                Cell(t(f"state_{one.silence.state.value}"), mark=STATE_MARKS[one.silence.state] or "plain"),
                Cell(f.moment(one.reported_at)),
                Cell(f.duration(one.silence.open_s), (round(one.silence.open_s / 60),)),
                self._severity(one),
                self._count(sum(one.alarms.values())),
                Cell(one.agent_version),
            ]
            for one in desks
        ]
        return Table("desks", caption, columns, rows, empty)

    def alarms(self, alarms: Sequence[DeskAlarm], *, caption: str, empty: str) -> Table:
        """What a person has to look at."""
        t, f = self._t, self._f
        columns = (
            Column(t("alarm")),
            Column(t("desk"), exported=(t("desk_number_head"), t("desk"))),
            self._office_column(),
            *(Column(t(word)) for word in ("first_seen", "last_seen", "times", "detail")),
        )
        rows = [
            [
                Cell(t(f"alarm_{one.kind.value}")),
                self._desk(one.name, one.desk),
                self._office(one.office, one.municipality),
                Cell(f.moment(one.first_at)),
                Cell(f.moment(one.last_at)),
                self._count(one.times),
                Cell(alarm_told(one.kind, one.subject, one.detail, t, f), (f"{one.subject} {one.detail}".strip(),)),
            ]
            for one in alarms
        ]
        return Table("alarms", caption, columns, rows, empty)

    def health(self, desk: DeskNow) -> Table:
        """What the newest report of a desk warns of."""
        t = self._t
        columns = tuple(Column(t(word)) for word in ("warning", "severity", "since"))
        rows = [
            [
                Cell(warning_told(item.code, t), sub=item.code),
                Cell(t(f"severity_{item.severity.value}"), mark=SEVERITY_MARKS[item.severity]),
                Cell(self._f.moment(item.since)),
            ]
            for item in desk.health
        ]
        return Table(
            "health", t("health"), columns, rows, t("health_unknown" if desk.severity is None else "health_good")
        )

    def _desk(self, name: str, desk: Place) -> Cell:
        """A desk as a link; in a file also its number, which is its alone."""
        called = name or self._t("desk_number", number=desk.key)
        return Cell(called, (int(desk.key), called), href=address(desk))

    def _office_column(self) -> Column:
        t = self._t
        return Column(t("office"), is_name=True, exported=(t("office"), t("municipality")))

    def _office(self, office: str, municipality: str) -> Cell:
        """An office with its municipality: offices of many are called alike."""
        return Cell(office, (office, municipality), sub=municipality)

    def _percent_column(self, word: str) -> Column:
        """A share; the page's numbers have the sign themselves, and a file's have none."""
        return Column(self._t(word), is_number=True, exported=(self._t("with_unit", head=self._t(word), unit="%"),))

    def _severity(self, desk: DeskNow) -> Cell:
        if desk.severity is None:
            return Cell(self._t("health_unknown"))
        if not desk.health:
            return Cell(self._t("health_good"))
        return Cell(self._t(f"severity_{desk.severity.value}"), mark=SEVERITY_MARKS[desk.severity])

    def _count(self, number: int) -> Cell:
        return Cell(self._f.number(number), (number,))

    def _percent(self, share: float | None) -> Cell:
        return Cell(self._f.percent(share), ("" if share is None else round(share * 100, 1),))

    def _share(self, share: Share) -> Cell:
        """A share with what is unknown of it; in a file its four counts."""
        values = astuple(share)  # in the order of PARTS
        sub = self._t("of_total", total=self._f.number(share.total))
        if share.unknown:
            sub = f"{sub} {self._t('unknown_share', share=self._f.percent(share.unknown_share))}"
        return Cell(self._f.percent(share.yes_share), values, sub)


def hour_label(hour: int) -> str:
    """From when an hour is."""
    return f"{hour}:00"


def label(first: datetime.date, step: Step) -> str:
    """What stands beneath a bar of a chart."""
    return f"{first.year}-{first.month:02}" if step is Step.MONTH else f"{first.month}/{first.day}"
