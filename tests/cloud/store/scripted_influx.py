"""A stand-in for InfluxDB servers that Debian does not have (1.8, 2.7, 3 Core), and for every way in which one fails.

It is built from the tables of the servers' documentation, not from the servers: what is proven against it is our
reaction to such an answer, not that a server gives it. The real 1.6.7 is tested beside it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

from tests.waiting import eventually

HEADERS = {
    "1.8": {"X-Influxdb-Version": "1.8.10", "X-Influxdb-Build": "OSS"},
    "2.7": {"X-Influxdb-Version": "v2.7.12", "X-Influxdb-Build": "OSS"},
    "3 Core": {"x-influxdb-version": "3.2.1", "x-influxdb-build": "Core"},
}
Generation = Literal["1.8", "2.7", "3 Core"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers to one write; `keeps` says whether it stores the lines all the same."""

    status: int
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    ending: Literal["answer", "hang", "close"] = "answer"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def lines(self) -> list[bytes]:
        """The lines of a write, unpacked."""
        plain = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return plain.splitlines()


class ScriptedInflux:
    """Serves on loopback while its block lasts. `replies` go to the next writes, one each; then it behaves.

    `bad` marks lines that it will not take, as its generation does: 1.8 keeps the others, 2.7 and 3 keep none.
    """

    def __init__(self, generation: Generation = "1.8", *, bad: str = "bad_line", most_bytes: int = 25_000_000) -> None:
        self.generation = generation
        self.replies: deque[Reply] = deque()
        self.requests: list[Request] = []
        self.stored: set[bytes] = set()
        self.most_bytes = most_bytes
        self.kills = "no line at all"
        self.loses_everything = False
        self.others: dict[str, Reply] = {}  # path -> what it answers instead
        self.buckets: dict[str, dict[str, object]] = {}
        self.mappings: list[dict[str, object]] = []
        self._bad = re.compile(bad.encode())
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it answers."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def writes(self) -> list[Request]:
        """The writes that came, canaries not counted."""
        posted = [each for each in self.requests if each.path == "/write"]
        return [each for each in posted if not each.lines[0].startswith(b"canary")]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()
        await eventually(lambda: not self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while request := await _read(reader):
                self.requests.append(request)
                reply = self._answer(request)
                if reply.ending == "hang":
                    await reader.read()  # until the client gives up
                if reply.ending != "answer":
                    return
                writer.write(_bytes_of(reply, HEADERS[self.generation]))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            self._open.discard(writer)

    def _answer(self, request: Request) -> Reply:
        if request.path in self.others:
            return self.others[request.path]
        if request.path == "/ping":
            return Reply(204)
        if request.path == "/write":
            return self._answer_write(request)
        if request.path == "/query":
            return self._answer_query(request)
        if request.path.startswith("/api/v2"):
            return self._answer_administration(request)
        if request.path == "/api/v3/configure/database":
            self.buckets[json.loads(request.body)["db"]] = json.loads(request.body)
            return Reply(200)
        return Reply(404, {"error": "no such path"})

    def _answer_write(self, request: Request) -> Reply:
        if not request.lines[0].startswith(b"canary") and self.replies:
            reply = self.replies.popleft()
            if reply.keeps:
                self.stored.update(request.lines)
            return reply
        if self.kills.encode() in b"\n".join(request.lines):
            return Reply(500, {"error": "internal error"})
        if len(b"\n".join(request.lines)) > self.most_bytes:
            return Reply(413, {"error": "Request Entity Too Large"})
        return self._answer_lines(request)

    def _answer_lines(self, request: Request) -> Reply:
        good = {line for line in request.lines if not self._bad.search(line)}
        whole = len(good) == len(request.lines)
        if (whole or self.generation == "1.8") and not self.loses_everything:
            self.stored |= good
        if whole:
            return Reply(204)
        if self.generation == "1.8":
            return Reply(400, {"error": f"partial write: field type conflict dropped={len(request.lines) - len(good)}"})
        if self.generation == "2.7":
            return Reply(400, {"code": "invalid", "message": "unable to parse: invalid field format"})
        details = [{"error_message": "invalid column type for column 'x'", "line_number": 1, "original_line": "…"}]
        return Reply(400, {"error": "partial write of line protocol occurred", "data": details})

    def _answer_query(self, request: Request) -> Reply:
        canaries = sorted(line for line in self.stored if line.startswith(b"canary"))
        if "canary" not in request.params["q"] or not canaries:
            return Reply(200, {"results": [{"statement_id": 0}]})
        at = int(canaries[-1].rsplit(b" ", 1)[1])
        series = [{"name": "canary", "columns": ["time", "last"], "values": [[at, at]]}]
        return Reply(200, {"results": [{"statement_id": 0, "series": series}]})

    def _answer_administration(self, request: Request) -> Reply:
        if request.headers.get("authorization") != "Token good":
            return Reply(401, {"code": "unauthorized", "message": "unauthorized access"})
        if request.path == "/api/v2/orgs":
            return Reply(200, {"orgs": [{"id": "0001", "name": "tinh"}]})
        if request.path == "/api/v2/buckets":
            if request.method == "POST":
                wanted = json.loads(request.body)
                self.buckets[wanted["name"]] = wanted | {"id": "000b", "orgID": "0001"}
                return Reply(201, self.buckets[wanted["name"]])
            found = self.buckets.get(request.params["name"])
            return Reply(200, {"buckets": [found] if found else []})
        if request.method == "POST":
            self.mappings.append(json.loads(request.body) | {"id": "000d"})
            return Reply(201, self.mappings[-1])
        return Reply(200, {"content": [*self._virtual(), *self.mappings]})

    def _virtual(self) -> list[dict[str, object]]:
        """2.x lists what it maps by itself, too: each bucket by its own name (seen on 2.7.12)."""
        return [
            {
                "id": bucket["id"],
                "bucketID": bucket["id"],
                "orgID": bucket["orgID"],
                "database": name,
                "retention_policy": "autogen",
                "default": not self.mappings,
                "virtual": True,
            }
            for name, bucket in self.buckets.items()
        ]


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *rest = head.decode().split("\r\n")
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in rest if line)}
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    params = {key: values[0] for key, values in parse_qs(parts.query).items()}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, parts.path, params, headers, body)


def _bytes_of(reply: Reply, own: Mapping[str, str]) -> bytes:
    content = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
    headers = {**own, "Content-Type": "application/json", **reply.headers}
    if reply.status != 204:
        headers["Content-Length"] = str(len(content))
    head = f"HTTP/1.1 {reply.status} Scripted\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return head.encode() + b"\r\n" + (b"" if reply.status == 204 else content)
