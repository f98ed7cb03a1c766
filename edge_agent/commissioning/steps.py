"""The steps of a visit: each takes a draft and gives the next one. Pure; verdicts follow from what is in it.

A draft is a record that has not ended (`ended_at` = 0); steps refuse to change one that has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from device_profiles.schema import DeviceProfile, Limits, Point
from device_profiles.wire.commissioning import (
    MAX_DEVICES,
    MAX_FILES,
    ChecklistItem,
    CommissioningRecord,
    DeviceRecord,
    FileEntry,
    Place,
    PointCheck,
)
from device_profiles.wire.messages import Scalar
from device_profiles.wire.verdicts import device_verdict, point_verdict, record_verdict
from edge_agent.connector import EdgeError


class StepError(EdgeError, ValueError):
    """The step does not fit the draft; the sentence says why, and nothing has changed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest value of a point as the agent has it; `quality` is empty when it is good."""

    value: Scalar | None
    quality: str = ""
    observed_at: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """A device model as it is used here: the profile, its hash, and limits that this device overrides."""

    profile: DeviceProfile
    hash: str = ""
    limits: Mapping[str, Limits] | None = None


def told(record: CommissioningRecord, *, technician: str = "", serial: str = "", note: str = "") -> CommissioningRecord:
    """Who commissions, which box this is, and a word about the visit; what is empty stays as it was."""
    _open(record)
    return replace(
        record,
        technician=technician.strip() or record.technician,
        serial=serial.strip() or record.serial,
        note=note.strip() or record.note,
    )


def placed(record: CommissioningRecord, place: Place) -> CommissioningRecord:
    """Where the technician stands."""
    _open(record)
    return replace(record, place=place)


def with_device(record: CommissioningRecord, device: str, model: Model, *, address: str) -> CommissioningRecord:
    """One more device, or another model or address for one that is there: its values are then forgotten."""
    _open(record)
    there = next((each for each in record.devices if each.device == device), None)
    if there is None and len(record.devices) >= MAX_DEVICES:
        raise StepError(f"a record has at most {MAX_DEVICES} devices")
    name = model.profile.name
    fresh = DeviceRecord(device, model.profile.profile, name.vi, name.en, address, profile_hash=model.hash)
    if there is None:
        return replace(record, devices=[*record.devices, fresh])
    return _with(record, replace(fresh, checklist=there.checklist, note=there.note))


def without_device(record: CommissioningRecord, device: str) -> CommissioningRecord:
    """The same visit without this device and without its photos."""
    _open(record)
    _device(record, device)
    return replace(
        record,
        devices=[each for each in record.devices if each.device != device],
        files=[file for file in record.files if file.device != device],
    )


def measured(record: CommissioningRecord, device: str, model: Model, seen: Mapping[str, Seen]) -> CommissioningRecord:
    """The live values of a device beside what they should be; a point that said nothing fails."""
    _open(record)
    there = _device(record, device)
    if there.profile != model.profile.profile:
        raise StepError(f"{device} is a {there.profile}, not a {model.profile.profile}")
    points = [check(point, seen.get(point.key, Seen(None, "bad:missing")), model) for point in model.profile.points]
    return _with(record, replace(there, points=points))


def answered(record: CommissioningRecord, items: Sequence[ChecklistItem], *, device: str = "") -> CommissioningRecord:
    """Answers of the checklist, of a device or (without one) of the site; a new answer replaces the old one."""
    _open(record)
    new = {item.item: item for item in items}
    if not device:
        kept = [item for item in record.checklist if item.item not in new]
        return replace(record, checklist=[*kept, *new.values()])
    there = _device(record, device)
    kept = [item for item in there.checklist if item.item not in new]
    return _with(record, replace(there, checklist=[*kept, *new.values()]))


def noted(record: CommissioningRecord, device: str, note: str) -> CommissioningRecord:
    """A word about one device."""
    _open(record)
    return _with(record, replace(_device(record, device), note=note.strip()))


def with_file(record: CommissioningRecord, file: FileEntry) -> CommissioningRecord:
    """A photo more, or the signature; a second signature replaces the first, the same picture counts once."""
    _open(record)
    if file.device:
        _device(record, file.device)
    kept = [
        each
        for each in record.files
        if each.sha256 != file.sha256 and not (file.kind == "signature" and each.kind == "signature")
    ]
    if len(kept) >= MAX_FILES:
        raise StepError(f"a record has at most {MAX_FILES} files")
    return replace(record, files=[*kept, file])


def without_file(record: CommissioningRecord, sha256: str) -> CommissioningRecord:
    """The same visit without this picture."""
    _open(record)
    if all(file.sha256 != sha256 for file in record.files):
        raise StepError("there is no such file")
    return replace(record, files=[file for file in record.files if file.sha256 != sha256])


def finished(record: CommissioningRecord, *, now: int) -> CommissioningRecord:
    """The record as it will be signed; StepError names everything that is still missing, in one sentence."""
    _open(record)
    missing = [
        what
        for what, there in (
            ("the technician's name", record.technician),
            ("a device", record.devices),
            ("the signature", any(file.kind == "signature" for file in record.files)),
        )
        if not there
    ]
    missing += [f"values of {device.device}" for device in record.devices if not device.points]
    if missing:
        raise StepError("still missing: " + ", ".join(missing))
    return replace(record, ended_at=max(now, record.begun_at, 1), verdict=record_verdict(record))


def check(point: Point, seen: Seen, model: Model) -> PointCheck:
    """One live value beside what it should be."""
    limits = (model.limits or {}).get(point.key, point.limits)
    choices = {number: f"{text.vi} / {text.en}" for number, text in point.choices.items()}
    verdict = point_verdict(seen.value, seen.quality, low=limits.minimum, high=limits.maximum, choices=choices)
    return PointCheck(
        point=point.key,
        name_vi=point.name.vi,
        name_en=point.name.en,
        unit=point.unit,
        value=seen.value,
        verdict=verdict,
        quality=seen.quality,
        observed_at=seen.observed_at,
        low=limits.minimum,
        high=limits.maximum,
        choices=choices,
    )


def _open(record: CommissioningRecord) -> None:
    if record.ended_at:
        raise StepError("the record is signed and cannot be changed any more")


def _device(record: CommissioningRecord, device: str) -> DeviceRecord:
    for each in record.devices:
        if each.device == device:
            return each
    raise StepError(f"the record has no device {device!r}")


def _with(record: CommissioningRecord, device: DeviceRecord) -> CommissioningRecord:
    judged = replace(device, verdict=device_verdict(device.points, device.checklist))
    return replace(record, devices=[judged if each.device == device.device else each for each in record.devices])
