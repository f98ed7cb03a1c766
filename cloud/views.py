"""Turns what the centre knows into what the API shows: plain functions from standings to views."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from cloud.api.views import AccountView, DeviceView, GatewayView, PointView, SiteView, SpanView, ThresholdView
from cloud.ingest.ledger import Ledger
from cloud.inventory.fleet import DeviceStanding, GatewayStanding, PointStanding
from cloud.inventory.freshness import freshness, stale_after_ms
from cloud.inventory.passages import DOUBTED
from cloud.inventory.sites import Directory, Site
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.rule import Rule
from device_profiles.schema import DeviceProfile, Point, Text

UNSEEN = PointStanding()


def site_view(site: Site) -> SiteView:
    """A site."""
    gateways = tuple(each.id for each in site.gateways)
    return SiteView(site.id, site.name, site.area, site.lat, site.lon, gateways, site.attributes)


def gateway_view(gateway: str, standing: GatewayStanding | None, inventory: Directory) -> GatewayView:
    """A gateway as it last spoke; never heard when it has not."""
    entry, site = inventory.gateway(gateway), inventory.site_of(gateway)
    name = entry.name if entry else Text(vi=gateway, en=gateway)
    place = site.id if site else ""
    if standing is None:
        return GatewayView(gateway, name, place)
    birth, health = standing.state, standing.health
    return GatewayView(
        id=gateway,
        name=name,
        site=place,
        state=standing.presence,
        since=standing.since or None,
        epoch=health.epoch if health else birth.epoch if birth else "",
        agent=birth.agent if birth else "",
        configuration=birth.configuration if birth else "",
        health_at=standing.health_at or None,
        backlog_batches=health.backlog_batches if health else 0,
        backlog_readings=health.backlog_readings if health else 0,
        backlog_bytes=health.backlog_bytes if health else 0,
        hours_left=health.hours_left if health else None,
        dropped_readings=health.dropped_readings if health else 0,
        reconnects=health.reconnects if health else 0,
        clock=health.clock if health else "unknown",
        devices=sum(1 for each in standing.devices.values() if not each.source),
    )


def words_hold_until(view: DeviceView, *, now: int) -> float:
    """The last moment at which every point is as fresh as the view says: then one is unchanged, or stale."""
    ends = [
        each + point.stale_after_ms
        for point in view.points
        if point.observed_at is not None
        for each in (point.observed_at, max(point.observed_at, view.read_at or 0))
    ]
    return min((end for end in ends if end >= now), default=math.inf)


def device_view(device: DeviceStanding, profile: DeviceProfile | None, *, now: int, clock_is_good: bool) -> DeviceView:
    """A device with every point of its profile, also those that never had a value."""
    points = profile.points if profile else ()
    period_s = profile.period_s if profile else 0.0
    return DeviceView(
        gateway=device.gateway,
        id=device.device,
        name=Text(vi=device.name_vi or device.device, en=device.name_en or device.device),
        profile=device.profile,
        site=device.site,
        fault=device.fault,
        read_at=device.read_at or None,
        points=tuple(
            _point_view(point, device, stale_ms=stale_after_ms(period_s), now=now, clock_is_good=clock_is_good)
            for point in points
        ),
        source=device.source,
    )


def account_views(ledger: Ledger, wanted: str | None = None) -> Iterator[AccountView]:
    """The ledger, account by account, of every gateway or of one."""
    for gateway, epoch, account in ledger.accounts():
        if wanted not in (None, gateway):
            continue
        yield AccountView(
            gateway,
            epoch,
            account.accepted,
            account.stored,
            account.dead_lettered,
            account.dropped_readings,
            account.awaited,
            tuple(account.stored_ranges()),
            tuple(ledger.missing(gateway, epoch)),
            account.dead_by_reason(),
            account.dropped_by_reason(),
            tuple(SpanView(span.reason, span.readings, span.begin, span.end) for span in account.spans),
            tuple(account.held),
        )


class Levels:
    """The threshold rules by what they watch, sorted out anew when other rules run: pages ask for every device."""

    def __init__(self) -> None:
        self._rules: Mapping[str, Rule] | None = None
        self._watching: dict[tuple[str, str], list[Rule]] = {}

    def watching(self, rules: Mapping[str, Rule], profile: str, point: str) -> Sequence[Rule]:
        """The rules of a point of devices of this model, whatever the place."""
        if self._rules is not rules:
            self._rules, self._watching = rules, {}
            for rule in (place for each in rules.values() for place in each.places):
                if isinstance(rule.kind, Threshold):
                    self._watching.setdefault((rule.selector.profile, rule.selector.point), []).append(rule)
        return self._watching.get((profile, point), ())


def threshold_views(rules: Sequence[Rule], device: DeviceStanding, *, areas: Sequence[str]) -> list[ThresholdView]:
    """The levels of those rules that look at this device, lowest first."""
    views = [
        ThresholdView(rule.id, level.name, level.words, level.threshold, level.severity)
        for rule in rules
        if isinstance(rule.kind, Threshold) and _watches(rule, device, areas)
        for level in rule.kind.levels
    ]
    return sorted(views, key=lambda each: each.value)


def _watches(rule: Rule, device: DeviceStanding, areas: Sequence[str]) -> bool:
    wanted = rule.selector
    return (
        (not wanted.sites or device.site in wanted.sites)
        and (not wanted.areas or not set(wanted.areas).isdisjoint(areas))
        and (not wanted.gateways or device.gateway in wanted.gateways)
        and (not wanted.devices or device.device in wanted.devices)
    )


def _point_view(point: Point, device: DeviceStanding, *, stale_ms: int, now: int, clock_is_good: bool) -> PointView:
    standing = device.points.get(point.key, UNSEEN)
    word = freshness(
        now=now,
        measured_at=standing.observed_at or None,
        read_at=device.read_at or None,
        stale_ms=stale_ms,
        clock_is_good=clock_is_good and standing.quality != DOUBTED,
    )
    return PointView(
        key=point.key,
        name=point.name,
        unit=point.unit,
        type=point.type,
        value=standing.value,
        quality=standing.quality,
        freshness=word,
        observed_at=standing.observed_at or None,
        received_at=standing.received_at or None,
        stale_after_ms=stale_ms,
    )
