"""Searches on the loopback network, and what they said."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile, Point, PointType
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from simulators.encoding import Value

CATALOGUE = load_catalogue()
HERE = (IPv4Network("127.0.0.1/32"),)
LOOPBACK = Scope(networks=HERE, timeout_s=0.15, probes_per_s=500, limit_s=20)
SMALLEST = 1e-3


def loopback(**fields: Any) -> Scope:
    return replace(LOOPBACK, **fields)


async def found(search: AsyncGenerator[News, None]) -> list[Finding]:
    return [item for item in await everything(search) if isinstance(item, Finding)]


async def notes(search: AsyncGenerator[News, None]) -> list[str]:
    return [item.note for item in await everything(search) if isinstance(item, Progress) and item.note]


async def everything(search: AsyncGenerator[News, None]) -> list[News]:
    async with aclosing(search) as news:
        return [item async for item in news]


def ordinary(profile: DeviceProfile) -> dict[str, Value]:
    """Values that a healthy device of this model could show."""
    return {point.key: _ordinary(point) for point in profile.points}


def _ordinary(point: Point) -> Value:
    if point.type is PointType.BOOL:
        return True
    if point.type is PointType.ENUM:
        return int(sorted(point.choices)[-1])
    if point.type is PointType.STRING:
        return "ok"
    low = point.limits.minimum if point.limits.minimum is not None else 0.0
    high = point.limits.maximum if point.limits.maximum is not None else low + 1000.0
    value = round(low + 0.3 * (high - low), 1) or SMALLEST
    return int(value) if point.type is PointType.INT else value
