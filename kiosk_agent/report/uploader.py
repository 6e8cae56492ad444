"""The agent's reports to central, in a task of their own: nothing at the desk ever waits for them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import logging
import math
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from kiosk_agent.clock import Clock
from kiosk_agent.errors import DeskError, LedgerError
from kiosk_agent.health import Health, Severity
from kiosk_agent.ledger import Acknowledged, OutboxState, Outgoing
from kiosk_agent.ledger.facts import COUNTS_ALONE, NOTHING, Wanted
from kiosk_agent.report.backoff import Chance, backlog_wait_s, failed_wait_s, first_wait_s, regular_wait_s
from kiosk_agent.report.client import Client, NewPolicy, NotCentral, Refused, Unreachable
from kiosk_agent.report.commands import Commands
from kiosk_agent.report.enrolment import Enrolment, read_enrolment, read_token
from kiosk_agent.report.keystore import KeystoreError
from kiosk_agent.report.notices import Notices
from kiosk_agent.report.outgoing import report_of
from kiosk_agent.report.policy import REFUSED, Kept, PolicyRefusedError, keep, read_kept
from kiosk_agent.report.pseudonyms import read_key
from kiosk_agent.report.state import CentralState
from kiosk_agent.wire import v1
from kiosk_agent.wire.policy import PolicyAnswer, Settings, reports_incidents, reports_visits

log = logging.getLogger(__name__)

QUIET_S = 900.0  # a server that is restarted, or a network that comes and goes, is nothing to show at the desk
POLICY_EVERY_S = 300.0  # an answer "unchanged" costs next to nothing; nobody needs a policy sooner
FUTURE_AGAIN_S = 3600.0  # a day that has not come where central is
EVERY_S = 60.0  # until central says otherwise
ENVELOPE = "everything but what is in its lists"


class Code(enum.StrEnum):
    """The warnings about central; docs/central.md says what to do about each."""

    UNREACHABLE = "central_unreachable"
    NOT_CENTRAL = "central_not_central"
    REFUSES = "central_refuses"
    NOT_ENROLLED = "central_not_enrolled"
    CANNOT = "central_cannot_report"
    SET_ASIDE = "central_set_aside"
    BROKEN = "central_report_broken"
    POLICY_REFUSED = REFUSED


class Outbox(Protocol):
    """The ledger as the reports see it. All of it raises LedgerError."""

    async def report_to(self, recipient: str) -> None: ...

    async def next_report(
        self, most_days: int, later: frozenset[str] = frozenset(), wanted: Wanted = COUNTS_ALONE
    ) -> Outgoing: ...

    async def acknowledge(self, taken: Acknowledged) -> None: ...

    async def outbox_state(self) -> OutboxState: ...


class Uploader:
    """Reports as long as :meth:`run` runs."""

    def __init__(
        self,
        url: str,
        data_dir: Path,
        outbox: Outbox,
        health: Health,
        clock: Clock,
        connect: Callable[[], Client],
        changed: Callable[[], None] = lambda: None,
        *,
        check_policy: Callable[[Settings], object] = lambda settings: settings,
        policy_kept: Callable[[PolicyAnswer], None] = lambda _answer: None,
        commands: Commands | None = None,
        notices: Notices | None = None,
        digest_of_disk: Callable[[str], str | None] = lambda _epoch: None,
        chance: Chance = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``connect`` may block; ``changed`` is called whenever :attr:`state` is another one.

        ``digest_of_disk`` tells the disk of the ledger with this epoch, and may block. ``check_policy`` raises
        PolicyRefusedError for a policy that this desk cannot keep to; ``policy_kept`` is told one that it can.
        """
        self._url = url.rstrip("/")
        self._data_dir = data_dir
        self._outbox = outbox
        self._health = health
        self._clock = clock
        self._connect = connect
        self._changed = changed
        self._check_policy = check_policy
        self._policy_kept = policy_kept
        self._commands = commands
        self._notices = notices
        self._notices_at = -math.inf  # when they were asked for
        self._digest_of_disk = digest_of_disk
        self._disk: tuple[str, str | None] = ("", None)  # of which ledger, and its disk's digest
        self._chance = chance
        self._sleep = sleep
        self._client: Client | None = None
        self._enrolled: tuple[Enrolment, str] | None = None
        self._every_s = EVERY_S
        self._failures = 0
        self._failing_since = 0.0  # the first failure of those in a row; the time in which the PC slept before is none
        self._most_days = v1.MOST_DAYS
        self._suspect: tuple[str, int, str] | None = None  # a day whose report was refused whole: day, entry, why
        self._policy_at = -math.inf  # when it was asked for
        self._refused_tag = ""  # of the policy that was refused last: it is not fetched again and again
        self._not_before: dict[str, float] = {}  # day → when it is tried again
        self.state = CentralState(url=self._url)

    async def run(self) -> None:
        """Until cancelled."""
        wait_s = first_wait_s(self._every_s, self._chance)
        try:
            while True:
                await self._sleep(wait_s)
                wait_s = await self.round()
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of the connection; another round makes a new one."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def round(self) -> float:
        """One report; returns the seconds until the next. Whatever goes wrong is shown, and tried again."""
        try:
            return await self._round()
        except LedgerError as error:  # the ledger's own warning says what is to be done
            return self._failed(f"the ledger: {error}")
        except (DeskError, KeystoreError) as error:
            remedy = str(error.remedy) if isinstance(error, DeskError) else "Sign in to this PC as the desk's user."
            self._warn(Code.CANNOT, f"Nothing is reported: {error.args[0]}", remedy)
            return self._failed(str(error))
        except Exception as error:
            log.exception("a report could not be made")
            kind = type(error).__name__
            self._warn(Code.BROKEN, f"A report could not be made: {kind}.", "Please tell your IT desk.")
            return self._failed(kind)

    async def _round(self) -> float:
        enrolled = await self._who()
        if enrolled is None:
            return regular_wait_s(EVERY_S, self._chance)
        if self._client is None:
            self._client = await asyncio.to_thread(self._connect)
        _, token = enrolled
        now = self._clock.now()
        later = frozenset(day for day, at in self._not_before.items() if at > now)
        wanted = await self._wanted()
        outgoing = await self._outbox.next_report(self._most_days, later, wanted)
        warnings = self._health.warnings
        if self._most_days != v1.MOST_DAYS:
            # while the cause of a refusal is looked for, a report holds nothing but its days
            outgoing, warnings = dataclasses.replace(outgoing, facts=NOTHING), []
        disk = await self._disk_of(outgoing.epoch)
        key = await asyncio.to_thread(read_key, self._data_dir) if outgoing.facts.visits else None
        report = report_of(outgoing, self._clock.wall(), warnings, disk, key)
        answer = await self._client.report(report, token)
        match answer:
            case v1.ReportAnswer():
                wait_s = await self._taken(outgoing, report, answer)
                client = self._client
                await self._fetch_policy(client, token)
                await self._exchange_notices(client, token)
                if self._commands is not None and (answer.commands_waiting or self._commands.has_results):
                    await self._commands.exchange(client, token, enrolled[0].desk_id)
                return wait_s
            case Refused() if answer.is_the_body:
                return await self._body_refused(outgoing, answer, alone=not report.health)
            case Unreachable():
                return await self._unreachable(answer)
            case NotCentral():
                why, remedy = f"What answers is not central: {answer.why}.", "Check central.url, proxy and network."
                self._warn(Code.NOT_CENTRAL, why, remedy)
            case Refused():
                if answer.status == 401:
                    self._enrolled = None  # read it once more: this desk may have been enrolled anew
                why = f"Central refuses this desk: {answer.detail} ({answer.status} {answer.code})."
                self._warn(Code.REFUSES, why, "Enrol this desk anew, or ask whoever runs central.")
        return await self._kept(str(answer.why) if isinstance(answer, NotCentral) else f"{answer.status} {answer.code}")

    async def _wanted(self) -> Wanted:
        """What else than counts central's policy wants to be told."""
        kept = await asyncio.to_thread(read_kept, self._data_dir, self._url)
        settings = Settings() if kept is None else kept.answer.settings
        return Wanted(reports_visits(settings), reports_incidents(settings))

    async def _disk_of(self, epoch: str) -> str | None:
        if self._disk[0] != epoch:
            self._disk = (epoch, await asyncio.to_thread(self._digest_of_disk, epoch))
        return self._disk[1]

    async def _who(self) -> tuple[Enrolment, str] | None:
        """Who this desk is to central; None where it is not enrolled there."""
        enrolment = await asyncio.to_thread(read_enrolment, self._data_dir)
        if enrolment is None or enrolment.url != self._url:
            why = f"This desk is not enrolled at {self._url}: nothing is reported."
            self._warn(Code.NOT_ENROLLED, why, "Run: kiosk-agent enroll")
            self._enrolled = None
            await self._show("not enrolled")
            return None
        if self._enrolled is None or self._enrolled[0] != enrolment:
            token = await asyncio.to_thread(read_token, self._data_dir, enrolment)
            await self._outbox.report_to(enrolment.url)
            self._enrolled = (enrolment, token)
            self._every_s = enrolment.report_every_s
        self._health.recover(Code.NOT_ENROLLED)
        return self._enrolled

    async def _taken(self, outgoing: Outgoing, report: v1.Report, answer: v1.ReportAnswer) -> float:
        """Central has it, but for what it names."""
        days = {one.day: one.changed_seq for one in outgoing.days}
        aside = {}
        if self._suspect is not None and not outgoing.days:  # without that day it is taken: it was the day
            day, seq, why = self._suspect
            days[day], aside[day] = seq, why
        self._suspect, self._most_days = None, v1.MOST_DAYS
        names = _names_of(outgoing, report)
        for item in answer.items:
            if not 0 <= item.index < len(names[item.where]):
                continue  # of no item of this report: nothing follows from it
            name = names[item.where][item.index]
            if any(problem.code is v1.ProblemCode.FUTURE for problem in item.problems):
                days.pop(name, None)
                self._not_before[name] = self._clock.now() + FUTURE_AGAIN_S
                continue
            prefix = "" if item.where is v1.ItemKind.DAYS else item.where.value
            for problem in item.problems:
                aside[" ".join(filter(None, (prefix, name, problem.at)))] = problem.expected[:200]
        await self._outbox.acknowledge(Acknowledged(days, answer.chain.entries, aside, outgoing.facts))
        self._every_s = answer.report_every_s
        if self._failures:
            log.info("reports are taken again")
        self._failures = 0
        for code in (Code.UNREACHABLE, Code.NOT_CENTRAL, Code.REFUSES, Code.CANNOT, Code.BROKEN):
            self._health.recover(code)
        state = await self._show("", acknowledged=self._clock.wall())
        self._warn_of_set_aside(state)
        due = state.waiting_days > len(self._later()) or outgoing.facts.more
        return backlog_wait_s(self._chance) if due else regular_wait_s(self._every_s, self._chance)

    async def _exchange_notices(self, client: Client, token: str) -> None:
        if self._notices is None:
            return
        self._notices.look()
        if self._clock.now() - self._notices_at >= POLICY_EVERY_S or self._notices.has_read:
            self._notices_at = self._clock.now()
            await self._notices.exchange(client, token)

    async def _fetch_policy(self, client: Client, token: str) -> None:
        """Ask whether central has another policy, and keep it. Where that fails, the one that is kept goes on."""
        if self._clock.now() - self._policy_at < POLICY_EVERY_S:
            return
        self._policy_at = self._clock.now()
        kept = await asyncio.to_thread(read_kept, self._data_dir, self._url)
        answer = await client.policy(token, self._refused_tag or (kept.tag if kept is not None else ""))
        if not isinstance(answer, NewPolicy):
            return  # unchanged; or what goes wrong with reports, too, and is shown there
        try:
            self._check_policy(answer.answer.settings)
        except PolicyRefusedError as error:
            self._refused_tag = answer.tag
            self._warn(Code.POLICY_REFUSED, error.args[0], str(error.remedy))
            return
        self._refused_tag = ""
        fresh = Kept(self._url, answer.tag, answer.answer)
        try:
            await asyncio.to_thread(keep, self._data_dir, fresh)
        except OSError as error:
            log.warning("central's policy cannot be kept: %s", error)
            return
        self._health.recover(Code.POLICY_REFUSED)
        self._policy_kept(fresh.answer)

    async def _body_refused(self, outgoing: Outgoing, answer: Refused, *, alone: bool) -> float:
        """The report cannot be taken as it is: find the day that it is because of, and set that one alone aside."""
        why = f"{answer.status} {answer.code}: {answer.detail}"
        if outgoing.days:
            if len(outgoing.days) == 1 and alone:
                (day,) = outgoing.days
                self._suspect, self._most_days = (day.day, day.changed_seq, why), 0
            else:
                self._most_days = max(1, len(outgoing.days) // 2)
            await self._show(why)
            return backlog_wait_s(self._chance)
        self._suspect, self._most_days = None, v1.MOST_DAYS
        self._warn(
            Code.REFUSES,
            f"Central refuses {ENVELOPE}: {answer.detail} ({answer.status} {answer.code}).",
            "Install the agent that fits this central.",
        )
        return await self._kept(why)

    async def _unreachable(self, answer: Unreachable) -> float:
        if self._failures and self._clock.now() - self._failing_since >= QUIET_S:
            remedy = "Everything is kept, and sent once central answers. Check the network and central.url."
            self._warn(Code.UNREACHABLE, f"Central has not been reached for a while: {answer.why}.", remedy)
        return await self._kept(str(answer.why), answer.retry_after_s)

    async def _kept(self, why: str, asked_s: float | None = None) -> float:
        wait_s = self._failed(why, asked_s)
        if self._client is not None:  # the next one looks anew for proxy and certificates
            client, self._client = self._client, None
            await client.close()
        await self._show(why)
        return wait_s

    def _failed(self, why: str, asked_s: float | None = None) -> float:
        self._failures += 1
        if self._failures == 1:
            self._failing_since = self._clock.now()
            log.warning("a report has not been taken: %s", why)
        return failed_wait_s(self._failures, asked_s, self._chance)

    def _later(self) -> list[str]:
        now = self._clock.now()
        self._not_before = {day: at for day, at in self._not_before.items() if at > now}
        return list(self._not_before)

    async def _show(self, problem: str, acknowledged: datetime.datetime | None = None) -> OutboxState:
        outbox = await self._outbox.outbox_state()
        state = CentralState(
            url=self._url,
            desk_id=self._enrolled[0].desk_id if self._enrolled is not None else None,
            acknowledged=acknowledged or self.state.acknowledged,
            waiting_days=outbox.waiting_days,
            dropped_days=outbox.dropped_days,
            set_aside=len(outbox.set_aside),
            problem=problem,
        )
        if state != self.state:
            self.state = state
            self._changed()
        return outbox

    def _warn(self, code: Code, detail: str, remedy: str) -> None:
        self._health.fail(code, Severity.AMBER, detail, remedy)

    def _warn_of_set_aside(self, outbox: OutboxState) -> None:
        if not outbox.set_aside:
            self._health.recover(Code.SET_ASIDE)
            return
        names = ", ".join(list(outbox.set_aside)[:3])
        self._warn(
            Code.SET_ASIDE,
            f"Central has refused {len(outbox.set_aside)} items for good: {names}.",
            "kiosk-agent doctor says why; tell whoever runs central.",
        )


def _names_of(outgoing: Outgoing, report: v1.Report) -> dict[v1.ItemKind, list[str]]:
    """How each item of the report is called, where it is refused."""
    return {
        v1.ItemKind.DAYS: [one.day for one in outgoing.days],
        v1.ItemKind.HEALTH: [one.code for one in report.health],
        v1.ItemKind.VISITS: [str(one.number) for one in report.visits],
        v1.ItemKind.INCIDENTS: [str(one.seq) for one in report.incidents],
    }
