"""A notice to send, its row, and a real HTTP server that takes notices."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from cloud.notify.content import LABEL, NoticeContent, Words, encode_content
from cloud.store.base import NoticeRow

AT = 1_725_926_400_000  # 2024-09-10 07:00 in Vietnam

VERY_LOW = Words("rất thấp", "very low")  # what people read for a level

CONTENT = NoticeContent(
    v=1,
    key="alarm-1:III:1:ops",
    kind="raised",
    label=LABEL,
    alarm="alarm-1",
    rule="flood_thao_yen_bai",
    rule_version="1",
    level="III",
    severity=1,
    site="yen-bai",
    site_name=Words("Trạm Yên Bái", "Yên Bái station"),
    gateway="gw-1",
    device="river-1",
    point="level_m",
    value=33.98,
    threshold=32.0,
    unit="m",
    observed_at=AT,
    received_at=AT + 2000,
    text=Words("Sông Thao vượt báo động III", "River Thao above alarm level III"),
    instruction=Words("Báo trưởng ca", "Call the shift leader"),
    link="https://ioc.example/alarms/alarm-1",
)


def content(**changes: object) -> NoticeContent:
    """The notice with some fields changed."""
    return msgspec.structs.replace(CONTENT, **changes)


def row(number: int = 1, *, channel: str = "ops", severity: int = 1, at: int = AT) -> NoticeRow:
    """A pending notice."""
    key = f"alarm-{number}:III:1:{channel}"
    body = encode_content(content(key=key, severity=severity))
    return NoticeRow(key, f"alarm-{number}", channel, body, at, at, severity=severity)


def http_answer(status: int, document: object = None, *, headers: str = "") -> bytes:
    """A whole HTTP answer with a JSON body."""
    body = b"" if document is None else json.dumps(document).encode()
    return f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


@dataclass
class Request:
    """What a receiver got."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A real HTTP server on loopback that answers as it is told."""

    answer: Callable[[Request], bytes] = field(default=lambda _: b"HTTP/1.1 204 No Content\r\n\r\n")
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    muted: bool = False
    held_open: bool = False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Reads one request and answers it."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (entry.split(": ", 1) for entry in rest)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Request(line, headers, body)
            self.requests.append(request)
            if not self.muted:
                writer.write(self.answer(request))
                await writer.drain()
            if self.muted or self.held_open:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def receiver(answer: bytes | None = None, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A running receiver."""
    hook = Receiver() if answer is None else Receiver(answer=lambda _: answer)
    server = await asyncio.start_server(hook.take, "127.0.0.1", 0, ssl=tls)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()
        await server.wait_closed()
