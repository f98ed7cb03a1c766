"""Which index wants whose readings, and where its results go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.indices.table import IndexTable
from device_profiles.schema import DeviceProfile

SEPARATOR = "."  # between a device's id and the index's
PREFIX = "index_"  # of every derived profile


def is_index(profile: str) -> bool:
    """Whether a measurement is of results, and not of readings."""
    return profile.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Spec:
    """One index over one measurement: what to read, and where the results go."""

    table: IndexTable
    points: Mapping[str, str]  # the index's word -> point
    target: DeviceProfile

    def derived(self, device: str) -> str:
        """The id of the derived device that carries the results."""
        return f"{device}{SEPARATOR}{self.table.id}"


@dataclass(frozen=True, slots=True)
class Indices:
    """Every index, by the measurement that it is worked out from."""

    specs: Mapping[str, tuple[Spec, ...]] = field(default_factory=dict)

    def of(self, profile: str) -> tuple[Spec, ...]:
        """The indices that are worked out from a measurement."""
        return self.specs.get(profile, ())
