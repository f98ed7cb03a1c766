"""Pass or fail of a commissioning record: the same arithmetic on the gateway and in the centre.

A point passes when it has a value inside its range (or among its choices), fails without one or outside, and is not
judged when nothing says what it should be. A whole passes when something in it passed and nothing failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from device_profiles.wire.commissioning import ChecklistItem, CommissioningRecord, DeviceRecord, PointCheck, Verdict
from device_profiles.wire.messages import Scalar


def point_verdict(
    value: Scalar | None, quality: str, *, low: float | None, high: float | None, choices: Mapping[str, str]
) -> Verdict:
    """What one live value proves."""
    if value is None or quality.startswith("bad:"):
        return "fail"
    if choices:
        return "pass" if str(value) in choices else "fail"
    if isinstance(value, bool | str):
        return "unjudged" if isinstance(value, str) else "pass"  # a switch that answers is a switch that is wired
    if low is None and high is None:
        return "unjudged"
    return "pass" if (low is None or value >= low) and (high is None or value <= high) else "fail"


def verdict_of(check: PointCheck) -> Verdict:
    """What a check says when it is judged again from what stands in it."""
    return point_verdict(check.value, check.quality, low=check.low, high=check.high, choices=check.choices)


def device_verdict(points: Sequence[PointCheck], checklist: Sequence[ChecklistItem]) -> Verdict:
    """A device passes when a point passed, none failed, and the technician objected to nothing."""
    return _together((*(verdict_of(point) for point in points), *_answers(checklist)), needed=len(points) > 0)


def record_verdict(record: CommissioningRecord) -> Verdict:
    """A visit passes when it has a device, every device passed, and nothing about the site was objected to."""
    devices = [device_verdict(device.points, device.checklist) for device in record.devices]
    if "unjudged" in devices and "fail" not in devices:
        return "fail" if "fail" in _answers(record.checklist) else "unjudged"
    return _together((*devices, *_answers(record.checklist)), needed=len(devices) > 0)


def contradictions(record: CommissioningRecord) -> list[str]:
    """Where the verdicts that a record claims differ from what its values say; empty when it is honest."""
    wrong = [
        f"{device.device}.{point.point}" for device, point in _points(record) if point.verdict != verdict_of(point)
    ]
    wrong += [each.device for each in record.devices if each.verdict != device_verdict(each.points, each.checklist)]
    return wrong + (["record"] if record.verdict != record_verdict(record) else [])


def _points(record: CommissioningRecord) -> Iterable[tuple[DeviceRecord, PointCheck]]:
    return ((device, point) for device in record.devices for point in device.points)


def _answers(checklist: Sequence[ChecklistItem]) -> list[Verdict]:
    return ["fail" if item.answer == "no" else "pass" for item in checklist if item.answer != "not_applicable"]


def _together(parts: Sequence[Verdict], *, needed: bool) -> Verdict:
    if "fail" in parts:
        return "fail"
    return "pass" if needed and "pass" in parts else "unjudged"
