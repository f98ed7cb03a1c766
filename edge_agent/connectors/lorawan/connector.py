"""One LoRaWAN device: hears what ChirpStack hands over of it, and sends frames down to it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.sources.lorawan import LorawanSource
from device_profiles.writing import Write
from edge_agent.connector import CommandError, Deliver, Happening, LinkError, Observation, Scalar
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.lorawan.counting import Count, step
from edge_agent.connectors.lorawan.downlink import Fate, command, fate_of, frame_for
from edge_agent.connectors.lorawan.mapping import samples, status_samples
from edge_agent.connectors.lorawan.uplink import Uplink, event_in, moment_in, status_in, text_in, uplink_in
from edge_agent.connectors.sharing import Hearer, SharedLine
from edge_agent.json_document import DocumentError, Json
from edge_agent.mqtt_line import MqttLine
from edge_agent.mqtt_message import Message
from edge_agent.ordering import ordered
from edge_agent.showing import Shown

UPLINK, STATUS, JOIN, LOG = "up", "status", "join", "log"
JOINED, RESTARTED, RADIO_ERROR = "joined", "restarted", "radio_error"  # events, where the profile has them

log = logging.getLogger(__name__)


class LorawanDevice:
    """A Listener and a Writer."""

    def __init__(
        self,
        device: str,
        connection: LorawanConnection,
        profile: DeviceProfile,
        *,
        line: SharedLine[Message],
        clock: Clock,
    ) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._line = line
        self._clock = clock
        self._events = f"{connection.topic}event/"
        self._count = Count()
        self._shown = Shown()
        self._orders: dict[str, asyncio.Queue[tuple[Fate, str]]] = {}

    async def listen(self, deliver: Deliver) -> None:
        """Hears until cancelled; LinkError when the broker is lost, or refuses the device's topics."""

        async def take(messages: Sequence[Message]) -> None:
            found = [each for message in messages for each in self._heard(message)]
            self._shown.note(found)
            if found:
                await deliver(found)

        topics = frozenset({f"{self._events}+"})
        await self._line.listen(Hearer(self._device, self._concerns, take, topics))

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Sends a frame down and says what became of it; a device of class A hears it after its next uplink."""
        write, value = ordered(self._profile, verb, arguments)
        source = write.source
        frame = frame_for(source, value) if isinstance(source, LorawanSource) else None
        if frame is None or not isinstance(source, LorawanSource):
            raise CommandError(f"no frame of this device sets {value!r}")
        line = self._line.line
        if not isinstance(line, MqttLine):
            raise LinkError("no_answer", "the broker is not reached")
        order, fates = str(uuid.uuid4()), asyncio.Queue[tuple[Fate, str]]()
        self._orders[order] = fates
        self._shown.forget(source.shown_by)
        try:
            down = command(self._connection.dev_eui, source, frame, order=order)
            await line.publish(f"{self._connection.topic}command/down", down)
            if self._connection.device_class == "A":
                return "the network server has it; the device hears it after its next uplink"
            return await self._outcome(write, source, value, fates)
        finally:
            del self._orders[order]

    def _concerns(self, message: Message) -> bool:
        return message.topic.startswith(self._events)

    def _heard(self, message: Message) -> Sequence[Observation]:
        """What an event tells; one that cannot be read is told in the log, and is nothing."""
        event = message.topic.removeprefix(self._events)
        if message.retained:
            return ()  # nobody knows how old it is
        try:
            document = event_in(message.payload, max_bytes=self._connection.max_bytes)
        except DocumentError as error:
            log.warning("event unreadable", extra={"device": self._device, "event": event[:20], "error": str(error)})
            return ()
        now_ms = self._clock.now_ms()
        if event == UPLINK:
            return self._uplink(uplink_in(document, now_ms=now_ms))
        if event == STATUS:
            at_ms = moment_in(document, now_ms=now_ms)
            return status_samples(self._device, self._profile, status_in(document), at_ms)
        return self._noted(event, document, at_ms=moment_in(document, now_ms=now_ms))

    def _uplink(self, uplink: Uplink) -> Sequence[Observation]:
        self._count, verdict, lost = step(self._count, uplink.arrival)
        facts = {"device": self._device, "f_cnt": uplink.arrival.f_cnt}
        if verdict == "repeated":
            log.debug("frame repeated", extra=facts)
            return ()
        if verdict == "restarted":
            log.info("frame counter began anew", extra=facts)
        if lost:
            log.info("frames lost", extra=facts | {"lost": lost})
        told = samples(self._device, self._profile, uplink.with_loss(lost))
        f_cnt: dict[str, Scalar] = {"f_cnt": uplink.arrival.f_cnt}
        mark = uplink.arrival.mark
        return [*told, *(self._happening(RESTARTED, mark, uplink.at_ms, f_cnt) if verdict == "restarted" else ())]

    def _noted(self, event: str, document: Json, *, at_ms: int | None) -> Sequence[Observation]:
        """What the network server says beside readings: a join, errors, and what became of orders."""
        for order, fates in self._orders.items():
            fate = fate_of(event, document, order)
            if fate is not None:
                fates.put_nowait(fate)
        mark = text_in(document, "deduplicationId") or f"{at_ms}"
        if event == JOIN:
            log.info("device joined its network", extra={"device": self._device})
            return self._happening(JOINED, mark, at_ms, {"dev_addr": text_in(document, "devAddr")})
        if event != LOG:
            return ()
        facts: dict[str, Scalar] = {"code": text_in(document, "code"), "told": text_in(document, "description")}
        log.warning("network server reports", extra={"device": self._device, **facts})
        return self._happening(RADIO_ERROR, mark, at_ms, facts)

    def _happening(self, kind: str, mark: str, at_ms: int | None, facts: Mapping[str, Scalar]) -> Sequence[Happening]:
        """Something that happened once, if the profile reports such things."""
        moment = None if at_ms is None or at_ms <= 0 else at_ms
        return [Happening(self._device, f"{kind}-{mark}", kind, moment, facts)] if kind in self._profile.events else []

    async def _outcome(
        self, write: Write, source: LorawanSource, value: Scalar, fates: asyncio.Queue[tuple[Fate, str]]
    ) -> str:
        """What came of an order that the device may hear at once; LinkError when it did not do it."""
        said = "sent by the radio"
        try:
            async with asyncio.timeout(write.within_s):
                fate = ""
                while fate != ("confirmed" if source.confirmed else "sent"):
                    fate, why = await fates.get()
                    if why:
                        raise LinkError("device", why)
        except TimeoutError:
            waited = f"within {write.within_s:g} s"
            raise LinkError("timeout", f"the network server does not say {waited} that it went down") from None
        if source.confirmed:
            said = "confirmed by the device"
        if source.shown_by:
            await self._shown.seen(write, source.shown_by, value)
            said += f", {source.shown_by} is {value!r}"
        return said
