"""Carries an order with an `Idempotency-Key` out once: whoever sends it again gets the answer of the first time.

Only what was done is kept, for a day: an order that was refused changed nothing, and its key may be used again.
When the centre stops in the middle nobody knows what was done; then it says so instead of doing it twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.guard import door_now, identify
from cloud.api.problems import ProblemError, problem
from cloud.store.repeat_port import RepeatRow, RepeatStore

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_MS: Final = 24 * 3_600_000
MOST_KEY: Final = 200
MOST_ANSWER: Final = 256 * 1024
SAID_ONCE: Final = ("/api/v1/gateways", "/api/v1/users")  # codes of claims and new passwords are not kept
ORDERS: Final = "/api/v1/"
STRANGE: Final = ("/api/v1/session", "/api/v1/enrolment", "/api/v1/commissioning", "/api/v1/public")


@dataclass
class _Heard:
    """What the app answers, as it goes out."""

    status: int = 0
    kind: str = ""
    body: bytes = b""


class Repeats:
    """A layer around the app, inside the one that bounds bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on but orders with a key of somebody who is known."""
        request = Request(scope, receive)
        key = request.headers.get(HEADER) if _is_order(scope) else None
        identity = await identify(request, request.app.state.centre) if key is not None else None
        if key is None or identity is None:
            await self._app(scope, receive, send)
            return
        try:
            body = await request.body()
        except ProblemError as error:
            await problem(request, error.status_code, code=error.code, detail=str(error.detail))(scope, receive, send)
            return
        now = door_now(request.app.state.centre)
        order = RepeatRow(identity.name, key, _digest_of(request, body), now)
        answer = await self._known(request, order)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._carry_out(scope, _again(body, receive), send, order)

    async def _known(self, request: Request, order: RepeatRow) -> Response | None:
        """The answer to an order that was given already; None when this one is new, and is begun now."""
        if not 0 < len(order.key) <= MOST_KEY or not order.key.isprintable():
            return problem(request, 400, code="key", detail=f"{HEADER} has 1 to {MOST_KEY} printable characters.")
        found = await asyncio.to_thread(_store(request).begin, order, forget_before=order.at - KEPT_MS)
        if found is None:
            return None
        if found.asked != order.asked:
            return problem(request, 422, code="key_reused", detail="This key was used for another order.")
        if found.status == 0 and (order.actor, order.key) in self._running:
            return problem(request, 409, code="in_progress", detail="This order is being carried out.")
        if found.status == 0:
            detail = "The centre stopped while it did this. Look what was done; then order again with a new key."
            return problem(request, 409, code="outcome_unknown", detail=detail)
        if request.url.path.startswith(SAID_ONCE):
            return problem(request, 409, code="said_once", detail="It was done. Its answer held a secret: not kept.")
        return Response(found.answer, found.status, {REPLAYED: "true"}, found.kind or None)

    async def _carry_out(self, scope: Scope, receive: Receive, send: Send, order: RepeatRow) -> None:
        mine, heard = (order.actor, order.key), _Heard()

        async def send_heard(message: Message) -> None:
            _hear(heard, message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await self._keep(scope, order, heard)  # before the caller can know that it was done
            await send(message)

        self._running.add(mine)
        try:
            await self._app(scope, receive, send_heard)
        finally:
            self._running.discard(mine)

    async def _keep(self, scope: Scope, order: RepeatRow, heard: _Heard) -> None:
        store = _store(Request(scope))
        if not 200 <= heard.status < 300 or len(heard.body) > MOST_ANSWER:
            await asyncio.to_thread(store.drop, order.actor, order.key)
            return
        answer = "" if scope["path"].startswith(SAID_ONCE) else heard.body.decode("utf-8", "replace")
        await asyncio.to_thread(store.end, replace(order, status=heard.status, kind=heard.kind, answer=answer))


def takes_key(method: str, path: str) -> bool:
    """Whether an order may have a key: what strangers and gateways send has none."""
    return method == "POST" and path.startswith(ORDERS) and not path.startswith(STRANGE)


def _is_order(scope: Scope) -> bool:
    return scope["type"] == "http" and takes_key(scope["method"], scope["path"])


def _store(request: Request) -> RepeatStore:
    store: RepeatStore = request.app.state.centre.state.repeats
    return store


def _digest_of(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n{request.headers.get('content-type', '')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands the body out once more; behind it whatever else happens to the connection."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again


def _hear(heard: _Heard, message: Message) -> None:
    if message["type"] == "http.response.start":
        heard.status = message["status"]
        kinds = [value.decode("latin-1") for name, value in message["headers"] if name.lower() == b"content-type"]
        heard.kind = kinds[0] if kinds else ""
    elif message["type"] == "http.response.body":
        heard.body += message.get("body", b"")[: MOST_ANSWER + 1]
