"""A receiver of notices that counts them by their Idempotency-Key, as a duty officer's system would."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

LONGEST_BODY = 64 * 1024
TIMEOUT_S = 10.0
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Inbox:
    """What has arrived: how often each key came, and the notice behind it."""

    keys: Counter[str] = field(default_factory=Counter)
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, key: str, body: bytes) -> bool:
        """Keeps one notice; false when it is not a JSON object with a key."""
        try:
            notice = json.loads(body)
        except ValueError:
            return False
        if not key or not isinstance(notice, dict):
            return False
        self.keys[key] += 1
        self.notices.setdefault(key, notice)
        return True


class WebhookReceiver:
    """`async with WebhookReceiver() as receiver: receiver.url, receiver.inbox`."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.inbox = Inbox()
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where notices are posted."""
        return f"http://{self._host}:{self._port}/notices"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=LONGEST_BODY)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                headers = _headers_of(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(min(int(headers.get("content-length", "0")), LONGEST_BODY))
            taken = self.inbox.take(headers.get("idempotency-key", ""), body)
            writer.write(ANSWER if taken else REFUSAL)
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, TimeoutError, ValueError):
            writer.write(REFUSAL)
        finally:
            writer.close()


def _headers_of(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
