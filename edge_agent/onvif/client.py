"""One ONVIF camera: asks it with its own time, so that a camera whose clock is wrong still lets us in.

GetSystemDateAndTime (without login) ─▶ offset ─▶ services ─▶ media profiles ─▶ stream address
                                                     └▶ pull point: messages as they come
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from device_profiles.clock import Clock
from edge_agent.camera_login import Login
from edge_agent.connector import LinkError
from edge_agent.http_exchange import fault_of, trust
from edge_agent.onvif import asking, reading
from edge_agent.onvif.reading import EVENTS, MEDIA, MEDIA2, PTZ, MediaProfile, Message, Preset
from edge_agent.onvif.soap import LONGEST, Call, Element, Token, answer_in, envelope, token_of

LASTS_S = 60
MOST_AT_ONCE = 100
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Thacba"}


@dataclass(frozen=True, slots=True)
class Terms:
    """How one camera is spoken to."""

    url: str  # of its device service
    timeout_s: float = 5.0
    ca_file: Path | None = None


class OnvifClient:
    """The way to one camera; what it learnt of the camera is only as old as the last `begin`."""

    def __init__(self, terms: Terms, login: Login, clock: Clock) -> None:
        self.offset_ms: int | None = None  # the camera's clock less ours
        self._terms = terms
        self._login = login
        self._clock = clock
        self._services: dict[str, str] = {}
        self._client: httpx.AsyncClient | None = None

    async def begin(self) -> None:
        """Learns the camera's time, then its services; LinkError when it lets nobody in."""
        await self.learn_time()
        try:
            answer = await self._ask(self._terms.url, asking.SERVICES)
        except LinkError as error:
            if error.fault != "device":
                raise
            answer = await self._ask(self._terms.url, asking.CAPABILITIES)  # from before GetServices existed
        self._services = reading.services(answer)

    async def learn_time(self) -> None:
        """How far the camera's clock is from ours; asked without login, because a login needs the answer."""
        asked = self._clock.now_ms()
        answer = await self._ask(self._terms.url, asking.DATE_AND_TIME, known=False)
        told = reading.clock_ms(answer)
        self.offset_ms = None if told is None else told - (asked + self._clock.now_ms()) // 2

    async def profiles(self) -> list[MediaProfile]:
        """The ways in which the camera can be watched."""
        new = MEDIA not in self._services
        return reading.media_profiles(await self._ask(self._media(), asking.profiles(new=new)))

    async def stream_address(self, profile: MediaProfile) -> str:
        """Where the stream of a profile is, on the camera's own host, without login."""
        new = MEDIA not in self._services
        answer = await self._ask(self._media(), asking.stream(profile.token, new=new))
        return reading.stream_address(answer, urlsplit(self._terms.url).hostname or "")

    async def presets(self, profile: MediaProfile) -> list[Preset]:
        """The places that the camera can look at."""
        return reading.presets(await self._ask(self._service(PTZ), asking.presets(profile.token)))

    async def goto(self, profile: MediaProfile, preset: Preset) -> None:
        """Makes the camera look there."""
        await self._ask(self._service(PTZ), asking.goto(profile.token, preset.token))

    async def subscribe(self) -> str:
        """A new pull point, kept for a minute unless it is renewed."""
        to = self._service(EVENTS)
        answer = await self._ask(to, asking.subscribe(to, str(uuid.uuid4()), lasts_s=LASTS_S))
        return reading.own_address(reading.subscription(answer), self._terms.url)

    async def pull(self, point: str, wait_s: float) -> list[Message]:
        """What the camera has said since; waits so long when it has said nothing."""
        call = asking.pull(point, str(uuid.uuid4()), wait_s=wait_s, most=MOST_AT_ONCE)
        return reading.messages(await self._ask(point, call, within_s=wait_s + self._terms.timeout_s))

    async def renew(self, point: str) -> None:
        """Keeps the pull point for another minute."""
        await self._ask(point, asking.renew(point, str(uuid.uuid4()), lasts_s=LASTS_S))

    async def unsubscribe(self, point: str) -> None:
        """Gives the pull point back."""
        await self._ask(point, asking.unsubscribe(point, str(uuid.uuid4())))

    async def close(self) -> None:
        """Lets go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _media(self) -> str:
        return self._service(MEDIA if MEDIA in self._services else MEDIA2)

    def _service(self, namespace: str) -> str:
        address = self._services.get(namespace)
        if address is None:
            raise LinkError("missing", f"the camera has no service {namespace.rpartition('/wsdl')[0]}")
        return reading.own_address(address, self._terms.url)

    async def _ask(self, url: str, call: Call, *, known: bool = True, within_s: float = 0.0) -> Element:
        """The answer to one request; `known` sends who we are."""
        content = envelope(call, self._token() if known else None)
        headers = {**HEADERS, "Content-Type": f'application/soap+xml; charset=utf-8; action="{call.action}"'}
        auth = httpx.DigestAuth(self._login.username, self._login.password) if known and self._login.username else None
        limit_s = within_s or self._terms.timeout_s
        try:
            async with asyncio.timeout(limit_s):
                opened = self._opened()
                async with opened.stream("POST", url, content=content, headers=headers, auth=auth) as response:
                    return _answer(response.status_code, await _body(response))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise LinkError("timeout", f"no whole answer within {limit_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkError(fault_of(error), str(error) or type(error).__name__) from error

    def _token(self) -> Token | None:
        if not self._login.username:
            return None
        at_ms = self._clock.now_ms() + (self.offset_ms or 0)
        return token_of(self._login.username, self._login.password, nonce=secrets.token_bytes(16), at_ms=at_ms)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=trust(self._terms.url, self._terms.ca_file),
                timeout=None,  # noqa: S113 -- asyncio.timeout above bounds the whole
                follow_redirects=False,  # the login would travel along
                trust_env=False,
                limits=httpx.Limits(max_connections=3, max_keepalive_connections=1),
            )
        return self._client


def _answer(status: int, body: bytes) -> Element:
    if status in (401, 403):
        raise LinkError("refused", f"the camera does not let us in (HTTP {status})")
    if status == 404:
        raise LinkError("missing", "there is no such service (HTTP 404)")
    if status not in (200, 400, 500):  # SOAP faults come with 400 and 500
        raise LinkError("device", f"the camera answers HTTP {status}")
    return answer_in(body)


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST:
            raise LinkError("device", f"the answer is longer than {LONGEST} bytes")
    return bytes(body)
