"""How channels speak HTTP: one guarded request at a time, a bounded answer, and what its status means."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import AnyHttpUrl, Field

from cloud.errors import ConfigurationError
from cloud.notify.net_guard import check_address
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from device_profiles.schema import Identifier, Strict

MOST_BYTES = 65_536  # of an answer; no gateway has more to say about one notice
MISCONFIGURED = frozenset({401, 403, 404, 405, 407, 410})
LATER = frozenset({408, 425, 429})


class HttpChannelConfig(Strict):
    """What every channel over HTTP is told."""

    name: Identifier = Field(description="Name of the channel, as rules call it.")
    url: AnyHttpUrl = Field(description="Where notices are sent.")
    timeout_s: float = Field(10.0, gt=0, le=50, description="Longest wait for the whole answer.")
    allow_private: bool = Field(False, description="Whether the address may lie in a private network or this machine.")
    ca_file: Path | None = Field(None, description="Certificate authority of the receiver; none = the public ones.")
    per_minute: int = Field(60, ge=1, le=6000, description="Most notices per minute; the rest wait.")


@dataclass(frozen=True, slots=True)
class Question:
    """One request. Neither its URL nor its body is for logs: they may hold phone numbers and secrets."""

    url: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered."""

    status: int
    body: bytes = field(default=b"", repr=False)


class HttpDoor:
    """Resolves a name once per request, checks every address, and connects to that very address.

    It works on the transport itself: nothing follows redirects, reads proxies from the environment, keeps cookies or
    logs URLs.
    """

    def __init__(self, *, timeout_s: float, allow_private: bool, trust: ssl.SSLContext | None = None) -> None:
        self._timeout_s = timeout_s
        self._allow_private = allow_private
        self._transport = httpx.AsyncHTTPTransport(verify=trust or True, trust_env=False)

    async def ask(self, question: Question, *, read_body: bool = True) -> Answer:
        """The answer to one request; NoticeLinkError when there is none in time."""
        url = httpx.URL(question.url)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask_any(url, question, read_body)
        except TimeoutError as error:
            raise NoticeLinkError(f"Timeout: no whole answer within {self._timeout_s:g} s") from error

    async def close(self) -> None:
        """Closes connections."""
        await self._transport.aclose()

    async def _ask_any(self, url: httpx.URL, question: Question, read_body: bool) -> Answer:
        fault = ""
        for address in await self._resolve(url):
            try:
                return await self._ask_one(url, address, question, read_body)
            except httpx.ConnectError as error:  # the next address may answer
                fault = str(error)
            except httpx.HTTPError as error:
                raise NoticeLinkError(f"{type(error).__name__}: {error}") from error
        raise NoticeLinkError(f"ConnectError: {fault}")

    async def _resolve(self, url: httpx.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NoticeLinkError(f"{url.host} cannot be resolved: {error}") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            check_address(address, allow_private=self._allow_private)
        return addresses

    async def _ask_one(self, url: httpx.URL, address: str, question: Question, read_body: bool) -> Answer:
        request = httpx.Request(
            question.method,
            url.copy_with(host=address),
            content=question.body,
            headers={
                "Host": url.netloc.decode(),
                "User-Agent": "thacba",
                "Accept-Encoding": "identity",
                **question.headers,
            },
            extensions={"sni_hostname": url.host, "timeout": httpx.Timeout(self._timeout_s).as_dict()},
        )
        response = await self._transport.handle_async_request(request)
        try:
            return Answer(response.status_code, await _bounded(response) if read_body else b"")
        finally:
            await response.aclose()


async def _bounded(response: httpx.Response) -> bytes:
    """The body as it came, never more than the bound."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NoticeLinkError(f"answered {response.status_code} with more than {MOST_BYTES} bytes")
    return body


def check_status(answer: Answer) -> None:
    """Says by its error what an answer other than 2xx means."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status in MISCONFIGURED:
        raise NoticeMisconfiguredError(f"answered {status}; look at the address and the secret of the channel")
    if 400 <= status < 500 and status not in LATER:
        raise NoticeRefusedError(f"answered {status}")
    raise NoticeLinkError(f"answered {status}" + (", redirects are not followed" if status // 100 == 3 else ""))


def json_object(answer: Answer) -> Mapping[str, object]:
    """The JSON object of an answer; NoticeLinkError when it is none: proxies and captive portals answer such things."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise NoticeLinkError(f"answered {answer.status} without JSON") from error
    if not isinstance(found, dict):
        raise NoticeLinkError(f"answered {answer.status} without a JSON object")
    return found


def trust_in(ca_file: Path | None) -> ssl.SSLContext | None:
    """The authorities of a file; ConfigurationError when it holds none."""
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigurationError(f"{ca_file}: is no certificate authority ({error})") from error
