"""From a recorded answer to readings, by the same code that a running agent uses."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile
from edge_agent.connector import EdgeError, Happening, Observation, Sample
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.sieve import Sieve

DEVICE = "recorded"
RECORDED_AT = 1_700_000_000_000  # the moment of samples that carry none


class NotRecordedError(EdgeError, ValueError):
    """No device answers with such a profile, so nothing of it can be recorded."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a recorded answer says: the newest reading of each point, and what happened."""

    readings: Mapping[str, Reading]
    happenings: Sequence[Happening]


def tell(profile: DeviceProfile, raw: object) -> Told:
    """The readings that an agent would make of this answer; LinkError when it would not take it at all."""
    observed = _observe(profile, raw)
    sieve = Sieve(profile)
    sieve.sift([each for each in observed if isinstance(each, Sample)], now=RECORDED_AT)
    happenings = [each for each in observed if isinstance(each, Happening)]
    return Told({reading.point: reading for reading in sieve.newest()}, happenings)


def _observe(profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    if profile.protocol == "derived":
        raise NotRecordedError(f"{profile.profile} is worked out by the centre, no device answers with it")
    room = importlib.import_module(f"edge_agent.connectors.{profile.protocol}.recorded")
    found: Sequence[Observation] = room.observe(DEVICE, profile, raw)
    return found
