"""Knocks at a device's door: does anybody take a connection there, and how long does it take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from device_profiles.clock import Clock

KNOCKS = 3
WAIT_S = 3.0
PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "onvif": 80, "onvifs": 443}


@dataclass(frozen=True, slots=True)
class Door:
    """Where a device is: a host and port, or a serial port; neither when the device comes to us."""

    host: str = ""
    port: int = 0
    serial: str = ""


def door_of(connection: Mapping[str, object]) -> Door:
    """The door that a connection's table names."""
    serial, host, url = (str(connection.get(key) or "") for key in ("serial_port", "host", "url"))
    if serial:
        return Door(serial=serial)
    if url:
        parts = urlsplit(url)
        return Door(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    port = connection.get("port")
    return Door(host, port if isinstance(port, int) else 0) if host else Door()


async def knock(door: Door, clock: Clock) -> dict[str, object]:
    """What came of it. A refusal is an answer, too: somebody is there, and the port is closed."""
    if door.serial:
        there = await asyncio.to_thread(Path(door.serial).exists)
        return {"door": door.serial, "answers": there, "said": "there" if there else "no_such_port"}
    if not door.host:
        return {"door": "", "answers": False, "said": "device_comes_to_us"}
    times: list[float] = []
    said = ""
    for _ in range(KNOCKS):
        began = clock.monotonic()
        said = await _once(door)
        if said in ("open", "closed"):
            times.append(round((clock.monotonic() - began) * 1000, 1))
    return {"door": f"{door.host}:{door.port}", "answers": bool(times), "said": said, "ms": times}


async def _once(door: Door) -> str:
    try:
        async with asyncio.timeout(WAIT_S):
            _, writer = await asyncio.open_connection(door.host, door.port)
    except ConnectionRefusedError:
        return "closed"
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return (error.strerror or "unreachable").lower().replace(" ", "_")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return "open"
