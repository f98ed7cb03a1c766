"""What this room makes of recorded messages; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from device_profiles.sources.mqtt_json import NAME
from edge_agent.connector import Observation
from edge_agent.connectors.mqtt_json.mapping import LATEST_S, Hearing, observations, topics_of
from edge_agent.json_document import DocumentError, parse
from edge_agent.mqtt_message import Message

RECORDED = "device"
FAR_MS = round(LATEST_S)  # a recorded time never lies in the future


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """What a list of {"topic", "payload"} says of the device; its name stands in the topics."""
    messages = [_message(each) for each in raw if isinstance(each, Mapping)] if isinstance(raw, list) else []
    hearing = Hearing(device, _name_in(messages, profile), profile)
    return [found for message in messages for found in observations(hearing, message, now_ms=FAR_MS * 1000)]


def _message(each: Mapping[str, object]) -> Message:
    payload = each.get("payload")
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return Message(str(each.get("topic")), text.encode(), retained=each.get("retained") is True)


def _name_in(messages: Sequence[Message], profile: DeviceProfile) -> str:
    """The device's own name: what stands where the profile says {name}, in a topic or else first in a payload."""
    topics = topics_of(profile, NAME)
    patterns = [
        re.compile("(?P<name>.+)".join(re.escape(part) for part in topic.split(NAME, 1)))
        for topic in topics
        if NAME in topic
    ]
    found = [match["name"] for each in messages for pattern in patterns if (match := pattern.fullmatch(each.topic))]
    if found:
        return min(found, key=len)
    return next((name for each in messages if each.topic in topics for name in _names(each)), RECORDED)


def _names(message: Message) -> Sequence[str]:
    try:
        document = parse(message.payload)
    except DocumentError:
        return ()
    return list(document) if isinstance(document, dict) else ()
