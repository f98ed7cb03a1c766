"""An HTTP server for simulated devices: starts on a free port, stops at once, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from simulators.device import Elapsed
from simulators.faults import FaultKind, Faults

Next: TypeAlias = Callable[[Request], Awaitable[Response]]

SILENT_FOR_S = 120.0
GARBAGE = "<html><body>It works!</body></html>"
STOP_WITHIN_S = 1


class HttpHost:
    """Serves one application on one port."""

    def __init__(self, api: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self._api = api
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        door = socket.create_server((self.host, self.port))
        self.port = door.getsockname()[1]
        settings = uvicorn.Config(
            self._api,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        settings.load()
        self._server = uvicorn.Server(settings)
        self._server.lifespan = settings.lifespan_class(settings)
        await self._server.startup(sockets=[door])  # not serve(): it takes the signals of the whole program
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            await self._server.shutdown()


class Misbehaviour:
    """Faults on the way in, before the device's own answer; `gone` ends every wait when the device is taken away."""

    def __init__(self, faults: Faults, elapsed: Elapsed) -> None:
        self._faults = faults
        self._elapsed = elapsed
        self.gone = asyncio.Event()

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """The answer to this request, well or unwell."""
        active = self._faults.active(self._elapsed())
        if FaultKind.SILENT in active:
            await self._wait(SILENT_FOR_S)
        if FaultKind.SLOW in active:
            await self._wait(self._faults.slow_s)
        if FaultKind.EXCEPTION in active:
            return JSONResponse({"error": "device fault"}, 503)
        if FaultKind.GARBAGE in active:
            return PlainTextResponse(GARBAGE)
        return await call_next(request)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.gone.wait()


class HttpAppliance:
    """What every simulated device with a web server shares: it is on for the length of a block."""

    def __init__(self, api: FastAPI, misbehaviour: Misbehaviour, *, host: str, port: int) -> None:
        api.middleware("http")(misbehaviour)
        self._misbehaviour = misbehaviour
        self._host = HttpHost(api, host=host, port=port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._host.port

    @property
    def url(self) -> str:
        """Its base address."""
        return self._host.url

    async def __aenter__(self) -> Self:
        await self._host.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._misbehaviour.gone.set()
        await self._host.__aexit__(kind, error, trace)


def is_let_in(request: Request, key: str) -> bool:
    """True when no key is wanted, or the right one came along."""
    offered = request.headers.get("authorization", "")
    return not key or hmac.compare_digest(offered.encode(), f"Bearer {key}".encode())
