"""Values as devices tell them at a broker: in their maker's words, or as a frame that ChirpStack hands over. Pure."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from device_profiles.schema import DeviceProfile
from device_profiles.sources.lorawan import WIDTHS, ByteLayout, LorawanSource
from device_profiles.sources.mqtt_json import NAME, MqttJsonSource
from simulators.encoding import Value

EVERY_PORT = 85  # what Milesight sends on; any would do where the profile names none


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a device publishes."""

    topic: str
    payload: bytes
    retain: bool = False


def words_of(profile: DeviceProfile, name: str, values: Mapping[str, Value], *, at_ms: int) -> list[Said]:
    """What a device with a language of its own publishes: one message for each topic."""
    documents: dict[str, Any] = {}
    kept: set[str] = set()
    for point in profile.points:
        source = point.source
        if not isinstance(source, MqttJsonSource) or point.key not in values:
            continue
        topic, raw = source.topic.replace(NAME, name), _raw(source, values[point.key])
        kept |= {topic} if source.retained else set()
        if not source.path:
            documents[topic] = str(raw)
            continue
        record = _record(documents.setdefault(topic, {}), source, name)
        if source.time:
            _put(record, source.time, at_ms if source.time_unit == "ms" else at_ms / 1000)
        _put(record, source.path, raw)
    return [Said(topic, _encoded(document), topic in kept) for topic, document in documents.items()]


def frame_of(profile: DeviceProfile, values: Mapping[str, Value]) -> tuple[int, bytes, dict[str, Any]]:
    """Port, bytes and decoded object of a frame that holds every point of the profile."""
    fixed, port = bytearray(), EVERY_PORT
    channels: dict[tuple[int, int], bytearray] = {}
    decoded: dict[str, Any] = {}
    for point in profile.points:
        source = point.source
        if not isinstance(source, LorawanSource) or point.key not in values:
            continue
        port = source.port or port
        raw = _raw(source, values[point.key])
        if source.path:
            _put(decoded, source.path, raw)
        elif source.layout is not None and source.layout.channel is not None:
            _lay(channels.setdefault(source.layout.channel, bytearray()), source.layout, raw)
        elif source.layout is not None:
            _lay(fixed, source.layout, raw)
    marked = b"".join(bytes([*mark, *octets]) for mark, octets in channels.items())
    return port, bytes(fixed) + marked, decoded


def uplink_of(
    profile: DeviceProfile, values: Mapping[str, Value], *, dev_eui: str, application: str, f_cnt: int, at_ms: int
) -> dict[str, Any]:
    """The event that ChirpStack v4 makes of such a frame; what is 0 it leaves out, as protobuf does."""
    port, frame, decoded = frame_of(profile, values)
    event: dict[str, Any] = {
        "deduplicationId": f"{dev_eui}-{f_cnt}-{at_ms}",
        "time": datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(),
        "deviceInfo": {"applicationId": application, "deviceName": profile.model, "devEui": dev_eui},
        "devAddr": dev_eui[-8:],
        "fPort": port,
        "data": base64.b64encode(frame).decode(),
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -90 - f_cnt % 15, "snr": 7.5}],
        "txInfo": {"frequency": 921_400_000, "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 9}}},
    }
    return event | ({"fCnt": f_cnt} if f_cnt else {}) | ({"object": decoded} if decoded else {})


def _raw(source: MqttJsonSource | LorawanSource, value: Value) -> Value:
    """The value as the device says it: its word, or its number without our scale."""
    if isinstance(value, str):
        return value
    if source.words:
        return next((word for word, number in source.words.items() if number == value), next(iter(source.words)))
    if isinstance(value, bool) and source.scale == 1.0:
        return value
    return (value - source.offset) / source.scale


def _record(document: dict[str, Any], source: MqttJsonSource, name: str) -> dict[str, Any]:
    """Where the members of the source stand: the document, or a record of a list in it."""
    if not source.records:
        return document
    *way, last = [name if step == NAME else step for step in source.records.split(".")]
    for step in way:
        document = document.setdefault(step, {})
    records = document.setdefault(last, [{}])
    record: dict[str, Any] = records[0]
    return record


def _put(document: dict[str, Any], path: str, value: Value) -> None:
    *way, last = path.split(".")
    for step in way:
        document = document.setdefault(step, {})
    document[last] = value


def _encoded(document: object) -> bytes:
    return document.encode() if isinstance(document, str) else json.dumps(document).encode()


def _lay(octets: bytearray, layout: ByteLayout, raw: Value) -> None:
    """Puts a number into the bytes at its place, under its mask, and makes the frame one that holds it."""
    at, width = layout.at or 0, WIDTHS[layout.encoding]
    octets.extend(bytes(max(0, at + width - len(octets))))
    octets[at : at + width] = _number(bytes(octets[at : at + width]), layout, raw)
    if layout.only_if is not None:
        test = layout.only_if
        octets.extend(bytes(max(0, test.at + 1 - len(octets))))
        shift = (test.mask & -test.mask).bit_length() - 1
        octets[test.at] = octets[test.at] & ~test.mask & 0xFF | test.equals << shift


def _number(there: bytes, layout: ByteLayout, raw: Value) -> bytes:
    number = 0.0 if isinstance(raw, str) or math.isnan(raw) else float(raw)
    if layout.encoding == "f32":
        return struct.pack("<f" if layout.order == "little" else ">f", number)
    signed, bits = layout.encoding.startswith("s"), 8 * len(there)
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    whole = round(max(least, min(most, number)))
    if layout.mask:
        shift = (layout.mask & -layout.mask).bit_length() - 1
        whole = int.from_bytes(there, layout.order) & ~layout.mask | (whole << shift) & layout.mask
    laid: bytes = whole.to_bytes(len(there), layout.order, signed=signed)
    return laid
