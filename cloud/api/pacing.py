"""Answers 429 with Retry-After to whoever asks too fast: by what he shows to be known by, and by address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.access.pace import Pace, Purses
from cloud.access.secrets import digest_of
from cloud.api.problems import problem

FREE: Final = ("/static/", "/healthz", "/api/v1/map/tiles/")  # what browsers keep, and whoever looks whether we live


def secret_in(request: Request, cookie: str) -> str:
    """What the request shows: a bearer token or the session's cookie; nobody has looked yet whether it holds."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.cookies.get(cookie, "")


class Pacing:
    """A layer around the app; `seconds` is a clock that only rises."""

    def __init__(self, app: ASGIApp, *, pace: Pace, cookie: str, seconds: Callable[[], float]) -> None:
        self._app = app
        self._purses = Purses(pace)
        self._cookie = cookie
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request pass, or says when to come back."""
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        secret = secret_in(request, self._cookie)
        address = request.client.host if request.client else ""
        wait_s = self._purses.wait_s(digest_of(secret) if secret else "", address, now=self._seconds())
        if not wait_s:
            await self._app(scope, receive, send)
            return
        answer = problem(request, 429, code="too_many", detail=f"Too many requests; wait {wait_s} s.")
        answer.headers["Retry-After"] = str(wait_s)
        await answer(scope, receive, send)
