"""Programs that a demonstration starts: each in a process group of its own, so that none outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.demo.errors import DemoError

PATIENCE_S = 3.0  # between asking and killing; with it every child is gone within 5 s of Ctrl-C
LAST_WORDS = 1500


@dataclass(slots=True)
class Child:
    """One running program."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    ended_by_us: bool = False

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self.process.returncode is None


class Children:
    """Starts programs and ends them; what they print goes to one log file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: dict[str, Child] = {}

    async def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Child:
        """Starts a program in its own process group."""
        log = self._folder / f"{name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        child = Child(name, process, log)
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
        """Returns when the child was ended by us; DemoError with its last words when it ended by itself."""
        await child.process.wait()
        if not child.ended_by_us:
            raise _ended(child)

    def living(self) -> list[Child]:
        """Every child that runs."""
        return [child for child in self._children.values() if child.running]

    def check(self) -> None:
        """DemoError with its last words when a child has ended by itself."""
        for child in self._children.values():
            if not child.running and not child.ended_by_us:
                raise _ended(child)

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


def _ended(child: Child) -> DemoError:
    words = child.log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]
    return DemoError(f"{child.name} ended by itself with code {child.process.returncode}:\n{words}")


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
