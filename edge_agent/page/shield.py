"""What wraps every answer: security headers, a bound on what is sent to us, and no request that another site caused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_agent.connector import EdgeError

MAX_BODY_BYTES: Final = 128 * 1024
MAX_FILE_BYTES: Final = 5_000_000
FILES: Final = "/files/"
STATIC: Final = "/static/"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
        "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class TooLargeError(EdgeError):
    """More bytes came than a request may have."""


class Shield:
    """The outermost layer around the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the headers to every answer; answers oversized and foreign requests itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith(STATIC) else "no-store")
            await send(message)

        headers = Headers(scope=scope)
        most = MAX_FILE_BYTES if scope["path"].startswith(FILES) else MAX_BODY_BYTES
        length = headers.get("content-length", "0")
        if is_cross_site(scope["method"], headers):
            answer = PlainTextResponse("Another site made your browser send this request.", 403)
            await answer(scope, receive, send_shielded)
        elif not length.isdecimal() or int(length) > most:
            await PlainTextResponse(f"A request has at most {most} bytes.", 413)(scope, receive, send_shielded)
        else:
            await self._app(scope, _bounded(receive, most), send_shielded)


def _bounded(receive: Receive, most: int) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLargeError
        return message

    return receive_bounded


def is_cross_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a changing request comes from another site.

    Over plain http browsers send no Sec-Fetch-Site, but always an Origin with a POST; who sends neither is no browser.
    """
    if method in SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
