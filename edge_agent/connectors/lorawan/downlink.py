"""A frame that is sent down to set a value, and what the network server says became of it. Pure."""

from __future__ import annotations

import base64
import json
import re
from typing import Literal

from device_profiles.sources.lorawan import LorawanSource
from edge_agent.connector import Scalar
from edge_agent.connectors.lorawan.uplink import text_in
from edge_agent.json_document import Json
from edge_agent.worded import wording

PLACE = re.compile(r"\{(u8|u16|u16le|u32|u32le)\}")
Fate = Literal["sent", "confirmed", "unconfirmed", "failed"]


def frame_for(source: LorawanSource, value: Scalar) -> bytes | None:
    """The bytes that set this value; None when it does not fit into them."""
    raw = wording(value, words={}, scale=source.scale, offset=source.offset)
    if isinstance(raw, str) or raw is None or raw != int(raw):
        return None
    try:
        digits = PLACE.sub(lambda place: _octets(int(raw), place[1]).hex(), source.frame)
    except OverflowError:
        return None
    return bytes.fromhex(digits)


def command(dev_eui: str, source: LorawanSource, frame: bytes, *, order: str) -> bytes:
    """What ChirpStack takes on `command/down`; `order` is our own id of it, which its events name again."""
    document = {
        "id": order,
        "devEui": dev_eui.lower(),
        "confirmed": source.confirmed,
        "fPort": source.port,
        "data": base64.b64encode(frame).decode(),
    }
    return json.dumps(document).encode()


def fate_of(event: str, document: Json, order: str) -> tuple[Fate, str] | None:
    """What an event says of an order; None when it speaks of something else."""
    if event == "txack" and text_in(document, "queueItemId") == order:
        return "sent", ""
    if event == "ack" and text_in(document, "queueItemId") == order:
        taken = isinstance(document, dict) and document.get("acknowledged") is True
        return ("confirmed", "") if taken else ("unconfirmed", "the device did not confirm it")
    if event == "log" and text_in(document, "context.queue_item_id") == order:
        return "failed", text_in(document, "description") or text_in(document, "code")
    return None


def _octets(raw: int, encoding: str) -> bytes:
    return raw.to_bytes(int(encoding[1:].removesuffix("le")) // 8, "little" if encoding.endswith("le") else "big")
