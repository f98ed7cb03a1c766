"""What this room makes of recorded objects: {"analog-input,1": 3.2, "analog-input,2": {"flags": ["fault"]}}; pure.

A plain value is a good one; {"value": 3.2, "flags": ["out-of-service"], "reliability": "no-sensor"} is what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.bacnet.readout import NO_SUCH_OBJECT, Told, sample, spots_of


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; an object that was not recorded is one that the device does not have."""
    objects = raw if isinstance(raw, Mapping) else {}
    return [
        sample(device, spot, _told(objects[spot.source.object]) if spot.source.object in objects else NO_SUCH_OBJECT)
        for spot in spots_of(profile)
    ]


def _told(raw: object) -> Told:
    if isinstance(raw, Mapping):
        flags = raw.get("flags")
        said = frozenset(map(str, flags)) if isinstance(flags, Sequence) else frozenset[str]()
        return Told(_scalar(raw.get("value")), said, str(raw.get("reliability", "")))
    return Told(_scalar(raw))


def _scalar(raw: object) -> bool | int | float | str | None:
    return raw if isinstance(raw, bool | int | float | str) else None
