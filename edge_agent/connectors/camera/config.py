"""Configuration of one camera; its log-in stands apart from the address, in a file or the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from device_profiles.schema import Key, Strict
from edge_agent.camera_login import CameraLogin
from edge_agent.vision.config import Box, CountConfig, GaugeBoard, Line, SightConfig, Zone

SCHEMES = ("rtsp", "rtsps", "onvif", "onvifs")


class SnapshotPolicy(Strict):
    """Which pictures stay on the gateway, why, and for how long."""

    enabled: bool = Field(True, description="Whether pictures of this camera may be kept or shown at all.")
    purpose: str = Field(
        "", max_length=200, description="What pictures are kept for, as the sign at the place says it; without it none."
    )
    keep_h: float = Field(72.0, gt=0, le=72, description="Pictures older than this are deleted.")
    max_bytes: int = Field(20_000_000, ge=100_000, le=2_000_000_000, description="Oldest go first beyond this.")
    quality: int = Field(80, ge=30, le=95, description="JPEG quality.")


class ModelConfig(Strict):
    """A model of the user's own that looks at the pictures; its weights do not come from us."""

    file: Path = Field(description="ONNX file with the weights.")
    labels: tuple[Key, ...] = Field(min_length=1, max_length=100, description="What its outputs mean, in their order.")
    output: Literal["scores", "boxes"] = Field("scores", description="One score per label, or boxes to be counted.")
    every_s: float = Field(5.0, ge=0.5, le=3600, description="It looks so often.")
    least_score: float = Field(0.5, ge=0, le=1, description="Boxes with a lower score do not count.")


class CameraConnection(CameraLogin):
    """Watch one RTSP stream."""

    kind: Literal["camera"] = Field("camera", description="Always camera.")
    url: str = Field(
        max_length=1000,
        description="rtsp://host[:port]/path, or onvif://host[:port] to ask the camera; without user and password.",
    )
    media_profile: str = Field(
        "", max_length=128, description="With onvif://: token or name of the media profile; empty: the smallest."
    )
    width: int = Field(320, ge=64, le=1280, multiple_of=4, description="Width of the judged picture, pixels.")
    height: int = Field(180, ge=36, le=720, multiple_of=4, description="Height of the judged picture, pixels.")
    frames_per_s: float = Field(2.0, ge=1, le=10, description="Pictures judged per second, at most.")
    no_picture_s: float = Field(8.0, ge=2, le=10, description="Without a picture for so long the camera is offline.")
    masks: tuple[Box, ...] = Field((), max_length=32, description="Parts of the picture that nobody shall ever see.")
    motion_share: float = Field(0.01, gt=0, le=1, description="Share of the picture that must change for an event.")
    zones: tuple[Zone, ...] = Field((), max_length=16, description="Parts in which motion is measured for itself.")
    lines: tuple[Line, ...] = Field((), max_length=8, description="Lines whose crossings are counted.")
    count: CountConfig = Field(
        default_factory=lambda: CountConfig.model_validate({}), description="How crossings are counted."
    )
    gauges: tuple[GaugeBoard, ...] = Field((), max_length=4, description="Painted staff gauges that are read.")
    model: ModelConfig | None = Field(None, description="A model of the user's own; none by default.")
    cooldown_s: float = Field(60.0, ge=0, le=86400, description="Least time between two events of one kind.")
    sight: SightConfig = Field(default_factory=lambda: SightConfig.model_validate({}), description="Picture limits.")
    snapshots: SnapshotPolicy = Field(
        default_factory=lambda: SnapshotPolicy.model_validate({}), description="Pictures kept on the gateway."
    )

    @field_validator("url")
    @classmethod
    def _address_without_login(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError("the address begins with rtsp://, rtsps://, onvif:// or onvifs:// and names a host")
        if "@" in parts.netloc:
            raise ValueError("user and password do not belong in the address: use username and password_file")
        if any(character in "'\"\\" or character <= " " or character >= "\x7f" for character in url):
            raise ValueError("quotes, backslashes, blanks and letters beyond ASCII must be percent-encoded")
        return url

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what, named in (("zones", self.zones), ("lines", self.lines), ("gauges", self.gauges)):
            names = [one.name for one in named]
            if len(set(names)) != len(names):
                raise ValueError(f"{what}: each has a name of its own")
        return self
