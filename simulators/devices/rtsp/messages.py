"""RTSP requests and answers as text (RFC 2326), and the log-in that they carry (RFC 2617)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 454: "Session Not Found",
           455: "Method Not Valid in This State", 461: "Unsupported Transport", 501: "Not Implemented"}  # fmt: skip
METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN")
MAX_REQUEST_BYTES = 16_384
REALM = "thacba"
_PAIR = re.compile(r'(\w+)="([^"]*)"')


class RequestError(ValueError):
    """The bytes are no RTSP request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


def take(buffer: bytes) -> tuple[Request | None, bytes]:
    """The first whole request and what follows it; None while it is not complete. Interleaved packets are skipped."""
    while buffer[:1] == b"$":
        if len(buffer) < 4 or len(buffer) < 4 + int.from_bytes(buffer[2:4], "big"):
            return None, buffer
        buffer = buffer[4 + int.from_bytes(buffer[2:4], "big") :]
    head, found, rest = buffer.partition(b"\r\n\r\n")
    if not found:
        if len(buffer) > MAX_REQUEST_BYTES:
            raise RequestError("longer than any request")
        return None, buffer
    request = _parse(head.decode("ascii", "replace"))
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
        raise RequestError(f"content-length {length}")
    return (request, rest[int(length) :]) if len(rest) >= int(length) else (None, buffer)


def _parse(head: str) -> Request:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise RequestError(first[:80])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(words[0], words[1], headers)


def answer(request: Request, code: int, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """The answer to a request."""
    lines = [f"RTSP/1.0 {code} {REASONS[code]}", f"CSeq: {request.headers.get('cseq', '0')}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def description(url: str, frames_per_s: float) -> str:
    """The session description of one JPEG stream (RFC 4566)."""
    lines = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=Thacba camera", "t=0 0", f"a=control:{url}/",
             "m=video 0 RTP/AVP 26", "c=IN IP4 0.0.0.0", f"a=framerate:{frames_per_s:g}",
             f"a=control:{url}/track1")  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def challenge(scheme: str, nonce: str) -> str:
    """What a camera asks for when the log-in is missing or wrong."""
    return f'Digest realm="{REALM}", nonce="{nonce}"' if scheme == "digest" else f'Basic realm="{REALM}"'


def is_logged_in(request: Request, *, scheme: str, nonce: str, username: str, password: str) -> bool:
    """True when the request proves that it knows the password."""
    given = request.headers.get("authorization", "")
    if scheme == "basic":
        return given == "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    pairs = dict(_PAIR.findall(given))
    secret = _md5(f"{username}:{REALM}:{password}")
    asked = _md5(f"{request.method}:{pairs.get('uri', '')}")
    expected = _md5(f"{secret}:{nonce}:{asked}")
    return given.startswith("Digest ") and pairs.get("nonce") == nonce and pairs.get("response") == expected


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
