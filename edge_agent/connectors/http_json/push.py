"""The push endpoint: devices that own the pace post their readings, and hear 202 when these are safe on disk.

```
 POST /push/<device>        Authorization: Bearer <key>
 {"observed_at": 1725926400000, "id": "gauge-7-000123", "rain_mm": 0.4, ...}     or a list of such documents
 202 {"accepted": 3, "repeated": 0}     readings taken; documents that were taken before
```
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.h11_impl import H11Protocol

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver, EdgeError, LinkError, Sample
from edge_agent.connectors.http_json.config import PushConnection
from edge_agent.connectors.http_json.documents import Pushed, RefusalError, read_documents, unrepeated
from edge_agent.credentials import CredentialError
from edge_agent.device import ListenAddress

REMEMBERED = 1000  # ids of each device, so that a document that is sent again counts once
STOP_WITHIN_S = 2

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Device:
    """One pushing device, and the ids of the documents that it was told 202 for."""

    name: str
    connection: PushConnection
    profile: DeviceProfile
    taken: dict[str, None] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # the same id twice at once: the second one waits

    def remember(self, pushed: Sequence[Pushed]) -> None:
        self.taken.update(dict.fromkeys(each.id for each in pushed if each.id))
        while len(self.taken) > REMEMBERED:
            del self.taken[next(iter(self.taken))]


class PushServer:
    """The listener for every device that pushes."""

    def __init__(self, listen: ListenAddress, devices: Mapping[str, tuple[PushConnection, DeviceProfile]]) -> None:
        self._listen = listen
        self._devices: dict[str, _Device] = {}
        self._bound: asyncio.Future[int] | None = None
        self.expect(devices)

    def expect(self, devices: Mapping[str, tuple[PushConnection, DeviceProfile]]) -> None:
        """These devices may push from now on; who stays the same keeps the memory of what it was told 202 for."""
        then = {name: _Device(name, connection, profile) for name, (connection, profile) in devices.items()}
        for name, device in then.items():
            before = self._devices.get(name)
            if before is not None and (before.connection, before.profile) == (device.connection, device.profile):
                then[name] = before
        self._devices.clear()
        self._devices.update(then)

    async def port(self) -> int:
        """The port, as soon as somebody may connect to it; to be asked while `listen` runs."""
        return await self._announcement()

    async def listen(self, deliver: Deliver) -> None:
        """Serves until cancelled; LinkError when the port cannot be had."""
        door = _bound_socket(self._listen.host, self._listen.port)
        within_s = self._listen.request_within_s
        api = create_push_api(self._devices, deliver, body_within_s=within_s)
        server = uvicorn.Server(_settings(api, within_s))
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        #  not server.serve(): it takes the signals of the whole program for itself
        await server.startup(sockets=[door])
        announcement = self._announcement()
        if not announcement.done():
            announcement.set_result(door.getsockname()[1])
        log.info("push endpoint open", extra={"host": self._listen.host, "port": announcement.result()})
        try:
            await asyncio.Event().wait()
        finally:
            self._bound = None
            await server.shutdown(sockets=[door])

    def _announcement(self) -> asyncio.Future[int]:
        if self._bound is None:
            self._bound = asyncio.get_running_loop().create_future()
        return self._bound


class PromptProtocol(H11Protocol):
    """Ends a connection whose next request does not arrive: uvicorn itself lets whisperers keep their place for ever.

    It counts from the connection, or from the last answer, to the end of the request's head.
    """

    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        self._deadline = self.loop.call_later(self.config.timeout_keep_alive, self._end_without_request)
        super().connection_made(transport)

    def on_response_complete(self) -> None:
        """The next request may begin."""
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.config.timeout_keep_alive, self._end_without_request)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def _end_without_request(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


_ADVICE: dict[int, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "30"},
}


def create_push_api(known: Mapping[str, _Device], deliver: Deliver, *, body_within_s: float) -> FastAPI:
    """The endpoint as an application; `deliver` returns when the outbox has the samples on disk."""
    api = FastAPI(openapi_url=None)
    api.add_exception_handler(HTTPException, _elsewhere)

    @api.post("/push/{device}")
    async def push(device: str, request: Request) -> Response:
        try:
            sender = _sender(known, device, request)
            body = await _body(request, sender.connection.max_bytes, within_s=body_within_s)
            documents = read_documents(device, sender.profile, body)
            async with sender.turn:
                new = unrepeated(documents, sender.taken)
                taken = [sample for each in new for sample in each.samples]
                if taken:
                    await _kept(taken, deliver)
                sender.remember(new)
        except RefusalError as refusal:
            return _problem(refusal)
        return JSONResponse({"accepted": len(taken), "repeated": len(documents) - len(new)}, HTTPStatus.ACCEPTED)

    return api


async def _kept(samples: Sequence[Sample], deliver: Deliver) -> None:
    try:
        await deliver(samples)
    except EdgeError as error:  # the outbox is full: the device still has the document, and may keep it a while
        sentence = "The gateway cannot keep this now; send it again later."
        raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error


def _sender(known: Mapping[str, _Device], name: str, request: Request) -> _Device:
    device = known.get(name)
    if device is None:
        raise RefusalError(HTTPStatus.NOT_FOUND, "This gateway expects no pushes from a device of this name.")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    expected = _key_of(device).encode()
    if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), expected):
        raise RefusalError(HTTPStatus.UNAUTHORIZED, "Send the key of this device: Authorization: Bearer <key>.")
    return device


def _key_of(device: _Device) -> str:
    try:
        key = device.connection.key()
    except CredentialError as error:
        log.warning("key of a pushing device is missing", extra={"device": device.name, "error": str(error)})
        key = None
    if key is None:
        raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, "The gateway has no key for this device yet.")
    return key.get_secret_value()


async def _body(request: Request, max_bytes: int, *, within_s: float) -> bytes:
    """The whole body, never more than allowed in memory."""
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    sentence = f"The body is longer than {max_bytes} bytes; send fewer documents at once."
                    raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    except TimeoutError:
        sentence = f"The body did not arrive within {within_s:g} s."
        raise RefusalError(HTTPStatus.REQUEST_TIMEOUT, sentence) from None
    return bytes(body)


def _elsewhere(_request: Request, error: Exception) -> Response:
    """Whoever asks for another address or in another way."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return _problem(RefusalError(status, "Devices push here: POST /push/<device>."))


def _problem(refusal: RefusalError) -> JSONResponse:
    """The refusal as RFC 9457 problem details."""
    title = HTTPStatus(refusal.status).phrase
    content = {"type": "about:blank", "title": title, "status": refusal.status, "detail": str(refusal)}
    return JSONResponse(content, refusal.status, _ADVICE.get(refusal.status), "application/problem+json")


def _bound_socket(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family, kind, protocol)
        try:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
        except OSError:
            door.close()
            raise
    except OSError as error:
        raise LinkError("refused", f"cannot listen on {host}:{port}: {error.strerror}") from error
    return door


def _settings(api: FastAPI, request_within_s: int) -> uvicorn.Config:
    return uvicorn.Config(
        api,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        http=PromptProtocol,
        timeout_keep_alive=request_within_s,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        limit_concurrency=200,
        h11_max_incomplete_event_size=16_384,
    )
