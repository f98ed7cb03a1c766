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
CONDITIONS = ("frozen", "black", "over_exposed", "blurred", "moved", "rain_on_lens")
DECIMALS = {
    "motion": 4, "brightness": 1, "sharpness": 1, "zone_motion": 4, "vehicles_per_h": 1, "speed_kmh": 1,
    "occupancy_pct": 1, "gauge_level": 3,
}  # fmt: skip
STRONGEST = ("motion", "zone_motion")  # of what moves the most counts; of everything else the newest


@dataclass(frozen=True, slots=True)
class Report:
    """What the pictures since the last report say; due at this monotonic time."""

    due: float
    values: Mapping[str, float | bool] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    measured: Findings = field(default_factory=Findings)  # an interval's count comes with one picture of many

    def with_findings(self, found: Findings, measured: Findings | None = None) -> Report:
        """The report after one more picture."""
        kept = _together(self.measured, measured or Findings())
        return replace(self, values=_strongest(self.values, found.values), unknown=found.unknown, measured=kept)

    def all_values(self) -> dict[str, Scalar]:
        """Every measure that has a value."""
        return {**self.values, **self.measured.values}

    def all_unknown(self) -> dict[str, str]:
        """Every measure that has none, and why."""
        return {**self.unknown, **self.measured.unknown}

    def flags(self, motion_share: float) -> dict[str, bool]:
        """Each kind of event and whether it holds now; what is unknown is left out.

        Where zones are drawn, motion is an event in them only.
        """
        flags = {kind: bool(self.values[kind]) for kind in CONDITIONS if kind in self.values}
        found = {**self.measured.values, **self.measured.unknown}
        zones = [name for name in found if _measure(name) == "zone_motion"]
        shares = [self.all_values()[name] for name in zones or ["motion"] if name in self.all_values()]
        if shares:
            flags["motion"] = max(float(share) for share in shares) >= motion_share
        return {OFFLINE: False, ONLINE: True, **flags}


def _together(before: Findings, now: Findings) -> Findings:
    """Both, where the newer one has the last word on each measure."""
    values = {name: value for name, value in before.values.items() if name not in now.unknown}
    unknown = {name: why for name, why in before.unknown.items() if name not in now.values}
    return Findings(values | _strongest(before.values, now.values), {**unknown, **now.unknown})


def _strongest(before: Mapping[str, float | bool], now: Mapping[str, float | bool]) -> dict[str, float | bool]:
    """The newer values, but of what moves the most of both."""
    return {
        name: max(value, before.get(name, 0.0)) if _measure(name) in STRONGEST else value for name, value in now.items()
    }


def _measure(name: str) -> str:
    return name.partition(".")[0]


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
        measure = point.source.name
        if measure in values:
            samples.append(Sample(device, point.key, _rounded(measure, values[measure]), at_ms))
        elif unknown is None or measure in unknown:
            fault = NO_PICTURE if unknown is None else unknown[measure]
            samples.append(Sample(device, point.key, None, at_ms, fault))
    return samples


def _rounded(measure: str, value: Scalar) -> Scalar:
    decimals = DECIMALS.get(_measure(measure))
    return round(value, decimals) if isinstance(value, float) and decimals is not None else value
