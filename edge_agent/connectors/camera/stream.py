"""Where the stream of a camera is: as configured, or as the camera itself says through ONVIF."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from device_profiles.clock import Clock
from edge_agent.camera_login import Login
from edge_agent.connectors.camera.config import CameraConnection

HTTP = {"onvif": "http", "onvifs": "https"}
DEVICE_SERVICE = "/onvif/device_service"


async def stream_of(connection: CameraConnection, login: Login, clock: Clock) -> str:
    """The stream's address, asked anew for each stream, because cameras change it; LinkError when it is not told."""
    parts = urlsplit(connection.url)
    if parts.scheme not in HTTP:
        return connection.url
    from edge_agent.onvif.client import OnvifClient, Terms  # noqa: PLC0415 -- only cameras that are asked need it
    from edge_agent.onvif.reading import chosen  # noqa: PLC0415

    service = urlunsplit((HTTP[parts.scheme], parts.netloc, parts.path.rstrip("/") or DEVICE_SERVICE, parts.query, ""))
    client = OnvifClient(Terms(service), login, clock)
    try:
        await client.begin()
        profile = chosen(await client.profiles(), connection.media_profile, least_width=connection.width)
        return await client.stream_address(profile)
    finally:
        await client.close()
