"""Devices with a language of their own at a broker: Tasmota, Shelly, Zigbee2MQTT and the like, after their profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from device_profiles.sources.mqtt_json import NAME, MqttJsonSource
from simulators.encoding import Value
from simulators.published import Said, words_of


class OwnWords:
    """Says and hears what the profile's topics describe."""

    def __init__(self, profile: DeviceProfile, name: str) -> None:
        self._profile = profile
        self._name = name
        self._orders: dict[str, MqttJsonSource] = {
            command.write.source.topic.replace(NAME, name): command.write.source
            for command in profile.commands
            if command.write is not None and isinstance(command.write.source, MqttJsonSource)
        }

    @property
    def hears(self) -> Sequence[str]:
        """The topics of its commands."""
        return tuple(self._orders)

    def say(self, values: Mapping[str, Value], *, at_ms: int) -> Sequence[Said]:
        """One message for each topic of the profile."""
        return words_of(self._profile, self._name, values, at_ms=at_ms)

    def obey(self, topic: str, payload: bytes) -> tuple[Mapping[str, Value], Sequence[Said]]:
        """Sets the point that shows the order; words that it does not know change nothing, as in the real ones."""
        source = self._orders.get(topic)
        if source is None or not source.shown_by:
            return {}, ()
        try:
            word: object = json.loads(payload) if source.path else payload.decode()
            for step in source.path.split(".") if source.path else ():
                word = word[step] if isinstance(word, dict) else None
        except (ValueError, KeyError):
            return {}, ()
        said = str(word).lower() if isinstance(word, bool) else str(word)
        if said in source.words:
            return {source.shown_by: bool(source.words[said])}, ()
        return {}, ()
