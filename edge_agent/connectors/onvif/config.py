"""Configuration of one ONVIF camera."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge_agent.camera_login import CameraLogin

LOST_WITHIN_S = 9.0  # of the 10 s in which a lost camera must be told


class OnvifConnection(CameraLogin):
    """Ask one camera through ONVIF."""

    kind: Literal["onvif"] = Field("onvif", description="Always onvif.")
    url: str = Field(
        max_length=1000, description="Device service: http://host[:port]/onvif/device_service, or https://."
    )
    ca_file: Path | None = Field(None, description="Own certificate authority; a certificate is always checked.")
    timeout_s: float = Field(5.0, gt=0, le=8, description="Longest wait for one answer.")
    media_profile: str = Field(
        "", max_length=128, description="Token or name of the media profile; the smallest one that will do when empty."
    )
    wait_s: float = Field(3.0, ge=0.1, le=8, description="So long a question for events is left open.")

    @model_validator(mode="after")
    def _told_in_time(self) -> Self:
        if self.wait_s + self.timeout_s > LOST_WITHIN_S:
            raise ValueError(f"wait_s and timeout_s make more than {LOST_WITHIN_S:g} s: a lost camera is told too late")
        return self

    @field_validator("url")
    @classmethod
    def _device_service(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError("the address reads http://host/onvif/device_service, or https://")
        if "@" in parts.netloc:
            raise ValueError("user and password do not belong in the address: use username and password_file")
        _ = parts.port  # ValueError when it is none
        return url if parts.path.strip("/") else f"{url.rstrip('/')}/onvif/device_service"
