"""One HTTP device: bounded answers, bounded waits, certificates checked; every failure is a LinkError."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr

from edge_agent.connector import LinkError
from edge_agent.credentials import CredentialError
from edge_agent.json_document import DocumentError, Json, parse

AUTHORIZATION = "authorization"
LOCKED_OUT = frozenset({401, 403, 407})
PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}  # nothing packed: what we count is what comes


@dataclass(frozen=True, slots=True)
class HttpTerms:
    """How one device is spoken to. A key travels as `Bearer` in Authorization, plain in any other header."""

    timeout_s: float
    max_bytes: int
    key: Callable[[], SecretStr | None]
    key_header: str = AUTHORIZATION
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the whole body."""

    status: int
    body: bytes

    def document(self) -> Json:
        """The JSON document of a good answer; LinkError when the answer is anything else."""
        if self.status in LOCKED_OUT:
            raise LinkError("refused", f"the device wants another key (HTTP {self.status})")
        if self.status != 200:
            raise LinkError("device", f"the device answers HTTP {self.status}")
        try:
            return parse(self.body)
        except DocumentError as error:
            raise LinkError("device", f"the answer {error}") from error


class HttpExchange:
    """The way to one device; connects when first used."""

    def __init__(self, terms: HttpTerms) -> None:
        self._terms = terms
        self._client: httpx.AsyncClient | None = None

    async def get(self, url: str, query: Mapping[str, str] | None = None) -> Answer:
        """What the device answers at this address; LinkError when it does not."""
        return await self._ask("GET", url, query, None)

    async def post(self, url: str, content: Mapping[str, Json]) -> Answer:
        """What the device answers to this document; LinkError when it does not."""
        return await self._ask("POST", url, None, content)

    async def close(self) -> None:
        """Lets go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _ask(
        self, method: str, url: str, query: Mapping[str, str] | None, content: Mapping[str, Json] | None
    ) -> Answer:
        headers = {**PLAIN, **self._terms.headers, **self._key()}
        client = self._opened(url)
        try:
            async with asyncio.timeout(self._terms.timeout_s):
                request = client.stream(method, url, params=query, json=content, headers=headers)
                async with request as response:
                    return Answer(response.status_code, await self._body(response))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise LinkError("timeout", f"no whole answer within {self._terms.timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkError(fault_of(error), str(error) or type(error).__name__) from error

    async def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise LinkError("device", "the answer is packed although nobody asked for it")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._terms.max_bytes:
                raise LinkError("device", f"the answer is longer than {self._terms.max_bytes} bytes")
        return bytes(body)

    def _key(self) -> dict[str, str]:
        try:
            key = self._terms.key()
        except CredentialError as error:
            raise LinkError("refused", str(error)) from error
        if key is None:
            return {}
        bearer = "Bearer " if self._terms.key_header.lower() == AUTHORIZATION else ""
        return {self._terms.key_header: bearer + key.get_secret_value()}

    def _opened(self, url: str) -> httpx.AsyncClient:
        if self._client is None:
            #  no redirects (the key would travel along) and no proxies from the environment
            self._client = httpx.AsyncClient(
                verify=trust(url, self._terms.ca_file),
                timeout=self._terms.timeout_s,
                follow_redirects=False,
                trust_env=False,
                limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            )
        return self._client


def trust(url: str, ca_file: Path | None) -> ssl.SSLContext:
    """The authorities that a device's certificate may come from; plain HTTP needs none, and loads none."""
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise LinkError("refused", f"certificate authority {ca_file}: {error}") from error


def fault_of(error: Exception) -> str:
    """`refused` when nobody listens there, `no_answer` for everything else that goes wrong on the way."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return "refused"
        cause = cause.__cause__ or cause.__context__
    return "no_answer"
