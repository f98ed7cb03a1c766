"""What a message means for the points of a device: which of them it tells, with which values and times. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile, Point
from device_profiles.sources.mqtt_json import NAME, MqttJsonSource
from edge_agent.connector import Happening, Observation, Sample
from edge_agent.json_document import DocumentError, Json, MissingError, device_time, parse, value_at
from edge_agent.mqtt_message import Message
from edge_agent.worded import meaning

MOST_RECORDS = 1000
LONGEST_PLAIN = 1000  # octets of a payload that is the value itself
NO_TIME = -1  # no moment that can be: the sampling room stamps the reading and doubts its clock
AHEAD_MS = 300_000  # the centre takes nothing that lies further in the future
LATEST_S = 1e11  # beyond it no clock counts seconds
UNREADABLE = "device"
GONE = "no_answer"
EVENT = re.compile(r"(?P<topic>\S+) (?P<path>[^\s=]+)=(?P<word>\S+)")  # zigbee2mqtt/{name} action=single


@dataclass(frozen=True, slots=True)
class Hearing:
    """One device at its broker: how it is called here and there."""

    device: str
    name: str
    profile: DeviceProfile
    max_bytes: int = 65_536


def topics_of(profile: DeviceProfile, name: str) -> frozenset[str]:
    """Everything that this device must be heard on."""
    sources = [point.source for point in profile.points if isinstance(point.source, MqttJsonSource)]
    own = {topic for source in sources for topic in source.topics}
    events = {found["topic"] for said in profile.event_sources.values() if (found := EVENT.fullmatch(said))}
    return frozenset(topic.replace(NAME, name) for topic in own | events)


def observations(hearing: Hearing, message: Message, *, now_ms: int) -> list[Observation]:
    """What a message says of the device; nothing that arrives is an error, it is a bad reading or none."""
    points = [
        (point, point.source)
        for point in hearing.profile.points
        if isinstance(point.source, MqttJsonSource) and _counts(point.source, message, hearing.name)
    ]
    told = list(_told(hearing, points, message, now_ms))
    gone = any(sample.point == "online" and sample.value == 0 for sample in told)
    others = _others(hearing, {point.key for point, _ in points}) if gone else []
    return [*told, *others, *_happenings(hearing, message, now_ms)]


def _counts(source: MqttJsonSource, message: Message, name: str) -> bool:
    is_its_topic = any(topic.replace(NAME, name) == message.topic for topic in source.topics)
    return is_its_topic and bool(message.payload) and (source.retained or not message.retained)


def _others(hearing: Hearing, told: set[str]) -> list[Sample]:
    """The broker says that the device is gone: nobody knows the other points any more."""
    return [
        Sample(hearing.device, each.key, None, fault=GONE) for each in hearing.profile.points if each.key not in told
    ]


def _told(
    hearing: Hearing, points: Sequence[tuple[Point, MqttJsonSource]], message: Message, now_ms: int
) -> Iterator[Sample]:
    too_long = len(message.payload) > hearing.max_bytes
    try:
        document = parse(message.payload) if any(source.path for _, source in points) and not too_long else None
        readable = not too_long
    except DocumentError:
        document, readable = None, False
    for point, source in points:
        if not source.path:
            yield _plain(hearing.device, point, source, message.payload)
        elif not readable:
            yield Sample(hearing.device, point.key, None, fault=UNREADABLE)
        else:
            yield from _recorded(hearing, point, source, document, now_ms)


def _plain(device: str, point: Point, source: MqttJsonSource, payload: bytes) -> Sample:
    """The payload is the value."""
    if len(payload) > LONGEST_PLAIN:
        return Sample(device, point.key, None, fault=UNREADABLE)
    text = payload.decode("utf-8", errors="replace").strip()
    value, fault = meaning(text, point.type, words=source.words, scale=source.scale, offset=source.offset)
    return Sample(device, point.key, value, fault=fault)


def _recorded(hearing: Hearing, point: Point, source: MqttJsonSource, document: Json, now_ms: int) -> Iterator[Sample]:
    """The point in each record that has it: what a message leaves out is not said, and so not bad."""
    for record in _records(document, source.records, hearing.name):
        try:
            raw = value_at(record, source.path)
        except MissingError:
            continue
        value, fault = meaning(raw, point.type, words=source.words, scale=source.scale, offset=source.offset)
        yield Sample(hearing.device, point.key, value, _moment(record, source, now_ms), fault)


def _records(document: Json, path: str, name: str) -> Sequence[Json]:
    """The records that a document holds, oldest as they come; a name may hold dots, and is one step."""
    found = document
    try:
        for step in path.split(".") if path else ():
            found = found[name] if step == NAME and isinstance(found, dict) and name in found else value_at(found, step)
    except MissingError:
        return ()
    return found[:MOST_RECORDS] if isinstance(found, list) else (found,)


def _moment(record: Json, source: MqttJsonSource, now_ms: int) -> int | None:
    """The device's own time, if it says one; a time that cannot be is doubted."""
    if not source.time:
        return None
    try:
        moment = _of_seconds(record, source.time) if source.time_unit == "s" else device_time(record, source.time)
    except MissingError:
        return None
    except DocumentError:
        return NO_TIME
    return moment if moment is None or moment <= now_ms + AHEAD_MS else NO_TIME


def _of_seconds(record: Json, path: str) -> int:
    seconds = value_at(record, path)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < LATEST_S:
        return NO_TIME
    return round(seconds * 1000)


def _happenings(hearing: Hearing, message: Message, now_ms: int) -> Iterator[Happening]:
    """What happened once: words that the profile names, such as a pressed button. A kept message happened long ago."""
    for kind, said in hearing.profile.event_sources.items():
        found = EVENT.fullmatch(said)
        if found is None or message.retained or found["topic"].replace(NAME, hearing.name) != message.topic:
            continue
        try:
            raw = value_at(parse(message.payload[: hearing.max_bytes]), found["path"])
        except (DocumentError, MissingError):
            continue
        if isinstance(raw, str) and raw == found["word"]:
            yield Happening(hearing.device, f"{kind}-{now_ms}", kind)
