"""Which of the camera connector's own measurements feeds a point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class CameraSource(Strict):
    """Which of the camera connector's own measurements feeds a point."""

    protocol: Literal["camera"] = "camera"
    measure: Literal["online", "fps", "frozen", "black", "blurred", "moved", "motion", "brightness", "sharpness"] = (
        Field(description="The measurement's name.")
    )
