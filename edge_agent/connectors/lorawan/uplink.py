"""What ChirpStack v4 says of a frame that a device sent up, and of the device itself. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge_agent.connectors.lorawan.counting import Arrival
from edge_agent.json_document import DocumentError, Json, MissingError, device_time, parse, value_at

AHEAD_MS = 300_000  # the centre takes nothing that lies further in the future
NO_TIME = -1  # no moment that can be: the sampling room stamps the reading and doubts its clock
MOST_RECEPTIONS = 64
LONGEST_FRAME = 242  # octets, at the highest data rate of any region (LoRaWAN Regional Parameters)
LARGEST_COUNT = 2**32


@dataclass(frozen=True, slots=True)
class Uplink:
    """One frame: its bytes, None when they cannot be read; what the codec made of it; what the radio says."""

    at_ms: int | None
    port: int
    frame: bytes | None
    decoded: Json
    arrival: Arrival
    radio: Mapping[str, float] = field(default_factory=dict)

    def with_loss(self, lost: int | None) -> Uplink:
        """The same, with the number of frames that were lost before it, when that is known."""
        return self if lost is None else replace(self, radio={**self.radio, "frames_lost": float(lost)})


def uplink_in(document: Json, *, now_ms: int) -> Uplink:
    """The frame in an `up` event. ChirpStack leaves out what is 0, false or empty."""
    frame = _frame(_text(document, "data"))
    at_ms = moment_in(document, now_ms=now_ms)
    f_cnt = _count(document, "fCnt")
    arrival = Arrival(
        f_cnt,
        now_ms if at_ms in (None, NO_TIME) else at_ms or 0,
        _text(document, "devAddr"),
        _text(document, "deduplicationId") or f"{at_ms}",
        hashlib.sha256(frame or b"").hexdigest()[:16],
    )
    decoded = _at(document, "object")
    return Uplink(at_ms, _count(document, "fPort"), frame, decoded, arrival, _radio(document, f_cnt))


def status_in(document: Json) -> Mapping[str, float]:
    """What the device answered when the server asked how it is; a battery that it does not know is left out."""
    told = {"margin_db": _number(document, "margin"), "battery_pct": _number(document, "batteryLevel")}
    unknown = _at(document, "batteryLevelUnavailable") is True or _at(document, "externalPowerSource") is True
    return {key: value for key, value in told.items() if value is not None and not (key == "battery_pct" and unknown)}


def moment_in(document: Json, *, now_ms: int) -> int | None:
    """When the network server got it; None when it does not say, doubted when it cannot be."""
    try:
        moment = device_time(document, "time")
    except DocumentError:
        return NO_TIME
    return moment if moment is None or moment <= now_ms + AHEAD_MS else NO_TIME


def event_in(payload: bytes, *, max_bytes: int) -> Json:
    """The document of an event; DocumentError when it is none, or longer than allowed."""
    if len(payload) > max_bytes:
        raise DocumentError("is too long")
    document = parse(payload)
    if not isinstance(document, dict):
        raise DocumentError("is no object")
    return document


def text_in(document: Json, path: str, *, most: int = 200) -> str:
    """A text of an event, empty when there is none."""
    return _text(document, path)[:most]


def _radio(document: Json, f_cnt: int) -> dict[str, float]:
    """The best reception counts: other gateways only show how well the device is covered."""
    told: dict[str, float] = {"f_cnt": float(f_cnt)}
    receptions = _at(document, "rxInfo")
    heard = (
        [each for each in receptions[:MOST_RECEPTIONS] if isinstance(each, dict)]
        if isinstance(receptions, list)
        else []
    )
    best = _best(heard)
    if heard:
        told["gateways"] = float(len(heard))
    for key, path in (("rssi_dbm", "rssi"), ("snr_db", "snr")):
        value = _number(best, path)
        if value is not None:
            told[key] = value
    factor = _number(document, "txInfo.modulation.lora.spreadingFactor")
    return told if factor is None else told | {"spreading_factor": factor}


def _best(heard: Sequence[Json]) -> Json:
    return max(heard, key=lambda each: _number(each, "rssi") or -1000.0, default={})


def _frame(text: str) -> bytes | None:
    try:
        frame = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return frame if len(frame) <= LONGEST_FRAME else None


def _at(document: Json, path: str) -> Json:
    try:
        return value_at(document, path)
    except MissingError:
        return None


def _text(document: Json, path: str) -> str:
    found = _at(document, path)
    return found if isinstance(found, str) else ""


def _number(document: Json, path: str) -> float | None:
    found = _at(document, path)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < LARGEST_COUNT:
        return None
    return float(found)


def _count(document: Json, path: str) -> int:
    found = _number(document, path)
    return int(found) if found is not None and found >= 0 else 0
