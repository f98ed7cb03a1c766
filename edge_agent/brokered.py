"""The part of a connection that says which broker a device is heard through."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self, cast

from pydantic import Field, model_validator

from edge_agent.credentials import Keyed

URL = re.compile(r"(?P<scheme>mqtts?)://(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:(?P<port>[1-9]\d{0,4}))?/?")
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Brokered(Keyed):
    """The part of a connection that says which broker a device is heard through; `key_*` is the password there."""

    url: str = Field(max_length=300, description="mqtt://host:port, or mqtts://host:port for TLS.")
    username: str = Field("", max_length=200, description="User of the broker; empty for none.")
    ca_file: Path | None = Field(None, description="Own certificate authority; the certificate is always checked.")
    version: Literal["3.1.1", "5"] = Field("5", description="Version of MQTT; in 5 the broker obeys max_bytes.")
    keep_alive_s: int = Field(30, ge=5, le=1200, description="A broker silent for 1.5 x this is given up.")
    session_h: float = Field(24.0, ge=0, le=8760, description="How long the broker keeps messages for an absent agent.")
    max_bytes: int = Field(65_536, ge=256, le=4_194_304, description="Longest message that is read.")

    @model_validator(mode="after")
    def _url_is_a_broker(self) -> Self:
        found = URL.fullmatch(self.url)
        if found is None or int(found["port"] or 1) > 65_535:
            raise ValueError("the address reads mqtt://host:port or mqtts://host:port")
        if self.ca_file and found["scheme"] != "mqtts":
            raise ValueError("ca_file is for mqtts://, and the url says mqtt://")
        return self

    @property
    def broker(self) -> tuple[str, int, bool]:
        """Host, port, and whether it is TLS."""
        found = cast(re.Match[str], URL.fullmatch(self.url))
        scheme = found["scheme"]
        return found["host"].strip("[]"), int(found["port"] or DEFAULT_PORTS[scheme]), scheme == "mqtts"

    @property
    def wire(self) -> tuple[object, ...]:
        """What makes the connection to the broker this one: devices for which it is equal share it."""
        return ("mqtt", *(getattr(self, name) for name in sorted(Brokered.model_fields)))
