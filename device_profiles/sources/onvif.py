"""Where a point lies in an ONVIF camera: what the connector finds out, or a property that the camera tells."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Strict


class OnvifSource(Strict):
    """Where a point lies in an ONVIF camera."""

    protocol: Literal["onvif"] = "onvif"
    measure: Literal[
        "online", "clock_offset_s", "stream", "media_profiles", "width", "height", "frames_per_s", "property"
    ] = Field("property", description="What the connector finds out itself, or `property`.")
    topic: str = Field(
        "", max_length=256, description="For property: the topic that tells it, such as tns1:VideoSource/MotionAlarm."
    )
    item: str = Field("", max_length=64, description="For property: the item of the message, such as State.")

    @model_validator(mode="after")
    def _a_property_has_a_topic(self) -> Self:
        if (self.measure == "property") != bool(self.topic and self.item):
            raise ValueError("a property needs topic and item, everything else takes neither")
        return self
