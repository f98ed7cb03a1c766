"""How a webhook channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field

from device_profiles.schema import Identifier, Strict


class WebhookConfig(Strict):
    """Posts each notice as JSON to one address."""

    kind: Literal["webhook"]
    name: Identifier = Field(description="Name of the channel, as rules call it.")
    url: AnyHttpUrl = Field(description="Where notices are posted.")
    timeout_s: float = Field(10.0, gt=0, le=60, description="Longest wait for the answer.")
    allow_private: bool = Field(False, description="Whether the address may lie in a private network or this machine.")
    signing_key_env: str = Field("", description="Environment variable with the key that signs notices; empty = none.")
    signing_key_file: Path | None = Field(None, description="The same from a file.")
    ca_file: Path | None = Field(None, description="Certificate authority of the receiver; none = the public ones.")
    per_minute: int = Field(60, ge=1, le=6000, description="Most notices per minute; the rest wait.")
