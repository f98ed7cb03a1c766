"""What goes out each second: the last findings, the strongest motion, and the samples that they make; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from device_profiles.schema import DeviceProfile
from device_profiles.sources.camera import CameraSource
from edge_agent.connector import Sample, Scalar
from edge_agent.connectors.camera.changes import OFFLINE, ONLINE
from edge_agent.vision.sight import Findings

NO_PICTURE = "no_picture"
CONDITIONS = ("frozen", "black", "blurred", "moved")
DECIMALS = {"motion": 4, "brightness": 1, "sharpness": 1}


@dataclass(frozen=True, slots=True)
class Report:
    """What the pictures since the last report say; due at this monotonic time."""

    due: float
    values: Mapping[str, float | bool] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def with_findings(self, found: Findings) -> Report:
        """The report after one more picture: the newest of everything, but of motion the most."""
        values = dict(found.values)
        if "motion" in values:
            values["motion"] = max(values["motion"], self.values.get("motion", 0.0))
        return replace(self, values=values, unknown=found.unknown)

    def flags(self, motion_share: float) -> dict[str, bool]:
        """Each kind of event and whether it holds now; what is unknown is left out."""
        flags = {kind: bool(self.values[kind]) for kind in CONDITIONS if kind in self.values}
        if "motion" in self.values:
            flags["motion"] = self.values["motion"] >= motion_share
        return {OFFLINE: False, ONLINE: True, **flags}


def samples_of(
    profile: DeviceProfile, device: str, *, values: Mapping[str, Scalar], unknown: Mapping[str, str] | None, at_ms: int
) -> list[Sample]:
    """A sample per point that the camera feeds: its value, or why there is none.

    `unknown` None means that there is no picture: then every point without a value says so. Else a point about which
    nothing was found out this time is left out.
    """
    samples = []
    for point in profile.points:
        if not isinstance(point.source, CameraSource):
            continue
        measure = point.source.measure
        if measure in values:
            samples.append(Sample(device, point.key, _rounded(measure, values[measure]), at_ms))
        elif unknown is None or measure in unknown:
            fault = NO_PICTURE if unknown is None else unknown[measure]
            samples.append(Sample(device, point.key, None, at_ms, fault))
    return samples


def _rounded(measure: str, value: Scalar) -> Scalar:
    return round(value, DECIMALS[measure]) if isinstance(value, float) and measure in DECIMALS else value
