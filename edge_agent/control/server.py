"""Answers questions at the control socket; whoever may open the socket's file may ask."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edge_agent.connector import EdgeError
from edge_agent.control.protocol import (
    LONGEST_LINE,
    Answer,
    ControlError,
    Fault,
    Question,
    StreamingVerb,
    Verb,
    line_of,
    question_in,
)

log = logging.getLogger(__name__)

SOCKET_MODE = 0o660
MOST_CALLERS = 16
IDLE_S = 60.0  # a caller that asks nothing for so long is let go


class ControlServer:
    """Owns the socket's file. `verbs` answer once, `streams` several lines until the caller goes."""

    def __init__(
        self, path: Path, verbs: Mapping[str, Verb], *, streams: Mapping[str, StreamingVerb] | None = None
    ) -> None:
        self._path = path
        self._verbs = verbs
        self._streams = streams or {}
        self._callers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Answers until it is cancelled. A socket that cannot be had keeps no gateway from its work."""
        try:
            await self._serve_all()
        except OSError as error:
            log.critical("control socket cannot be opened", extra={"path": str(self._path), "error": str(error)})
            await asyncio.Event().wait()

    async def _serve_all(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()  # of an agent that was killed; the lock of the outbox says that no other runs
        server = await asyncio.start_unix_server(self._serve_one, sock=self._bound(), limit=LONGEST_LINE)
        try:
            async with server:
                try:
                    await server.serve_forever()
                finally:
                    for caller in self._callers:
                        caller.close()
        finally:
            with suppress(FileNotFoundError):
                self._path.unlink()

    def _bound(self) -> socket.socket:
        """Its rights are set before anybody can call; never by the umask, which is that of every other thread, too."""
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            bound.bind(str(self._path))
            self._path.chmod(SOCKET_MODE)
        except OSError:
            bound.close()
            raise
        return bound

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            if len(self._callers) > MOST_CALLERS:
                await _say(writer, _refusal(ControlError("control socket", "too many callers", "try again")))
                return
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            log.debug("caller gone")  # ValueError: a line beyond the limit
        finally:
            self._callers.discard(writer)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        async with asyncio.timeout(IDLE_S):
            line = await reader.readline()
        if not line:
            return False
        try:
            question = question_in(line)
            if question.verb in self._streams:
                async for part in self._streams[question.verb](question.arguments):
                    await _say(writer, Answer(ok=True, part=dict(part)))
                await _say(writer, Answer(ok=True, answer={}))
            else:
                await _say(writer, Answer(ok=True, answer=dict(await self._answer(question))))
        except EdgeError as error:
            await _say(writer, _refusal(error))
        return True

    async def _answer(self, question: Question) -> Mapping[str, object]:
        verb = self._verbs.get(question.verb)
        if verb is None:
            known = ", ".join(sorted([*self._verbs, *self._streams]))
            raise ControlError(question.verb, "this agent knows no such verb", f"it knows {known}")
        return await verb(question.arguments)


def _refusal(error: EdgeError) -> Answer:
    if isinstance(error, ControlError):
        return Answer(ok=False, error=Fault(error.what, error.why, error.hint))
    return Answer(ok=False, error=Fault(type(error).__name__.removesuffix("Error").lower(), str(error)))


async def _say(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(line_of(answer))
    await writer.drain()
