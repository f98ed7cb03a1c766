"""How a webhook channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from cloud.notify.http_channel import HttpChannelConfig


class WebhookConfig(HttpChannelConfig):
    """Posts each notice as JSON to one address."""

    kind: Literal["webhook"]
    signing_key_env: str = Field("", description="Environment variable with the key that signs notices; empty = none.")
    signing_key_file: Path | None = Field(None, description="The same from a file.")
    digests: bool = Field(True, description="Whether floods come as digests; false = every notice, for programs.")
