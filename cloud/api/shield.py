"""What wraps every answer: security headers; and what stops a request that is too large before it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.problems import ProblemError, problem
from cloud.atlas.atlas import MAX_BYTES as MAX_LAND_BYTES
from cloud.atlas.tile_shelf import MAX_BYTES as MAX_TILES_BYTES
from cloud.attachments import MAX_BYTES
from device_profiles.wire.commissioning import MAX_RECORD_BYTES

MAX_BODY_BYTES: Final = 64 * 1024
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        "connect-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-src 'self'", "frame-ancestors 'self'",  # the video wall shows our own pages
    )
)  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
UPLOAD: Final = re.compile(r"/api/v1/(incidents/[^/]{1,64}/attachments|public/reports/[^/]{1,64}/photo)")
LARGER: Final[Mapping[str, int]] = {
    "/api/v1/commissioning": 2 * MAX_RECORD_BYTES,  # its text is a text in JSON
    "/api/v1/map/land": MAX_LAND_BYTES,
    "/api/v1/map/tiles": MAX_TILES_BYTES,
}
STATIC: Final = "/static/"
STRICT_TRANSPORT: Final = "max-age=31536000"
EXERCISE: Final = "X-Thacba-Exercise"


class Shield:
    """The outermost layer around the app; in an exercise (*diễn tập*) it names that in every answer."""

    def __init__(self, app: ASGIApp, *, https: bool, exercise: str = "") -> None:
        self._app = app
        strict = {"Strict-Transport-Security": STRICT_TRANSPORT} if https else {}
        self._headers = {**HEADERS, **strict, **({EXERCISE: exercise} if exercise else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the headers to every answer, and answers oversized requests itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith(STATIC) else "no-store")
            await send(message)

        received = 0
        most = MAX_BYTES if UPLOAD.fullmatch(scope["path"]) else LARGER.get(scope["path"], MAX_BODY_BYTES)
        too_large = f"A request has at most {most} bytes."

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise ProblemError(413, "too_large", too_large)
            return message

        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) <= most:
            await self._app(scope, receive_bounded, send_shielded)
            return
        answer = problem(Request(scope), 413, code="too_large", detail=too_large)
        await answer(scope, receive, send_shielded)
