"""One device behind a broker of others: hears what it publishes, and publishes what sets it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from device_profiles.clock import Clock
from device_profiles.sources.mqtt_json import NAME, MqttJsonSource
from device_profiles.writing import Write
from edge_agent.connector import CommandError, Deliver, LinkError, Observation, Sample, Scalar
from edge_agent.connectors.mqtt_json.mapping import Hearing, observations, topics_of
from edge_agent.connectors.mqtt_json.setting import published
from edge_agent.connectors.sharing import Hearer, SharedLine
from edge_agent.mqtt_line import MqttLine
from edge_agent.mqtt_message import Message
from edge_agent.ordering import ordered, shows

log = logging.getLogger(__name__)


class MqttJsonDevice:
    """A Listener and a Writer."""

    def __init__(self, hearing: Hearing, line: SharedLine[Message], clock: Clock) -> None:
        self._hearing = hearing
        self._line = line
        self._clock = clock
        self._topics = topics_of(hearing.profile, hearing.name)
        self._shown: dict[str, Scalar | None] = {}
        self._news = asyncio.Event()

    async def listen(self, deliver: Deliver) -> None:
        """Hears until cancelled; LinkError when the broker is lost, or refuses the device's topics."""

        async def take(messages: Sequence[Message]) -> None:
            now_ms = self._clock.now_ms()
            found = [each for message in messages for each in observations(self._hearing, message, now_ms=now_ms)]
            self._note(found)
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
        self._shown.pop(source.shown_by, None)
        await line.publish(source.topic.replace(NAME, self._hearing.name), payload)
        if not source.shown_by:
            return "the broker has it; this device does not show it"
        await self._seen(write, source.shown_by, value)
        return f"{source.shown_by} is {value!r}"

    def _note(self, found: Sequence[Observation]) -> None:
        self._shown.update({each.point: each.value for each in found if isinstance(each, Sample)})
        self._news.set()

    async def _seen(self, write: Write, point: str, value: Scalar) -> None:
        """Returns when the device shows the value, said after it was ordered."""
        try:
            async with asyncio.timeout(write.within_s):
                while not (point in self._shown and shows(write, value, self._shown[point])):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            said = f"shows {self._shown[point]!r}" if point in self._shown else "says nothing"
            raise LinkError("timeout", f"{point} should be {value!r} within {write.within_s:g} s, and {said}") from None
