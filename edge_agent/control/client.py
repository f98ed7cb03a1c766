"""Asks the agent that runs on this gateway, through its control socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from edge_agent.control.protocol import (
    LONGEST_LINE,
    AgentAwayError,
    Answer,
    ControlError,
    Question,
    answer_in,
    line_of,
)

SOCKET = "control.sock"
CONNECT_S = 3.0
ANSWER_S = 60.0  # a device on a slow line may take half a minute to be read


class ControlClient:
    """Asks one agent; every question takes a connection of its own, so an agent that was started anew just answers."""

    def __init__(self, path: Path, *, answer_within_s: float = ANSWER_S) -> None:
        """`path` is the socket itself, `<data_dir>/control.sock`."""
        self._path = path
        self._answer_within_s = answer_within_s

    async def ask(self, verb: str, arguments: Mapping[str, object] | None = None) -> dict[str, object]:
        """What the agent answers; ControlError when it refuses, AgentAwayError when there is none."""
        async with self._asked(verb, arguments or {}) as reader:
            said = await self._line(reader)
            return said.answer or {}

    async def stream(
        self, verb: str, arguments: Mapping[str, object] | None = None
    ) -> AsyncIterator[dict[str, object]]:
        """The parts of a streaming verb, until it has no more; the same errors as `ask`."""
        async with self._asked(verb, arguments or {}) as reader:
            while (said := await self._line(reader)).part is not None:
                yield said.part

    @asynccontextmanager
    async def _asked(self, verb: str, arguments: Mapping[str, object]) -> AsyncIterator[asyncio.StreamReader]:
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST_LINE)
        except (OSError, TimeoutError) as error:
            raise AgentAwayError(f"no agent answers at {self._path}") from error
        try:
            writer.write(line_of(Question(verb, dict(arguments))))
            yield reader
        finally:
            writer.close()

    async def _line(self, reader: asyncio.StreamReader) -> Answer:
        try:
            async with asyncio.timeout(self._answer_within_s):
                line = await reader.readline()
        except (OSError, TimeoutError, ValueError) as error:
            raise AgentAwayError(f"the agent at {self._path} does not answer") from error
        said = answer_in(line)
        if said.error is not None:
            raise ControlError(said.error.what, said.error.why, said.error.hint)
        return said
