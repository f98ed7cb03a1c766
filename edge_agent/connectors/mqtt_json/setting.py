"""What is published to set a value in a device; pure."""

from __future__ import annotations

import json

from device_profiles.sources.mqtt_json import MqttJsonSource
from edge_agent.connector import Scalar
from edge_agent.worded import wording


def published(source: MqttJsonSource, value: Scalar) -> bytes | None:
    """The payload that sets this value; None when the device has no word for it."""
    raw = wording(value, words=source.words, scale=source.scale, offset=source.offset)
    if raw is None:
        return None
    if not source.path:
        return (str(raw).lower() if isinstance(raw, bool) else str(raw)).encode()
    document: object = raw
    steps = source.path.split(".")
    for step in reversed(steps[1:]):
        document = {step: document}
    whole = {**source.fixed, steps[0]: document}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
