"""What the picture judge may be told per camera; no numpy here, so that reading a configuration stays cheap."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from device_profiles.basics import Key, Strict

Share = Annotated[float, Field(ge=0, le=1)]
Place = tuple[Share, Share]  # a point of the picture: share of the width from the left, of the height from the top


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


class Zone(Strict):
    """A part of the picture in which motion is measured for itself."""

    name: Key = Field(description="Name, as the profile's points use it in `of`.")
    outline: tuple[Place, ...] = Field(min_length=3, max_length=32, description="Its corners, [x, y] each, 0 to 1.")


class Line(Strict):
    """A line across a street or a path, whose crossings are counted.

    Seen from `start` to `end`, things that go from the left hand to the right hand go forth.
    """

    name: Key = Field(description="Name, as the profile's points use it in `of`.")
    start: Place = Field(description="One end, [x, y] from 0 to 1.")
    end: Place = Field(description="The other end.")
    metre: float = Field(gt=0.001, le=0.5, description="Width of one metre at the line, as a share of the width.")

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("a line needs two ends")
        return self


class CountConfig(Strict):
    """How crossings are counted, for all lines of a camera."""

    interval_s: float = Field(300.0, ge=10, le=3600, description="One count for so long.")
    least_quality: float = Field(0.6, ge=0, le=1, description="Counts of a lower quality are unknown: `unsure`.")
    least_observed: float = Field(0.9, ge=0.5, le=1, description="Share of the interval that must have been watched.")
    background_s: float = Field(60.0, ge=5, le=3600, description="The empty street follows the light in so long.")
    learn_s: float = Field(10.0, ge=1, le=600, description="The empty street is learnt in so long.")
    levels: float = Field(14.0, ge=4, le=128, description="Least difference from the empty street, grey levels.")
    person_m: float = Field(1.2, gt=0, le=5, description="What is wider is no person.")
    person_kmh: float = Field(12.0, gt=0, le=50, description="What is faster is no person.")
    fastest_kmh: float = Field(90.0, ge=10, le=250, description="Nothing on this street is faster.")


class GaugeBoard(Strict):
    """A painted staff gauge: bands in two colours, each `mark_m` high."""

    name: Key = Field(description="Name, as the profile's points use it in `of`.")
    top: Place = Field(description="Middle of the board's upper end.")
    top_m: float = Field(ge=-1000, le=9000, description="Level painted there, m.")
    bottom: Place = Field(description="Middle of the board's lower end, also when it is under water now.")
    bottom_m: float = Field(ge=-1000, le=9000, description="Level painted there, m.")
    width: float = Field(0.02, gt=0.001, le=0.5, description="Width of the board, as a share of the picture's width.")
    mark_m: float = Field(0.1, gt=0.004, le=2, description="Height of one painted band, m.")
    settle_s: float = Field(20.0, ge=0, le=600, description="The middle level of so long: waves do not count.")
    least_quality: float = Field(0.4, ge=0, le=1, description="A level of a lower quality is unknown: `unsure`.")

    @model_validator(mode="after")
    def _stands_upright(self) -> Self:
        if self.top_m - self.bottom_m < 4 * self.mark_m:
            raise ValueError("a board shows four bands at least, and top_m is above bottom_m")
        if self.bottom[1] <= self.top[1]:
            raise ValueError("the board's bottom lies below its top in the picture")
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
    over_exposed_share: float = Field(0.2, gt=0, le=1, description="Share of burnt-out pixels: over-exposed.")
    burnt_level: float = Field(250.0, ge=200, le=255, description="From this level on a pixel is burnt out.")
    drops_share: float = Field(0.08, gt=0, le=1, description="Share of the picture behind drops: rain on the lens.")
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
        3.0, ge=0, le=8, description="Every finding but frozen must last so long to count, or to end."
    )
    learn_s: float = Field(10.0, ge=1, le=600, description="Good pictures for so long make the reference.")
