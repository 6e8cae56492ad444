"""Another card → shield, whole agent. The reader's own polling, which is not ours, is seen beside it and taken off."""

from __future__ import annotations

import asyncio
import os
import threading

from msgspec.structs import replace

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import CardReader
from kiosk_agent.hands.stage import Moment
from kiosk_agent.sensors.card.monitor import Monitor, Readers
from kiosk_agent.sensors.card.pcsc import SystemPcsc
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import StateName
from tests.bench.desk import NONE, Bench, open_bench
from tests.bench.figures import Figure, Goal
from tests.bench.visit import first
from tests.support.card_world import SOCKET_VARIABLE, CardWorld, storage_card, what_is_missing

WAIT_S = 30.0


class Witness:
    """Another program that waits for cards: when PC/SC tells of one."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._seen = threading.Event()
        self.seen_at = 0.0
        self._had_card = False
        self._monitor = Monitor(SystemPcsc(), self._changed, lambda _trouble, _text: None)
        self._monitor.start()

    def _changed(self, readers: Readers) -> None:
        has_card = any(reader.has_card for reader in readers.values())
        if has_card and not self._had_card:
            self.seen_at = self._clock.now()
            self._seen.set()
        self._had_card = has_card

    def forget(self) -> None:
        """Wait for the next one."""
        self._seen.clear()

    async def see(self) -> float:
        """When the next card was told of."""
        if not await asyncio.to_thread(self._seen.wait, WAIT_S):
            raise TimeoutError("PC/SC tells of no card")
        return self.seen_at

    def stop(self) -> None:
        self._monitor.stop()


async def one_visit(bench: Bench, world: CardWorld, witness: Witness) -> dict[str, float]:
    """A visit with one card, ended by another; milliseconds."""
    start = len(bench.observed)
    witness.forget()
    world.put(storage_card(1))
    await witness.see()
    await bench.worker.start_visit()
    await bench.resident.sign_in()
    world.take()
    world.wait_until_empty()
    witness.forget()
    put_at = SystemClock().now()
    await asyncio.to_thread(world.put, storage_card(2))
    told_at = await witness.see()
    await bench.hall.until(StateName.CONFIRMING)
    shown_at = first(bench.since(start), Moment, what="shield_shown")
    await bench.worker.confirm()
    world.take()
    world.wait_until_empty()
    return {"whole": (shown_at - put_at) * 1000, "beyond": (shown_at - told_at) * 1000}


async def measure(runs: int) -> list[Figure]:
    """With the real pcscd and a virtual reader."""
    missing = what_is_missing()
    if missing:
        raise SystemExit(f"card is not measured: {missing}")
    with CardWorld() as world:
        os.environ[SOCKET_VARIABLE] = str(world.socket)
        witness = Witness()
        async with open_bench(Policy(idle_limit_s=600.0, gap_s=600.0), replace(NONE, card=CardReader())) as bench:
            await bench.hall.until(StateName.GATE)
            await one_visit(bench, world, witness)
            rows = [await one_visit(bench, world, witness) for _ in range(runs)]
        witness.stop()
    columns = {name: tuple(row[name] for row in rows) for name in rows[0]}
    return [
        Figure("another card → shield acknowledged", "ms", columns["whole"], note="with the reader's polling"),
        Figure("… beyond the reader's own polling", "ms", columns["beyond"], Goal(1000.0)),
    ]
