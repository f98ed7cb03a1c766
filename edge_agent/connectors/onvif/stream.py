"""Whether the camera's stream is offered: one DESCRIBE, no picture.

An answer of 401 says that the server is there and wants a login; the camera connector looks at the pictures.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from urllib.parse import urlsplit

LONGEST = 4096
OFFERED = frozenset({200, 401})
_STATUS = re.compile(rb"RTSP/\d\.\d (\d{3})\b")


async def is_offered(url: str, within_s: float) -> bool:
    """True when somebody at this address knows the stream."""
    parts = urlsplit(url)
    context = ssl.create_default_context() if parts.scheme == "rtsps" else None
    request = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: Thacba\r\n\r\n"
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 554, ssl=context, limit=LONGEST
            )
            try:
                writer.write(request.encode())
                await writer.drain()
                return status_in(await reader.readline()) in OFFERED
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, ValueError):
        return False


def status_in(line: bytes) -> int:
    """The status of an answer; 0 when it is none."""
    found = _STATUS.match(line)
    return int(found[1]) if found else 0
