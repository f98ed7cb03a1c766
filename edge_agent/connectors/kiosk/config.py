"""Configuration of one kiosk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from edge_agent.credentials import Keyed


class KioskConnection(Keyed):
    """Watch one queue kiosk over its HTTP interface."""

    kind: Literal["kiosk"] = Field("kiosk", description="Always kiosk.")
    url: str = Field(max_length=2000, description="Base address of the kiosk; /status and the others follow it.")
    timeout_s: float = Field(5.0, gt=0, le=60, description="Longest wait for one answer.")
    ca_file: Path | None = Field(None, description="Own certificate authority; the certificate is always checked.")
    max_bytes: int = Field(262_144, ge=256, le=4_194_304, description="Longest answer that is read.")
    message_s: float = Field(60.0, gt=0, le=86_400, description="How long a message stays on the screen.")

    @field_validator("url")
    @classmethod
    def _base_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the address reads http://host or https://host, with a path at most")
        if "@" in parts.netloc:
            raise ValueError("user and password do not belong in the address: use key_env or key_file")
        return url.rstrip("/")
