"""A centre that takes commissioning records: real HTTPS, real signatures, the real office; its answers can get lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request, Response

from cloud.commissioning.checking import RecordRefusedError
from cloud.commissioning.config import CommissioningConfig
from cloud.commissioning.contents import Contents
from cloud.commissioning.office import CommissioningOffice, Desk, Part, Sender
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from device_profiles.wire import WireError
from device_profiles.wire.requests import Asked, check_time, read_proof, verify_request
from tests.edge_agent.identity.authority import now_ms
from tests.edge_agent.identity.stand import GATEWAY, Stand, problem, routes_of, served

PATH = "/api/v1/commissioning"


class Quiet:
    """Nobody is told of security events here."""

    async def record(self, kind: str, *, gateway: str = "", source: str = "", detail: str = "") -> None:
        """Forgets it."""


@dataclass
class Receiver:
    """The office, the keys that it believes, and what becomes of answers: `lost` says of each request whether its
    answer gets lost on the way."""

    office: CommissioningOffice
    state: SqlStateStore
    keys: list[ec.EllipticCurvePublicKey] = field(default_factory=list)
    lost: Callable[[int], bool] = lambda number: False
    requests: int = 0
    bytes: int = 0

    def routes(self, app: FastAPI) -> None:
        """Two routes, each proved first."""

        @app.post(PATH)
        async def bring(request: Request) -> Response:
            body = await request.body()
            return await self._answer(request, body, lambda: self.office.take(Sender(GATEWAY), body))

        @app.put(PATH + "/{record}/files/{sha256}")
        async def bring_part(record: str, sha256: str, offset: int, request: Request) -> Response:
            part = Part(record, sha256, offset, await request.body())
            return await self._answer(request, part.content, lambda: self.office.take_part(Sender(GATEWAY), part))

    async def _answer(self, request: Request, body: bytes, work: Callable[[], object]) -> Response:
        self.requests += 1
        self.bytes += len(body)
        target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        try:
            proof = read_proof(request.headers)
            verify_request(self.keys[0], Asked(request.method, target, body), proof)
            check_time(proof.stamp, now=now_ms())
            receipt = await work()  # type: ignore[misc]
        except WireError as error:
            return problem(401, error.reason)
        except RecordRefusedError as error:
            return problem(422, error.reason)
        if self.lost(self.requests):
            return Response("the mountain is in between", 502)
        return Response(msgspec.json.encode(receipt), media_type="application/json")


@asynccontextmanager
async def receiving(folder: Path, stand: Stand, *, port: int = 0) -> AsyncIterator[Receiver]:
    """The centre at `stand.url`; what it took is in `folder`, also for the next one that begins there."""
    state = SqlStateStore(f"sqlite:///{folder / 'centre.sqlite3'}")
    state.migrate()
    receiver: Receiver
    config = CommissioningConfig.model_validate({})
    desk = Desk(state.commissioning, Contents(folder), lambda _gateway: receiver.keys, Quiet(), config)
    receiver = Receiver(CommissioningOffice(desk, SystemClock()), state)
    app = routes_of(stand)
    receiver.routes(app)
    try:
        async with served(app, stand.authority.server(folder), port=port) as taken:
            stand.url = f"https://127.0.0.1:{taken}"
            yield receiver
    finally:
        state.close()
