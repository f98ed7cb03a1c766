"""Whether an interlock fits the devices beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from device_profiles.explain import Fault, did_you_mean
from device_profiles.schema import DeviceProfile, Point, PointType
from edge_agent.interlocks.config import Condition, InterlockConnection, Order

NUMBERS = (PointType.INT, PointType.FLOAT)


def interlock_faults(
    interlocks: Mapping[str, InterlockConnection], neighbours: Mapping[str, DeviceProfile], *, file: str
) -> Iterator[Fault]:
    """Everything that would keep an interlock from tripping: a missing device, point, command or argument."""
    for name, interlock in interlocks.items():
        where = f"devices[{name}].connection"
        for condition in interlock.when:
            yield from _of_condition(condition, neighbours, Fault(file, f"{where}.when", ""))
        for table, orders in (("then", interlock.then), ("after", interlock.after)):
            for order in orders:
                yield from _of_order(order, neighbours, Fault(file, f"{where}.{table}", ""))


def _of_condition(condition: Condition, neighbours: Mapping[str, DeviceProfile], place: Fault) -> Iterator[Fault]:
    profile = neighbours.get(condition.device)
    if profile is None:
        yield _no_device(condition.device, neighbours, place)
        return
    point = profile.point(condition.point)
    if point is None:
        known = [each.key for each in profile.points]
        reason = f"{condition.device} has no point {condition.point!r}"
        yield Fault(place.file, place.key, reason, did_you_mean(condition.point, known))
    elif not _comparable(condition, point):
        yield Fault(place.file, place.key, f"{condition.device}.{point.key} is {point.type}: compare it as such", "")


def _comparable(condition: Condition, point: Point) -> bool:
    if condition.equals is None:
        return point.type in NUMBERS
    wanted = {PointType.BOOL: bool, PointType.STRING: str}.get(point.type)
    is_number = isinstance(condition.equals, int | float) and not isinstance(condition.equals, bool)
    return isinstance(condition.equals, wanted) if wanted else is_number


def _of_order(order: Order, neighbours: Mapping[str, DeviceProfile], place: Fault) -> Iterator[Fault]:
    profile = neighbours.get(order.device)
    if profile is None:
        yield _no_device(order.device, neighbours, place)
        return
    commands = {each.verb: each for each in profile.commands}
    if order.verb not in commands:
        hint = did_you_mean(order.verb, sorted(commands)) or f"it knows: {', '.join(sorted(commands)) or 'none'}"
        yield Fault(place.file, place.key, f"{order.device} knows no command {order.verb!r}", hint)
    elif set(order.arguments) != set(commands[order.verb].arguments):
        takes = ", ".join(commands[order.verb].arguments) or "no arguments"
        yield Fault(place.file, place.key, f"{order.device} {order.verb} takes: {takes}", "")


def _no_device(device: str, neighbours: Mapping[str, DeviceProfile], place: Fault) -> Fault:
    hint = did_you_mean(device, sorted(neighbours))
    return Fault(place.file, place.key, f"there is no device {device!r} on this gateway", hint)
