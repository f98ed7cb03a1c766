"""Short ways to make points, profiles and readings for tests of the gateway program."""

from __future__ import annotations

from device_profiles.schema import DeviceProfile, Limits, Point, PointType, Report, Sector, Text
from device_profiles.sources.http_json import JsonSource
from device_profiles.wire import DeviceBlock, Event
from edge_agent.outbox.base import Load, Priority

NOW = 1_725_926_400_000
NAME = Text(vi="Trạm đo", en="Station")


def point(
    key: str = "p",
    *,
    type: PointType = PointType.FLOAT,  # noqa: A002 -- the schema's word
    limits: Limits | None = None,
    report: Report | None = None,
) -> Point:
    return Point(
        key=key,
        name=NAME,
        type=type,
        source=JsonSource(path=key),
        limits=limits or Limits(),
        report=report or Report(),
        choices={"0": NAME, "1": NAME} if type is PointType.ENUM else {},
    )


def profile(*points: Point, period_s: float = 1.0) -> DeviceProfile:
    return DeviceProfile(
        profile="test_station",
        name=NAME,
        vendor="generic",
        model="test",
        sector=Sector.DISASTER,
        protocol="http_json",
        period_s=period_s,
        owner="nobody",
        source="invented",
        points=points or (point(),),
    )


def load(device: str = "gauge", values: int = 3, *, begin: int = NOW, priority: Priority = Priority.READINGS) -> Load:
    """A load with so many readings, or so many events."""
    end = begin + (values - 1) * 1000
    if priority is Priority.EVENTS:
        events = tuple(
            Event(id=f"e{begin + n}", device=device, kind="door", at=begin + n * 1000) for n in range(values)
        )
        return Load(priority, begin, end, events=events)
    times = [begin, *[1000] * (values - 1)]
    column: list[int | float | bool | str | None] = [n * 0.5 for n in range(values)]
    return Load(priority, begin, end, devices=(DeviceBlock(device, "test_station", times, {"p": column}),))
