"""How an e-mail channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from device_profiles.schema import Identifier, Strict

ADDRESS = r"^[^@\s,;<>]+@[^@\s,;<>]+$"


class EmailConfig(Strict):
    """Sends notices to persons, or to a fixed list of people, through one SMTP server."""

    kind: Literal["email"]
    name: Identifier = Field(description="Name of the channel, as rules call it.")
    host: str = Field(min_length=1, description="SMTP server.")
    port: int = Field(587, ge=1, le=65535, description="Port of the server.")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is protected.")
    username: str = Field("", description="Log-in name; empty = none.")
    password_env: str = Field("", description="Environment variable with the password.")
    password_file: Path | None = Field(None, description="The same from a file.")
    sender: str = Field(pattern=ADDRESS, description="From address.")
    recipients: tuple[str, ...] = Field(
        (), max_length=50, description="To addresses of notices that are for no person; empty = only for persons."
    )
    timeout_s: float = Field(20.0, gt=0, le=120, description="Longest wait for the server.")
    per_minute: int = Field(30, ge=1, le=6000, description="Most notices per minute; the rest wait.")
