"""What the gateway is told about updates: the table `[updates]` of gateway.toml."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from device_profiles.schema import Strict


class UpdateConfig(Strict):
    """Whose releases are believed, and what a new version has to show."""

    release_key: str = Field("", description="Base64 Ed25519 key that signs releases; without any, none is taken.")
    release_key_file: Path | None = Field(None, description="File that holds it instead; relative to this file.")
    gate_s: float = Field(600.0, gt=0, le=86_400, description="A new version proves itself within this, or goes.")
    steady_s: float = Field(60.0, ge=0, le=3600, description="For so long nothing may be missing before it is kept.")
    max_bytes: int = Field(300 << 20, ge=1 << 20, le=1 << 30, description="A release larger than this is refused.")
    bytes_per_s: int = Field(0, ge=0, description="Fetched at most so fast, so that readings go first; 0 = no limit.")

    def key_text(self) -> str:
        """The key as base64; "" when there is none, OSError when its file cannot be read."""
        if self.release_key or self.release_key_file is None:
            return self.release_key
        return self.release_key_file.read_text(encoding="ascii").strip()
