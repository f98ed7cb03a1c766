"""What the centre may do with pictures of cameras."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from device_profiles.schema import Key, Strict, Text

MOST_H = 72  # the gateways' own bound, which the centre never exceeds


class Purpose(Strict):
    """One reason for which people may look at pictures; it stands in the audit log with every look."""

    id: Key = Field(description="Identifier; stays when the words change.")
    text: Text = Field(description="What people choose.")


# Engineering proposal after Art. 32 of Law 91/2025/QH15 (pictures in public for security, order and protection, used
# for that alone); the province's own list stands in centre.toml.
PURPOSES = (
    Purpose(id="disaster", text=Text(vi="Phòng, chống thiên tai", en="Disaster response")),
    Purpose(id="order", text=Text(vi="Bảo đảm an ninh, trật tự", en="Security and public order")),
    Purpose(id="traffic", text=Text(vi="Bảo đảm an toàn giao thông", en="Traffic safety")),
    Purpose(id="upkeep", text=Text(vi="Kiểm tra, bảo trì thiết bị", en="Checking and repairing devices")),
)


class PictureConfig(Strict):
    """How pictures of cameras are looked at and kept."""

    keep_h: float = Field(
        MOST_H, ge=0, le=MOST_H, description="Hours that a picture is kept, when its gateway allows it; 0 = never."
    )
    total_mb: int = Field(1000, ge=1, le=1_000_000, description="Megabytes of all pictures; the oldest go first.")
    wall_min: float = Field(30.0, ge=1, le=240, description="Minutes after which a watch of the wall ends.")
    live_s: float = Field(120.0, ge=10, le=900, description="Seconds after which a live look at one camera ends.")
    wall_every_s: float = Field(60.0, ge=5, le=3600, description="On the wall a picture is renewed so often.")
    live_every_s: float = Field(2.0, ge=1, le=60, description="In a live look a picture is renewed so often.")
    at_once: int = Field(6, ge=1, le=64, description="Gateways that are asked for a picture at the same time.")
    purposes: tuple[Purpose, ...] = Field(
        PURPOSES, min_length=1, max_length=20, description="What people may look for."
    )

    @model_validator(mode="after")
    def _purposes_differ(self) -> Self:
        ids = [purpose.id for purpose in self.purposes]
        if len(set(ids)) != len(ids):
            raise ValueError("two purposes have the same id")
        return self
