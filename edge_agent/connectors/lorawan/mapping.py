"""What a frame means for the points of a device: which of them it tells, and with which values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from device_profiles.schema import DeviceProfile, Point
from device_profiles.sources.lorawan import ByteLayout, LorawanSource
from edge_agent.connector import Sample, Scalar
from edge_agent.connectors.lorawan.frames import channels_in, counts, number_in
from edge_agent.connectors.lorawan.uplink import Uplink
from edge_agent.json_document import Json, MissingError, value_at
from edge_agent.worded import meaning

UNREADABLE = "device"
MISSING = "missing"


def samples(device: str, profile: DeviceProfile, uplink: Uplink) -> list[Sample]:
    """Every point that this frame tells; a frame of another port, or without a channel, says nothing of a point."""
    said = list(_said(profile, uplink))
    return [Sample(device, point.key, value, uplink.at_ms, fault) for point, value, fault in said]


def status_samples(device: str, profile: DeviceProfile, told: Mapping[str, float], at_ms: int | None) -> list[Sample]:
    """The points that the device's answer to the server tells."""
    return [
        Sample(device, point.key, *_meant(point, source, told[source.radio], at_ms))
        for point, source in _sources(profile)
        if source.radio is not None and source.radio in told
    ]


def _meant(point: Point, source: LorawanSource, raw: float, at_ms: int | None) -> tuple[Scalar | None, int | None, str]:
    value, fault = meaning(raw, point.type, words={}, scale=source.scale, offset=source.offset)
    return value, at_ms, fault


def _said(profile: DeviceProfile, uplink: Uplink) -> Iterator[tuple[Point, Scalar | None, str]]:
    found, whole = channels_in(uplink.frame or b"")
    for point, source in _sources(profile):
        if source.port is not None and source.port != uplink.port:
            continue
        if source.layout is not None:
            told = _laid_out(source.layout, uplink.frame, found, whole=whole)
        else:
            told = _of_radio(source, uplink) if source.radio is not None else _decoded(source, uplink.decoded)
        if told is not None:
            raw, fault = told
            value, reason = meaning(raw, point.type, words=source.words, scale=source.scale, offset=source.offset)
            yield (point, None, fault) if fault else (point, value, reason)


def _of_radio(source: LorawanSource, uplink: Uplink) -> tuple[Json, str] | None:
    told = uplink.radio.get(source.radio or "")
    return None if told is None else (told, "")


def _decoded(source: LorawanSource, decoded: Json) -> tuple[Json, str] | None:
    """What the codec made of it; it leaves out what the frame did not hold, and makes nothing when it fails."""
    try:
        return value_at(decoded, source.path), ""
    except MissingError:
        return None if isinstance(decoded, dict) else (None, MISSING)


def _laid_out(
    layout: ByteLayout, frame: bytes | None, found: Mapping[tuple[int, int], bytes], *, whole: bool
) -> tuple[Json, str] | None:
    """The raw number, or why there is none; None when the frame does not speak of it."""
    if frame is None:
        return None, UNREADABLE
    if not counts(frame, layout):
        return None
    if layout.channel is None:
        number = number_in(frame, layout)
        return number, "" if number is not None else MISSING
    if layout.channel in found:
        number = number_in(found[layout.channel], layout)
        return number, "" if number is not None else MISSING
    return None if whole else (None, UNREADABLE)


def _sources(profile: DeviceProfile) -> Iterator[tuple[Point, LorawanSource]]:
    for point in profile.points:
        if isinstance(point.source, LorawanSource) and not point.source.frame:
            yield point, point.source
