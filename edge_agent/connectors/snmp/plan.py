"""Which OIDs a profile asks for, once it is known which rows of the device are meant; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.snmp import SnmpSource

UPTIME = "1.3.6.1.2.1.1.3.0"
ROW = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Spot:
    """One point with the OIDs that it needs; empty ones lie in a row that the device does not have."""

    point: str
    source: SnmpSource
    oid: str
    over: str = ""
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one poll asks for: single values first, then columns."""

    spots: tuple[Spot, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """Every OID of a single value once; the agent's own clock stands first."""
        wanted = [oid for spot in self.spots if not spot.source.is_column for oid in (spot.oid, spot.over) if oid]
        return tuple(dict.fromkeys([UPTIME, *wanted]))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column once."""
        return tuple(dict.fromkeys(spot.oid for spot in self.spots if spot.source.is_column and spot.oid))


def plan(profile: DeviceProfile, rows: Mapping[str, int]) -> Plan:
    """The plan for a device whose rows have these numbers."""
    return Plan(tuple(_spots(profile, rows)))


def row_names(profile: DeviceProfile) -> frozenset[str]:
    """Every row that the profile leaves to the device's own configuration."""
    sources = [point.source for point in profile.points]
    sources += [command.write.source for command in profile.commands if command.write is not None]
    texts = [text for source in sources if isinstance(source, SnmpSource) for text in (source.oid, source.over)]
    return frozenset(name for text in texts for name in ROW.findall(text))


def filled(oid: str, rows: Mapping[str, int]) -> str:
    """The OID with its rows; empty when one of them is not known."""
    if any(name not in rows for name in ROW.findall(oid)):
        return ""
    return ROW.sub(lambda found: str(rows[found[1]]), oid)


def _spots(profile: DeviceProfile, rows: Mapping[str, int]) -> Iterable[Spot]:
    for point in profile.points:
        if isinstance(point.source, SnmpSource):
            oid, over = filled(point.source.oid, rows), filled(point.source.over, rows)
            whole = bool(oid) and bool(over or not point.source.over)
            is_text = point.type is PointType.STRING
            yield Spot(point.key, point.source, oid if whole else "", over if whole else "", is_text)
