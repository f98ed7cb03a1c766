"""Configuration of devices that speak JSON over HTTP: those that are asked, and those that push."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge_agent.credentials import Keyed


class HttpJsonConnection(Keyed):
    """Poll one HTTP address that answers JSON."""

    kind: Literal["http_json"] = Field("http_json", description="Always http_json.")
    url: str = Field(max_length=2000, description="Where the device answers, without user and password.")
    timeout_s: float = Field(5.0, gt=0, le=60, description="Longest wait for the whole answer.")
    headers: dict[str, str] = Field(default_factory=dict, description="Sent with each request; no secrets here.")
    key_header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]+$", description="Header that carries the key.")
    ca_file: Path | None = Field(None, description="Own certificate authority; the certificate is always checked.")
    max_bytes: int = Field(262_144, ge=256, le=16_777_216, description="Longest answer that is read.")
    observed_at_path: str = Field("observed_at", description="Where the device's own time stands, if it gives one.")

    @field_validator("url")
    @classmethod
    def _address_without_login(cls, url: str) -> str:
        return checked_url(url)


class PushConnection(Keyed):
    """A device that posts its readings to the agent's own address /push/<device>."""

    kind: Literal["http_push"] = Field("http_push", description="Always http_push.")
    max_bytes: int = Field(65_536, ge=256, le=1_048_576, description="Longest body that is taken.")

    @model_validator(mode="after")
    def _key_is_named(self) -> Self:
        if not (self.key_env or self.key_file):
            raise ValueError("a device that pushes needs a key: give key_env or key_file")
        return self


def checked_url(url: str) -> str:
    """The address if it is http(s), names a host and hides no log-in; else ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address begins with http:// or https:// and names a host")
    if "@" in parts.netloc:
        raise ValueError("user and password do not belong in the address: use key_env or key_file")
    return url


def connection_from_url(url: str) -> HttpJsonConnection:
    """An http(s) address as a connection; ValueError when it is none."""
    return HttpJsonConnection.model_validate({"url": url})
