"""How a loudspeaker channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from cloud.notify.channels.loudspeaker.speech import ABBREVIATIONS
from cloud.notify.http_channel import HttpChannelConfig
from device_profiles.schema import Identifier

MOST_WAIT_S = 45.0  # within one attempt of the pipeline


class LoudspeakerConfig(HttpChannelConfig):
    """Has notices spoken by the public-address system (TT 39/2020/TT-BTTTT)."""

    kind: Literal["loudspeaker"]
    token_env: str = Field("", description="Environment variable with the bearer token; empty = none.")
    token_file: Path | None = Field(None, description="The same from a file.")
    areas: dict[Identifier, tuple[str, ...]] = Field(
        default_factory=dict, description="For each of our sites, the areas of the public-address system that listen."
    )
    other_areas: tuple[str, ...] = Field((), description="Areas for sites that are not listed; empty = refused.")
    emergency_severity: int = Field(
        1, ge=0, le=4, description="Up to this severity an alarm interrupts the programme; 0 = never."
    )
    repeat: int = Field(2, ge=1, le=10, description="How often a message is spoken.")
    emergency_repeat: int = Field(3, ge=1, le=10, description="How often an emergency is spoken.")
    max_chars: int = Field(600, ge=100, le=5000, description="Longest text; the end is cut behind a word.")
    expires_s: float = Field(
        1800.0, ge=60, le=86400, description="An older notice is not spoken any more: it would mislead."
    )
    abbreviations: dict[str, str] = Field(
        default_factory=lambda: dict(ABBREVIATIONS),
        description="How abbreviations are said; replaces the built-in list.",
    )
    acknowledge: Literal["played", "none"] = Field(
        "played", description="Whether the notice counts as sent when it was played, or when it was taken."
    )
    acknowledge_s: float = Field(
        30.0, gt=0, le=MOST_WAIT_S, description="How long one attempt waits for the acknowledgement."
    )
    poll_s: float = Field(2.0, gt=0, le=30, description="How often it is asked for.")
