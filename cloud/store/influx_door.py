"""The one door to an InfluxDB server over HTTP: posts lines, asks queries, and turns every failure into one of ours."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.store.influx_server import Generation, Server, Verdict, identify, judge, reason_in, retry_after
from cloud.store.roll_up import RAW_DAYS

GZIP_LEVEL = 1  # five times as quick as the default, and nearly as small with lines that look alike
GZIP_FROM = 1024  # bytes; below it the packing costs more than it saves


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """How an InfluxDB server is reached and used. With 2.x and 3 the password is the token."""

    url: str
    database: str
    username: str = ""
    password: str = field(default="", repr=False)
    retention_policy: str = ""
    retention_days: int = RAW_DAYS
    organisation: str = ""
    generation: Generation | None = None
    gzip: bool = True
    timeout_s: float = 10.0
    senders: int = 4
    body_bytes: int = 1024 * 1024
    series_per_gateway: int = 1000


class UnknownOutcomeError(StoreUnavailableError):
    """The server may or may not have stored the lines."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a body: stored, too large, or with bad lines and the server's words about them."""

    verdict: Verdict
    reason: str = ""


class InfluxDoor:
    """One HTTP client with one server. Opens no connection before it is first used."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None

    async def ping(self) -> Server:
        """Who is there; StoreUnavailableError when nobody or nobody of ours."""
        response = await self._ask("GET", "/ping")
        if response.status_code in (401, 403):
            raise StoreMisconfiguredError(f"{self._settings.url} refuses our credentials")
        server = identify(response.headers)
        if server is None:
            raise StoreUnavailableError(f"{self._settings.url} answers {response.status_code} and is no InfluxDB")
        return server

    async def post(self, lines: bytes, *, precision: str) -> Answer:
        """Writes lines; raises when nothing was stored or nobody knows, returns what the caller can mend."""
        params = {"db": self._settings.database, "precision": precision}
        if self._settings.retention_policy:
            params["rp"] = self._settings.retention_policy
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self._settings.gzip and len(lines) > GZIP_FROM:
            headers["Content-Encoding"] = "gzip"
            lines = _packed(lines)
        response = await self._ask("POST", "/write", params=params, content=lines, headers=headers)
        if response.status_code == 204:
            return Answer(Verdict.STORED)
        reason = reason_in(response.content)
        verdict = judge(response.status_code, reason)
        _raise_for(verdict, response, reason)
        return Answer(verdict, reason)

    async def query(self, statement: str, *, method: str = "GET") -> list[dict[str, Any]]:
        """The series of an InfluxQL answer, times in ms; a POST is needed for what changes something."""
        params = {"db": self._settings.database, "q": statement, "epoch": "ms"}
        response = await self._ask(method, "/query", params=params)
        if response.status_code != 200:
            reason = reason_in(response.content)
            _raise_for(judge(response.status_code, reason), response, reason)
            raise StoreUnavailableError(f"InfluxDB refuses the query: {reason}")
        return _series_in(response.content)

    async def request(self, method: str, path: str, content: Mapping[str, object]) -> tuple[int, str]:
        """Any other request with a JSON body: its status and the server's words."""
        response = await self._ask(method, path, content=json.dumps(content).encode())
        return response.status_code, reason_in(response.content)

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        if self._client is None:
            self._client = _client_for(self._settings)
        try:
            return await self._client.request(method, path, params=params, content=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise StoreUnavailableError(f"{self._settings.url} cannot be reached: {error}") from error
        except httpx.RequestError as error:
            raise UnknownOutcomeError(f"{self._settings.url}: {type(error).__name__} {error}".rstrip()) from error
        except httpx.InvalidURL as error:
            raise StoreMisconfiguredError(f"{self._settings.url} is not an address: {error}") from error


def _client_for(settings: InfluxSettings) -> httpx.AsyncClient:
    headers = {"User-Agent": "thacba", "Accept": "application/json"}
    if not settings.gzip:
        headers["Accept-Encoding"] = "identity"  # packing an answer takes the server as long as finding it
    if settings.password or settings.username:
        pair = base64.b64encode(f"{settings.username}:{settings.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return httpx.AsyncClient(
        base_url=settings.url,
        headers=headers,
        timeout=settings.timeout_s,
        limits=httpx.Limits(max_connections=settings.senders + 4, max_keepalive_connections=settings.senders + 4),
        trust_env=False,  # a proxy of the environment must not see the readings, nor .netrc choose who we are
    )


def _raise_for(verdict: Verdict, response: httpx.Response, reason: str) -> None:
    text = f"InfluxDB answers {response.status_code}: {reason}"
    if verdict is Verdict.REFUSES_US:
        raise StoreMisconfiguredError(text)
    if verdict is Verdict.BUSY:
        raise BusyError(text, retry_after_s=retry_after(response.headers))
    if verdict is Verdict.UNKNOWN:
        raise UnknownOutcomeError(text)


class BusyError(StoreUnavailableError):
    """The server asks for less; nothing was stored."""


def _packed(lines: bytes) -> bytes:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    return packer.compress(lines) + packer.flush()


def _series_in(content: bytes) -> list[dict[str, Any]]:
    series: list[dict[str, Any]] = []
    for result in json.loads(content).get("results", ()):
        if "error" in result:
            text = f"InfluxDB refuses the query: {result['error']}"
            kind = (
                StoreMisconfiguredError if judge(400, result["error"]) is Verdict.REFUSES_US else StoreUnavailableError
            )
            raise kind(text)
        series += result.get("series", ())
    return series
