"""What the pages say of devices and sites as a whole: pure sums and worst cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from cloud.api.deps import Centre
from cloud.api.views import DeviceView, Freshness, GatewayView
from cloud.api.which import Which
from cloud.store.base import OpenAlarms

HOUR_MS = 3_600_000
SEVERITIES = (1, 2, 3, 4)  # the worst first
WORDS: tuple[Freshness, ...] = ("measured", "unchanged", "doubtful", "stale", "never")
GOOD_WORDS: tuple[Freshness, ...] = ("measured", "unchanged")


def room_left(gateway: GatewayView, *, now: int) -> float | None:
    """For how many more hours without a link the gateway keeps everything; a lost one has used some of them up."""
    if gateway.hours_left is None or gateway.health_at is None:
        return None
    used = 0.0 if gateway.state == "online" else (now - gateway.health_at) / HOUR_MS
    return max(0.0, gateway.hours_left - used)


def in_order(counts: Mapping[Freshness, int]) -> dict[Freshness, int]:
    """How many values are measured, unchanged, doubtful, stale, never seen."""
    return {word: counts.get(word, 0) for word in WORDS}


def models_with(centre: Centre, point: str) -> Which:
    """The devices that measure this."""
    return Which(profiles=[key for key, each in centre.profiles.items() if each.point(point) is not None])


def has_problem(device: DeviceView) -> bool:
    """Whether somebody should look: a fault, or a value that is not fresh and good."""
    glance = device.glance
    return bool(device.fault) or not glance.all_good or any(word not in GOOD_WORDS for word in glance.freshness)


def severity_counts(opened: Iterable[OpenAlarms]) -> dict[int, int]:
    """Open alarms by severity, the worst first."""
    found: Counter[int] = Counter()
    for each in opened:
        found[each.severity] += each.alarms
    return {severity: found[severity] for severity in SEVERITIES}
