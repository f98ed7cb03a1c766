"""Checks the inputs of a formula against the device profiles: each must be there, of its type, in its unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloud.rules.kinds.expression import Expression, Named
from cloud.rules.selector import Selector
from device_profiles.explain import Fault, did_you_mean
from device_profiles.schema import DeviceProfile, Point, PointType


def check_inputs(
    kind: Expression, own: Selector, profiles: Mapping[str, DeviceProfile], *, file: str
) -> Iterator[Fault]:
    """Everything about the inputs that does not fit the device profiles."""
    named = kind.inputs.values()
    if not any(each.point == own.point and each.profile in ("", own.profile) for each in named):
        yield Fault(file, "selector.point", f"{own.point} is no input of the formula", "choose the one that people see")
    for name, each in kind.inputs.items():
        key, profile = f"kind.inputs.{name}", profiles.get(each.profile or own.profile)
        if profile is None:
            if each.profile:  # the rule's own is told once, with its selector
                hint = did_you_mean(each.profile, sorted(profiles))
                yield Fault(file, f"{key}.profile", f"{each.profile!r} is no device profile", hint)
            continue
        point = profile.point(each.point)
        if point is None:
            hint = did_you_mean(each.point, [known.key for known in profile.points])
            yield Fault(file, f"{key}.point", f"{profile.profile} has no point {each.point!r}", hint)
        else:
            yield from _check_point(each, point, kind.max_age_s, file=file, key=key)


def _check_point(named: Named, point: Point, max_age_s: float, *, file: str, key: str) -> Iterator[Fault]:
    if point.type is PointType.STRING:
        yield Fault(file, f"{key}.point", f"{point.key} is a text; formulas need numbers and truths")
    elif named.truth != (point.type is PointType.BOOL):
        is_truth = point.type is PointType.BOOL
        reason = f"{point.key} is {'true or false' if is_truth else 'a number'}"
        yield Fault(file, f"{key}.truth", reason, f"truth = {str(is_truth).lower()}")
    elif point.unit != named.unit:
        yield Fault(file, f"{key}.unit", f"{named.unit} does not fit {point.key}, which is in {point.unit}")
    elif max_age_s <= point.report.heartbeat_s:
        reason = f"an unchanged {point.key} may say nothing for {point.report.heartbeat_s:.0f} s"
        yield Fault(file, "kind.max_age_s", reason, "let a value be older")
