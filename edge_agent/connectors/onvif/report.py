"""What goes out: samples of the camera's health and properties, and the happenings in its messages; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from device_profiles.schema import DeviceProfile, Point, PointType
from device_profiles.sources.onvif import OnvifSource
from edge_agent.connector import Happening, Sample, Scalar
from edge_agent.onvif.reading import Message, as_bool, plain_topic

OFFLINE, ONLINE = "camera_offline", "camera_online"
DELETED = "Deleted"
MOST_FACTS = 8
OLDEST_MS = 3_600_000  # what a camera keeps for a pull point is never older
PRIVATE = ("plate", "face", "name", "card", "licence", "license", "likelihood")  # never leaves the gateway
_EVENT = re.compile(r"(?P<topic>\S+)(\s+(?P<item>[^=\s]+)=(?P<value>\S+))?")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the messages have said last: state of each event, so that each is told once when it begins."""

    active: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    count: int = 0


def health_samples(
    profile: DeviceProfile, device: str, values: Mapping[str, Scalar], *, at_ms: int, lost: str
) -> list[Sample]:
    """A sample per point that the connector finds out itself, `missing` when it found nothing.

    `lost` is why nothing else is known: of a camera that is gone, or of properties that nobody tells. What they were
    before says nothing about now.
    """
    samples = []
    for point, source in _points(profile):
        if source.measure in values:
            samples.append(Sample(device, point.key, values[source.measure], at_ms))
        elif lost or source.measure != "property":
            samples.append(Sample(device, point.key, None, at_ms, lost or "missing"))
    return samples


def property_samples(
    profile: DeviceProfile, device: str, told: Iterable[Message], *, offset_ms: int, now_ms: int
) -> list[Sample]:
    """A sample per property that the messages tell, at the camera's time put right."""
    points = list(_points(profile))
    samples = []
    for message in told:
        for point, source in points:
            if source.measure != "property" or plain_topic(source.topic) != message.topic:
                continue
            raw = message.data.get(source.item)
            if raw is None or message.operation == DELETED:
                samples.append(Sample(device, point.key, None, _moment(message, offset_ms, now_ms), "missing"))
            else:
                samples.append(_sample(device, point, raw, _moment(message, offset_ms, now_ms)))
    return samples


def happenings(
    profile: DeviceProfile,
    device: str,
    state: Standing,
    told: Sequence[Message],
    *,
    offset_ms: int,
    now_ms: int,
) -> tuple[list[Happening], Standing]:
    """What happened: each event of the profile whose topic, and item if it names one, a message tells.

    A property (with `item=value`) happens when it becomes so; what merely happens (without) happens each time.
    """
    active, count = dict(state.active), state.count
    found: list[Happening] = []
    for message in told:
        for kind, named in profile.event_sources.items():
            wanted = _EVENT.fullmatch(named.strip())
            if wanted is None or plain_topic(wanted["topic"]) != message.topic:
                continue
            key = (kind, "/".join(message.source.values()))
            holds = _holds(wanted["item"], wanted["value"], message)
            begins = holds and (not wanted["item"] or not active.get(key, False))
            active[key] = holds
            if begins and message.operation != DELETED:
                count += 1
                at_ms = _moment(message, offset_ms, now_ms)
                found.append(Happening(device, f"{kind}-{at_ms}-{count}", kind, at_ms, _facts(message)))
    return found, Standing(active, count)


def _holds(item: str | None, value: str | None, message: Message) -> bool:
    if item is None or value is None:
        return True
    said = message.data.get(item, "")
    wanted = as_bool(value)
    return said == value if wanted is None else as_bool(said) is wanted


def _sample(device: str, point: Point, raw: str, at_ms: int) -> Sample:
    value: Scalar | None = raw
    if point.type is PointType.BOOL:
        value = as_bool(raw)
    elif point.type is not PointType.STRING:
        try:
            value = float(raw)
        except ValueError:
            value = None
    return Sample(device, point.key, value, at_ms, "" if value is not None else "type")


def _facts(message: Message) -> dict[str, Scalar]:
    """Where it happened and what was said, a few words of it; no plate, no face, whatever the camera sends along."""
    items = [*message.source.items(), *message.data.items()]
    told = [(key, value) for key, value in items if not any(word in key.lower() for word in PRIVATE)]
    return dict(told[:MOST_FACTS])


def _moment(message: Message, offset_ms: int, now_ms: int) -> int:
    """By our clock; a message from a time that cannot be is from now."""
    at_ms = now_ms if message.utc_ms is None else message.utc_ms - offset_ms
    return at_ms if 0 <= now_ms - at_ms <= OLDEST_MS else now_ms


def _points(profile: DeviceProfile) -> Iterator[tuple[Point, OnvifSource]]:
    for point in profile.points:
        if isinstance(point.source, OnvifSource):
            yield point, point.source
