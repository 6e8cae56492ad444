"""The parent process: starts the agent, hears its heartbeat, covers the screen, and kills what hangs.

It knows nothing of visits. Whatever happens to the agent, nobody may act in what is left on the screen: so the
cover belongs to this process, comes up by itself when the agent is lost, and stays until a new agent takes it away.

The agent speaks on its standard output and listens on its standard input, one JSON object a line
(:mod:`kiosk_agent.lifeline` is its end). Besides the cover's messages (:mod:`kiosk_agent.cover.door`):

From the agent                                      To the agent
``{"beat": 17}``                                    ``{"hello": {"cover": "native", "covered": true}}``
``{"browser": {"pid": 4711, "visit": "…"}}``        ``{"stop": true}``
``{"browser": null}``                               end of input: the supervisor is dead
``{"say": {…}}``
``{"hang": {…}}`` (a panel)
``{"stopping": true}``
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kiosk_agent.cover.door import CoverDoor
from kiosk_agent.cover.loop import Loop, PlainLoop, on_signals
from kiosk_agent.cover.panel import Panel, PanelError, read_panel
from kiosk_agent.cover.window import CoverDevice, NullCover
from kiosk_agent.errors import DeskBusyError, DisplayError
from kiosk_agent.process_tree import (
    Leash,
    adopt_orphans,
    children_of_mine,
    kill_all,
    mark_of,
    reap_orphans,
)
from kiosk_agent.service_manager import ServiceManager, service_manager
from kiosk_agent.supervised import Child, Settings

KILL_LIMIT_S = 5.0  # measured: a browser with all its processes is gone 0.25 s after SIGKILL
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 60.0
STEADY_S = 60.0  # an agent that ran this long has started well: the pauses begin again
BEAT = b'{"beat"'
LATE_S = 1.0  # a timer this late means that we ourselves stood still: the agent gets another chance to beat
EXIT_BUSY = 75  # sysexits.h, EX_TEMPFAIL: another supervisor guards this desk
EXIT_KILLED = 1


class Supervisor:
    """Runs one agent after another until it is told to stop, or an agent says that it is stopping.

    ``on_say`` hears the agent's ``say`` messages; ``cover`` and ``loop`` belong together (see :func:`supervise`).
    ``whole_process``: this process does nothing else, so every child it has or inherits is the agent's.
    ``manager``: who started this process as a service; None: nobody.
    """

    def __init__(
        self,
        settings: Settings,
        loop: Loop,
        cover: CoverDevice,
        on_say: Callable[[Mapping[str, Any]], None] = lambda _message: None,
        *,
        whole_process: bool = False,
        manager: ServiceManager | None = None,
    ) -> None:
        self._whole_process = whole_process
        self._manager = manager or ServiceManager(None)
        self._settings = settings
        self._loop = loop
        self._cover = cover
        self._on_say = on_say
        self._panels: dict[str, Panel] = {name: read_panel(panel) for name, panel in settings.panels.items()}
        self._leash = Leash()
        self._child: Child | None = None
        self._door: CoverDoor | None = None
        self._losses: list[float] = []
        self._pause_s = FIRST_PAUSE_S
        self._stop_asked = False
        self._exit_code = 0
        self._ended = False

    def run(self) -> int:
        """Supervise until the end; returns the exit status. Call it in the main thread."""
        if self._whole_process:
            adopt_orphans()
        forget_signals = on_signals(self.stop)
        self._cover.show(self._panels["starting"])
        self._loop.post(self._start)
        self._loop.post(self._manager.ready)
        if self._manager.ping_s is not None:
            self._ping(self._manager.ping_s)
        try:
            self._loop.run()
        finally:
            forget_signals()
            self._kill_now()
        return self._exit_code

    def stop(self) -> None:
        """Ask the agent to stop in good order, and end when it has. Safe to call from any thread."""
        self._loop.post(self._stop)

    def _ping(self, every_s: float) -> None:
        """From the loop on purpose: a cover that hangs is no cover, and systemd starts us again."""
        child = self._child
        beats = child is not None and not child.lost and time.monotonic() - child.beat_s < child.limit_s
        if self._cover.visible or beats:
            self._manager.alive()
        self._loop.later(every_s, lambda: self._ping(every_s))

    # the agent's process

    def _start(self) -> None:
        if self._stop_asked:
            self._end(0)
            return
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        process = subprocess.Popen(
            self._settings.child,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=sys.platform != "win32",  # Ctrl+C in a terminal is for the supervisor alone
            creationflags=new_group if sys.platform == "win32" else 0,
        )
        handle: int = getattr(process, "_handle", 0)  # Windows only
        if sys.platform == "win32" and not self._leash.put_on(int(handle)):
            _complain("Windows refused the job object: if this process is killed, the agent has to notice it by itself")
        now = time.monotonic()
        child = Child(process, mark_of(process.pid), now, now, self._settings.start_limit_s)
        self._child = child
        self._door = CoverDoor(self._cover, lambda message: self._send(child, message), self._panels["hang"])
        kind = "none" if isinstance(self._cover, NullCover) else "native"
        self._send(child, {"hello": {"cover": kind, "covered": self._cover.visible}})
        threading.Thread(target=self._read, args=(child,), name="agent-output", daemon=True).start()
        threading.Thread(target=self._watch, args=(child,), name="agent-heart", daemon=True).start()

    def _read(self, child: Child) -> None:
        """In a thread: the agent's messages, then its end."""
        assert child.process.stdout is not None  # noqa: S101  # it was opened as a pipe
        for line in child.process.stdout:
            if line.startswith(BEAT):  # noted here: waking the loop each second would cost most of what rest costs
                child.beat_s = time.monotonic()
                child.limit_s = self._settings.hang_limit_s
                continue
            self._loop.post(lambda line=line: self._heard(child, line))  # type: ignore[misc]  # binds this line
        child.process.wait()
        child.over.set()
        self._loop.post(lambda: self._exited(child))

    def _send(self, child: Child, message: Mapping[str, Any]) -> None:
        # a message is far smaller than the pipe; one that hangs stops reading, but is killed long before it is full
        line = json.dumps(message, ensure_ascii=False).encode() + b"\n"
        assert child.process.stdin is not None  # noqa: S101  # it was opened as a pipe
        try:
            with child.lock:
                child.process.stdin.write(line)
                child.process.stdin.flush()
        except (OSError, ValueError):
            return  # it is gone; its end is on the way through the other pipe

    # what the agent says

    def _heard(self, child: Child, line: bytes) -> None:
        if child is not self._child or child.lost:
            return  # the last words of an agent that has been given up must not uncover anything
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            _complain(f"the agent sent something that is no message ({len(line)} bytes)")
            return
        if "cover" in message and self._door is not None:
            self._door.handle(message)
        elif "browser" in message:
            browser = message["browser"]
            child.browser = mark_of(int(browser["pid"])) if browser else None
            if self._whole_process:
                reap_orphans(child.process.pid)
        elif "say" in message:
            self._on_say(message["say"])
        elif "hang" in message:
            child.hang = _panel(message["hang"])
        elif "stopping" in message:
            child.stopping = True
        else:
            _complain(f"the agent sent an unknown message: {', '.join(map(str, message))}")

    def _watch(self, child: Child) -> None:
        """In a thread: until the agent has ended, or is silent for too long. Tk wakes three times for one look."""
        wait_s = self._settings.hang_limit_s
        due_s = time.monotonic() + wait_s
        while not child.over.wait(wait_s):
            now = time.monotonic()
            if now - due_s > LATE_S:
                child.beat_s = now
            quiet_s = now - child.beat_s
            if quiet_s >= child.limit_s:
                self._loop.post(lambda quiet_s=quiet_s: self._silent(child, quiet_s))  # type: ignore[misc]  # binds it
                return
            # the first beat of an agent shortens its limit: look again by then
            wait_s = min(child.limit_s - quiet_s, self._settings.hang_limit_s)
            due_s = now + wait_s

    def _silent(self, child: Child, quiet_s: float) -> None:
        if child is self._child and not child.lost:
            self._lost(child, f"no heartbeat for {quiet_s:.1f} s")

    def _exited(self, child: Child) -> None:
        if child is not self._child or child.lost:
            return
        status = child.process.returncode
        if child.stopping or self._stop_asked:
            # a browser that the agent left behind must not be uncovered by our own end
            child.lost = True
            self._kill_then(child, lambda: self._end(status if status >= 0 else EXIT_KILLED))
            return
        self._lost(child, f"it ended with status {status}")

    # when the agent is lost

    def _lost(self, child: Child, why: str) -> None:
        child.lost = True
        now = time.monotonic()
        if now - child.started_s > STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        self._losses = [at for at in self._losses if now - at < STEADY_S] + [now]
        looping = len(self._losses) >= self._settings.crash_limit or self._pause_s >= LONGEST_PAUSE_S
        self._cover.show(self._panels["crash_loop"] if looping else child.hang or self._panels["hang"])
        _complain(f"the agent was lost: {why}. The screen is covered; the agent is started again.")
        self._kill_then(child, self._start_later)

    def _start_later(self) -> None:
        if self._stop_asked:
            self._end(EXIT_KILLED)
            return
        self._loop.later(self._pause_s, self._start)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)

    def _kill_then(self, child: Child, then: Callable[[], None]) -> None:
        """Kill the agent, its browser and its driver in a thread, so that the cover goes on living; then go on."""

        def kill() -> None:
            left = self._kill(child)
            if left:
                _complain(f"these processes could not be killed: {left}")
                self._loop.post(lambda: self._kill_then(child, then))  # stay covered, try again
            else:
                self._loop.post(then)

        threading.Thread(target=kill, name="kill", daemon=True).start()

    def _kill(self, child: Child) -> list[int]:
        # the browser first: what is left of it is what a stranger could act in
        roots = [mark for mark in (child.browser, child.mark) if mark is not None]
        left = kill_all(roots, KILL_LIMIT_S)
        child.process.wait()
        if self._whole_process:
            left += kill_all(children_of_mine(), KILL_LIMIT_S)
            reap_orphans(None)
        return left

    def _kill_now(self) -> None:
        """At the very end, also after an error: nothing may be left."""
        child = self._child
        if child is not None and child.process.poll() is None:
            self._kill(child)

    # the end

    def _stop(self) -> None:
        if self._stop_asked:
            return
        self._stop_asked = True
        self._manager.stopping()
        child = self._child
        if child is None:
            self._end(0)
        elif not child.lost:
            self._send(child, {"stop": True})
            self._loop.later(self._settings.stop_limit_s, lambda: self._stop_by_force(child))

    def _stop_by_force(self, child: Child) -> None:
        if child is not self._child or child.lost or self._ended:
            return
        child.lost = True
        self._cover.show(child.hang or self._panels["hang"])
        _complain(f"the agent did not stop within {self._settings.stop_limit_s:.0f} s and is killed")
        self._kill_then(child, lambda: self._end(EXIT_KILLED))

    def _end(self, status: int) -> None:
        self._ended = True
        self._exit_code = status
        self._loop.stop()


def _panel(said: object) -> Panel | None:
    """What is to be shown in the visit's language if this agent is lost; where it cannot be read, the desk's is."""
    try:
        return read_panel(said)
    except PanelError as error:
        _complain(f"the agent sent something that is no panel ({error})")
        return None


def _complain(text: str) -> None:
    sys.stderr.write(f"supervisor: {text}\n")
    sys.stderr.flush()


def _say_on(message: Mapping[str, Any]) -> None:
    # ASCII alone: on Windows a pipe has the code page of the PC, which need not know every sign
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def supervise(
    settings: Settings,
    on_say: Callable[[Mapping[str, Any]], None] = lambda _message: None,
    *,
    whole_process: bool = False,
    manager: ServiceManager | None = None,
) -> int:
    """Build what the settings ask for, and run it. Raises DisplayError where there is no screen to cover."""
    if settings.headless:
        return Supervisor(
            settings, PlainLoop(), NullCover(), on_say, whole_process=whole_process, manager=manager
        ).run()
    try:
        import tkinter
    except ImportError as error:
        raise DisplayError(
            "Python's tkinter is missing, so the screen cannot be covered.",
            "On Debian and Ubuntu: apt-get install python3-tk. On Windows: repair Python with “tcl/tk”.",
        ) from error
    from kiosk_agent.cover.loop import TkLoop
    from kiosk_agent.cover.window import CoverWindow

    try:
        root = tkinter.Tk(className="kiosk-agent")
    except tkinter.TclError as error:
        raise DisplayError(f"There is no display to guard: {error}.", "Set DISPLAY, or use --headless.") from error
    cover = CoverWindow(root, settings.scale)
    cover.warm_up(read_panel(settings.panels["hang"]))
    try:
        return Supervisor(settings, TkLoop(root), cover, on_say, whole_process=whole_process, manager=manager).run()
    finally:
        root.destroy()


def launch(settings: Settings) -> int:
    """Become a supervisor of ``settings``: on POSIX in place of this process, which sheds everything it imported."""
    argv = [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings._asdict(), ensure_ascii=False)]
    if os.name != "nt":  # there, exec would end this process before the new one has done its work
        sys.stdout.flush()
        os.execv(argv[0], argv)  # noqa: S606  # no shell is wanted
    return main(argv[3:])


def main(arguments: Sequence[str]) -> int:
    """``python -m kiosk_agent.supervisor SETTINGS`` with the settings as one JSON object.

    What the agent says goes to standard output, one JSON object a line.
    """
    told = json.loads(arguments[0])
    settings = Settings(**{**told, "child": tuple(told["child"])})
    manager = service_manager(os.environ)
    try:
        if settings.data_dir is None:
            return supervise(settings, _say_on, whole_process=True, manager=manager)
        from pathlib import Path

        from kiosk_agent.lock import DeskLock

        with DeskLock(Path(settings.data_dir), "supervisor"):
            return supervise(settings, _say_on, whole_process=True, manager=manager)
    except DeskBusyError as error:
        _complain(str(error))
        return EXIT_BUSY
    except DisplayError as error:
        _complain(str(error))
        return EXIT_KILLED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
