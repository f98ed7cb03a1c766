"""Programs that a demonstration starts: each in a process group of its own, so that none outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from device_profiles.clock import Clock
from simulators.demo.errors import DemoError

PATIENCE_S = 3.0  # between asking and killing; with it every child is gone within 5 s of Ctrl-C
LAST_WORDS = 1500
SHORT_LIFE_S = 5.0  # a program that ends sooner, so often in a row, is broken rather than unlucky
MOST_QUICK_ENDS = 3
RESTART_PAUSE_S = 0.5


@dataclass(slots=True)
class Child:
    """One running program, and how to start it again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: asyncio.subprocess.Process
    started_at: float
    ended_by_us: bool = False
    quick_ends: int = 0
    restarts: int = 0

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self.process.returncode is None


class Children:
    """Starts programs and ends them; what they print goes to one log file each."""

    def __init__(self, folder: Path, *, clock: Clock, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._clock = clock
        self._say = say
        self._children: dict[str, Child] = {}

    async def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Child:
        """Starts a program in its own process group."""
        log = self._folder / f"{name}.log"
        process = await _started(command, environment or {}, log)
        child = Child(name, command, environment or {}, log, process, self._clock.monotonic())
        self._children[name] = child
        return child

    async def ask(self, name: str, command: Sequence[str], *, text: str = "") -> str:
        """Runs a program to its end with this text as its input; what it prints, DemoError when it fails."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = await process.communicate(text.encode())
        except asyncio.CancelledError:
            _signal(process, signal.SIGKILL)
            raise
        if process.returncode != 0:
            raise DemoError(f"{name} failed:\n{err.decode(errors='replace')[-LAST_WORDS:]}")
        return out.decode()

    async def watch(self, child: Child) -> None:
        """Starts the child again whenever it ends by itself, as systemd does; DemoError when it cannot even start."""
        while True:
            await child.process.wait()
            if child.ended_by_us:
                return
            lived_s = self._clock.monotonic() - child.started_at
            child.quick_ends = child.quick_ends + 1 if lived_s < SHORT_LIFE_S else 0
            if child.quick_ends >= MOST_QUICK_ENDS:
                raise _ended(child)
            self._say(f"{child.name} ended by itself with code {child.process.returncode}: starting it again")
            _signal(child.process, signal.SIGKILL)  # what it may have left behind in its group
            await self._clock.sleep(RESTART_PAUSE_S)
            if child.ended_by_us:
                return
            child.process = await _started(child.command, child.environment, child.log)
            child.started_at = self._clock.monotonic()
            child.restarts += 1

    @property
    def restarts(self) -> int:
        """How often a child had to be started again."""
        return sum(child.restarts for child in self._children.values())

    def all(self) -> list[Child]:
        """Every child that was started."""
        return list(self._children.values())

    async def end(self, names: Sequence[str], *, within_s: float = PATIENCE_S) -> None:
        """Asks these children to end (SIGTERM), and kills their groups when they do not listen."""
        ending = [self._children[name] for name in names if name in self._children]
        for child in ending:
            child.ended_by_us = True
            if child.running:
                _signal(child.process, signal.SIGTERM)
        try:
            async with asyncio.timeout(within_s):
                for child in ending:
                    await child.process.wait()
        except TimeoutError:
            for child in ending:
                _signal(child.process, signal.SIGKILL)
        for child in ending:
            await child.process.wait()
            _signal(child.process, signal.SIGKILL)  # what it may have left behind in its group

    async def end_all(self) -> None:
        """Ends every child: those started last first, all within the same few seconds."""
        await self.end(tuple(reversed(self._children)))

    def kill_all(self) -> None:
        """Kills every group at once, for a demonstration that must go now."""
        for child in self._children.values():
            child.ended_by_us = True
            _signal(child.process, signal.SIGKILL)


async def _started(command: Sequence[str], environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            start_new_session=True,
        )


def _ended(child: Child) -> DemoError:
    words = child.log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]
    return DemoError(f"{child.name} ended by itself with code {child.process.returncode}:\n{words}")


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
