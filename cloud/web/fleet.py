"""What the pages say of devices and sites as a whole: pure sums and worst cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from cloud.api.views import DeviceView, Freshness, GatewayView, SiteView
from cloud.store.base import OpenAlarms

HOUR_MS = 3_600_000
SEVERITIES = (1, 2, 3, 4)  # the worst first
GOOD_WORDS: tuple[Freshness, ...] = ("measured", "unchanged")


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site with the worst that is known of it; severity None = no open alarm."""

    site: SiteView
    severity: int | None
    alarms: int
    link: str  # ok, lost, stopped, none

    @property
    def mark(self) -> str:
        """The name of its shape on the map."""
        return f"severity_{self.severity}" if self.severity is not None else f"site_{self.link}"


def room_left(gateway: GatewayView, *, now: int) -> float | None:
    """For how many more hours without a link the gateway keeps everything; a lost one has used some of them up."""
    if gateway.hours_left is None or gateway.health_at is None:
        return None
    used = 0.0 if gateway.state == "online" else (now - gateway.health_at) / HOUR_MS
    return max(0.0, gateway.hours_left - used)


def freshness_counts(devices: Iterable[DeviceView]) -> dict[Freshness, int]:
    """How many values are measured, unchanged, stale, doubtful, never seen."""
    found = Counter(point.freshness for device in devices for point in device.points)
    order: tuple[Freshness, ...] = ("measured", "unchanged", "doubtful", "stale", "never")
    return {word: found[word] for word in order}


def has_problem(device: DeviceView) -> bool:
    """Whether somebody should look: a fault, or a value that is not fresh and good."""
    if device.fault:
        return True
    return any(point.freshness not in GOOD_WORDS or point.quality != "good" for point in device.points)


def severity_counts(opened: Iterable[OpenAlarms]) -> dict[int, int]:
    """Open alarms by severity, the worst first."""
    found: Counter[int] = Counter()
    for each in opened:
        found[each.severity] += each.alarms
    return {severity: found[severity] for severity in SEVERITIES}


def site_states(
    sites: Sequence[SiteView], gateways: Sequence[GatewayView], opened: Sequence[OpenAlarms]
) -> list[SiteState]:
    """Every site with its worst open alarm, and else with its link."""
    links: dict[str, set[str]] = defaultdict(set)
    for gateway in gateways:
        links[gateway.site].add(gateway.state)
    alarms: dict[str, list[OpenAlarms]] = defaultdict(list)
    for each in opened:
        alarms[each.site].append(each)
    return [_site_state(site, links[site.id], alarms[site.id]) for site in sites]


def _site_state(site: SiteView, states: Container[str], opened: Sequence[OpenAlarms]) -> SiteState:
    worst, number = min((each.severity for each in opened), default=None), sum(each.alarms for each in opened)
    link = next((state for state in ("lost", "stopped") if state in states), "ok" if "online" in states else "none")
    return SiteState(site, worst, number, link)
