"""A small agent for tests: it does what lines in a named pipe tell it, and says what came of it.

``show KIND``, ``hide``, ``if_lost TITLE`` (what is shown then; without a title: something that is no panel),
``hang`` (the event loop), ``exit STATUS``, ``leave STATUS`` (says first that it stops), ``program ARGUMENTS`` (its
browser), ``stubborn`` (ignores the wish to stop), ``patient`` (as an orphan it is not ended by its own reader),
``garbage`` (writes no JSON to the supervisor), ``uncover`` (hangs, and all the while wants the cover taken away).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from kiosk_agent.hands.ports import Panel, PanelAnswer, PanelButton, PanelEntry
from kiosk_agent.hands.shield import CoverClient
from kiosk_agent.lifeline import Lifeline

PANELS = {
    "shield": Panel(kind="shield", title="ログアウトしています", lines=("しばらくお待ちください。",)),
    "challenge": Panel(
        kind="challenge",
        title="同じ方が続けていますか？",
        tone="warning",
        buttons=(PanelButton("same", "同じ方です", "primary", needs_mark=True), PanelButton("other", "別の方です")),
        entries=(PanelEntry("支援員のイニシャル"),),
    ),
}


class Child:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.over: asyncio.Future[int] = self.loop.create_future()
        self.stubborn = False
        self.lifeline = Lifeline(self.asked_to_stop, self.orphaned, beat_s=0.2, orphan_limit_s=3.0)

    def asked_to_stop(self) -> None:
        self.lifeline.say({"asked_to_stop": True})
        if not self.stubborn:
            self.lifeline.stopping()
            self.over.set_result(0)

    def orphaned(self) -> None:
        if not self.stubborn:
            self.over.set_result(9)

    def answered(self, answer: PanelAnswer) -> None:
        self.lifeline.say({"answer": answer.button, "texts": list(answer.texts)})

    async def run(self) -> int:
        await self.lifeline.start()
        self.cover = CoverClient(self.lifeline.channel, covered=self.lifeline.hello["covered"])
        self.cover.on_answer(self.answered)
        threading.Thread(target=self.listen, daemon=True).start()
        self.lifeline.say({"up": os.getpid(), "hello": self.lifeline.hello})
        status = await self.over
        self.lifeline.close()
        return status

    def listen(self) -> None:
        while True:
            with Path(sys.argv[1]).open() as pipe:
                for line in pipe:
                    asyncio.run_coroutine_threadsafe(self.obey(line.split()), self.loop)

    async def obey(self, words: list[str]) -> None:
        match words:
            case ["show", kind]:
                seconds = await self.cover.show(PANELS[kind])
                self.lifeline.say({"shown": kind, "ms": seconds * 1000})
            case ["hide"]:
                await self.cover.hide()
                self.lifeline.say({"hidden": True})
            case ["if_lost", *title]:
                self.lifeline.tell_hang_panel({"kind": "hang", "title": " ".join(title)} if title else {"kind": 1})
                self.lifeline.say({"if_lost": True})
            case ["hang"]:
                self.lifeline.say({"hanging": True})
                await asyncio.sleep(0)
                time.sleep(1000)
            case ["uncover"]:
                threading.Thread(target=self.uncover_for_ever, daemon=True).start()
                time.sleep(1000)
            case ["exit", status]:
                self.over.set_result(int(status))
            case ["leave", status]:
                self.lifeline.stopping()
                self.over.set_result(int(status))
            case ["patient"]:
                self.lifeline._orphan_limit_s = 1000.0
                self.lifeline.say({"patient": True})
            case ["stubborn"]:
                self.stubborn = True
                self.lifeline.say({"stubborn": True})
            case ["garbage"]:
                self.lifeline.channel._outbox.put(b"this is no JSON\n")
                self.lifeline.say({"garbage": True})
            case ["program", *argv]:
                null = subprocess.DEVNULL
                program = subprocess.Popen(argv, start_new_session=True, stdin=null, stdout=null, stderr=null)
                self.lifeline.tell_browser(program.pid, "0" * 32)
                self.lifeline.say({"program": program.pid})
            case _:
                raise ValueError(words)

    def uncover_for_ever(self) -> None:
        while True:
            self.lifeline.channel.send({"cover": "hide", "id": 0})
            time.sleep(0.001)


async def main() -> int:
    return await Child().run()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
