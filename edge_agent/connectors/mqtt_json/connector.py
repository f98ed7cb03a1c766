"""One device behind a broker of others: hears what it publishes, and publishes what sets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.clock import Clock
from device_profiles.sources.mqtt_json import NAME, MqttJsonSource
from edge_agent.connector import CommandError, Deliver, LinkError, Scalar
from edge_agent.connectors.mqtt_json.mapping import Hearing, observations, topics_of
from edge_agent.connectors.mqtt_json.setting import published
from edge_agent.connectors.sharing import Hearer, SharedLine
from edge_agent.mqtt_line import MqttLine
from edge_agent.mqtt_message import Message
from edge_agent.ordering import ordered
from edge_agent.showing import Shown


class MqttJsonDevice:
    """A Listener and a Writer."""

    def __init__(self, hearing: Hearing, line: SharedLine[Message], clock: Clock) -> None:
        self._hearing = hearing
        self._line = line
        self._clock = clock
        self._topics = topics_of(hearing.profile, hearing.name)
        self._shown = Shown()

    async def listen(self, deliver: Deliver) -> None:
        """Hears until cancelled; LinkError when the broker is lost, or refuses the device's topics."""

        async def take(messages: Sequence[Message]) -> None:
            now_ms = self._clock.now_ms()
            found = [each for message in messages for each in observations(self._hearing, message, now_ms=now_ms)]
            self._shown.note(found)
            if found:
                await deliver(found)

        mine = Hearer(self._hearing.device, lambda message: message.topic in self._topics, take, self._topics)
        await self._line.listen(mine)

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Publishes what sets the value; when the device shows such values, it is done only once it does."""
        write, value = ordered(self._hearing.profile, verb, arguments)
        source = write.source
        payload = published(source, value) if isinstance(source, MqttJsonSource) else None
        if payload is None or not isinstance(source, MqttJsonSource):
            raise CommandError(f"the device has no word for {value!r}")
        line = self._line.line
        if not isinstance(line, MqttLine):
            raise LinkError("no_answer", "the broker is not reached")
        self._shown.forget(source.shown_by)
        await line.publish(source.topic.replace(NAME, self._hearing.name), payload)
        if not source.shown_by:
            return "the broker has it; this device does not show it"
        await self._shown.seen(write, source.shown_by, value)
        return f"{source.shown_by} is {value!r}"
