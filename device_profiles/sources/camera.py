"""Which of the camera connector's own measurements feeds a point."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Key, Strict

OF_A_PLACE = frozenset(
    {
        "zone_motion", "vehicles_forth", "vehicles_back", "people_forth", "people_back", "vehicles_per_h", "speed_kmh",
        "occupancy_pct", "count_quality", "gauge_level", "gauge_quality", "model",
    }
)  # fmt: skip


class CameraSource(Strict):
    """Which of the camera connector's own measurements feeds a point."""

    protocol: Literal["camera"] = "camera"
    measure: Literal[
        "online", "fps", "frozen", "black", "over_exposed", "blurred", "moved", "rain_on_lens", "motion", "brightness",
        "sharpness", "zone_motion", "vehicles_forth", "vehicles_back", "people_forth", "people_back", "vehicles_per_h",
        "speed_kmh", "occupancy_pct", "count_quality", "gauge_level", "gauge_quality", "model",
    ] = Field(description="The measurement's name.")  # fmt: skip
    of: Key | Literal[""] = Field(
        "", description="Which zone, line or gauge board of the camera's connection, or which label of its model."
    )

    @property
    def name(self) -> str:
        """The measurement as the connector names it: `measure`, or `measure.of`."""
        return f"{self.measure}.{self.of}" if self.of else self.measure

    @model_validator(mode="after")
    def _places_are_named(self) -> Self:
        if (self.measure in OF_A_PLACE) != bool(self.of):
            raise ValueError(f"{self.measure} " + ("needs `of`" if self.measure in OF_A_PLACE else "takes no `of`"))
        return self
