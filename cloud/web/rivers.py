"""Where a river stands against its flood levels, as the overview shows it: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.api.views import DeviceView, PointView, ThresholdView

LEVEL_POINT = "level_m"
MARGIN_M = 1.0  # of the scale, below the first and above the last level


@dataclass(frozen=True, slots=True)
class River:
    """One gauge: its level, the flood level that it is above (None = below the first), and the next one.

    `share` and `marks` lie between 0 and 100: places on the drawn scale.
    """

    device: DeviceView
    point: PointView
    level: float | None
    above: ThresholdView | None
    next: ThresholdView | None
    distance: float
    share: float
    marks: tuple[tuple[ThresholdView, float], ...]

    @property
    def has_data(self) -> bool:
        """Whether the level may be judged: a stale level is not a level."""
        return self.level is not None and self.point.freshness not in ("stale", "never")


def river_of(device: DeviceView, thresholds: Sequence[ThresholdView]) -> River | None:
    """The river at a gauge; None when the device is no gauge with flood levels."""
    point = next((each for each in device.points if each.key == LEVEL_POINT), None)
    levels = sorted(thresholds, key=lambda each: each.value)
    if point is None or not levels:
        return None
    level = float(point.value) if isinstance(point.value, int | float) else None
    above = [each for each in levels if level is not None and each.value <= level]
    ahead = [each for each in levels if level is None or each.value > level]
    target = ahead[0] if ahead else levels[-1]
    low, high = levels[0].value - 2 * MARGIN_M, max(levels[-1].value, level or 0.0) + MARGIN_M

    def place(height: float) -> float:
        return round(min(100.0, max(0.0, (height - low) / (high - low) * 100)), 1)

    return River(
        device, point, level, above[-1] if above else None, ahead[0] if ahead else None,
        abs(target.value - level) if level is not None else 0.0,
        place(level) if level is not None else 0.0, tuple((each, place(each.value)) for each in levels),
    )  # fmt: skip
