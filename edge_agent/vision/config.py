"""What the picture judge may be told per camera; no numpy here, so that reading a configuration stays cheap."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from device_profiles.schema import Strict


class Box(Strict):
    """A rectangle of the picture in fractions of its width and height, from the top left corner."""

    left: float = Field(ge=0, lt=1, description="Left edge, 0 = left border of the picture.")
    top: float = Field(ge=0, lt=1, description="Top edge, 0 = upper border of the picture.")
    width: float = Field(gt=0, le=1, description="Width, 1 = the whole picture.")
    height: float = Field(gt=0, le=1, description="Height, 1 = the whole picture.")

    @model_validator(mode="after")
    def _inside_the_picture(self) -> Self:
        if self.left + self.width > 1.000001 or self.top + self.height > 1.000001:
            raise ValueError("the rectangle leaves the picture: left + width and top + height may be 1 at most")
        return self


class SightConfig(Strict):
    """From when on a picture counts as frozen, black, blurred, turned away or moving. Levels are grey levels 0..255."""

    frozen_after_s: float = Field(6.0, ge=2, le=8, description="The same picture for so long is frozen.")
    frozen_levels: float = Field(
        0.5, ge=0, le=10, description="Mean difference up to which two pictures are the same (encoder noise)."
    )
    frozen_cell_levels: float = Field(
        2.0, ge=0, le=64, description="Largest difference of one cell (4x4 px) in a picture that is still the same."
    )
    black_level: float = Field(24.0, ge=0, le=128, description="Nearly all pixels at or below this: black.")
    flat_levels: float = Field(3.0, ge=0, le=32, description="Nearly all pixels within this of the median: no picture.")
    dark_level: float = Field(32.0, ge=0, le=128, description="Mean below this: too dark to judge blur and aim.")
    blurred_below: float = Field(
        0.35, gt=0, lt=1, description="Share of the reference's sharpness below which a picture is blurred."
    )
    moved_below: float = Field(
        0.25, gt=0, lt=1, description="Likeness with the reference below which the camera was turned away."
    )
    moved_share: float = Field(
        0.04, ge=0, le=0.25, description="Shift, as a share of the width, that still counts as the same aim (wind)."
    )
    motion_levels: float = Field(12.0, gt=0, le=128, description="A cell that changes by more has changed.")
    hold_s: float = Field(
        3.0, ge=0, le=8, description="Black, blurred and moved must last so long to count, or to end."
    )
    learn_s: float = Field(10.0, ge=1, le=600, description="Good pictures for so long make the reference.")
