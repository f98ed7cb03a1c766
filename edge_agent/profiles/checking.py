"""What is wrong with a profile file, and what a careful reader would ask about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from device_profiles.explain import Fault
from device_profiles.load import Catalogue, FileFaultsError, load_profile, read_text, strangers
from device_profiles.schema import DeviceProfile, PointType
from edge_agent.connector import LinkError
from edge_agent.profiles.recorded import NotRecordedError, Told, tell

NUMBERS = (PointType.INT, PointType.FLOAT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A file that can be used, what is questionable in it, and what a recorded answer says through it."""

    profile: DeviceProfile
    questions: tuple[str, ...]
    told: Told | None = None


def examine(path: Path, catalogue: Catalogue, recorded: Path | None = None) -> Verdict:
    """The verdict on this file beside the catalogue's; FileFaultsError with all that is wrong."""
    profile = load_profile(path)
    beside = {**catalogue.profiles, profile.profile: profile}
    faults = [Fault(str(path), key, reason) for key, reason in strangers(profile, beside)]
    if faults:
        raise FileFaultsError(faults)
    told = _told(profile, recorded) if recorded else None
    return Verdict(profile, tuple(_questions(profile, path)), told)


def _told(profile: DeviceProfile, recorded: Path) -> Told:
    """What the recorded answer says: the bare answer, or a file of tests/golden/profiles with it under `raw`."""
    try:
        raw = json.loads(read_text(recorded))
    except (ValueError, RecursionError) as error:
        raise FileFaultsError([Fault(str(recorded), "", f"is not JSON: {error}")]) from error
    if isinstance(raw, dict) and {"raw", "readings"} <= set(raw):
        raw = raw["raw"]
    try:
        return tell(profile, raw)
    except (LinkError, NotRecordedError) as error:
        raise FileFaultsError([Fault(str(recorded), "", str(error))]) from error


def _questions(profile: DeviceProfile, path: Path) -> Iterator[str]:
    if "_" not in path.stem or not path.stem.islower():
        yield f"{path.name}: files are named <vendor>_<model>.toml in small letters"
    if profile.name.vi.isascii() and all(point.name.vi.isascii() for point in profile.points):
        yield "no Vietnamese name carries a diacritic"
    for point in profile.points:
        if point.type in NUMBERS and (point.limits.minimum is None or point.limits.maximum is None):
            yield f"points[{point.key}].limits: without minimum and maximum any number is believed"
    if not profile.confirmed:
        yield "not confirmed: compare it with the real device, then set confirmed = true"


def as_document(verdict: Verdict) -> Mapping[str, object]:
    """The verdict for programs."""
    said: dict[str, object] = {"profile": verdict.profile.profile, "questions": list(verdict.questions)}
    if verdict.told:
        said["readings"] = {
            key: {"value": reading.value, "quality": reading.quality or "good"}
            for key, reading in verdict.told.readings.items()
        }
    return said
