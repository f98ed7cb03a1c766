"""Tells the live feed what changed: alarms at once, gateways and readings gathered a few times a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import NoReturn

from cloud.api.hub import Hub
from cloud.api.views import DeviceView, GatewayView
from cloud.commands import Commander
from cloud.display import Display
from cloud.recorder import Settled
from cloud.rules.judge import Judgement
from cloud.rules.ladder import same_in_both
from device_profiles.clock import Clock
from device_profiles.schema import Text
from device_profiles.wire import Result

GATHER_S = 0.25  # people cannot read faster, and a thousand devices must not cost a thousand messages


class Broadcast:
    """Listens to the flow and publishes into the hub."""

    def __init__(
        self,
        hub: Hub,
        commander: Commander,
        display: Display,
        *,
        clock: Clock,
        spoke: Callable[[str], None] = lambda _: None,
        words: Callable[[str, str], Text] = lambda _, level: same_in_both(level),
    ) -> None:
        """`spoke` hears which gateway said something of itself; `words` is what people read for a rule's level."""
        self._hub = hub
        self._commander = commander
        self._display = display
        self._clock = clock
        self._tell = spoke
        self._words = words
        self._spoke: set[str] = set()
        self._touched: set[tuple[str, str]] = set()
        self.first_reading_at: int | None = None
        self.alarms_raised = 0
        self.judgements = 0  # that changed alarms

    def gateway_changed(self, gateway: str) -> None:
        """A gateway said something of itself."""
        self._spoke.add(gateway)
        self._tell(gateway)

    def readings_came(self, settled: Settled) -> None:
        """Readings were committed."""
        if self.first_reading_at is None and settled.columns:
            self.first_reading_at = self._clock.now_ms()
        self._touched.update((each.gateway, each.device) for each in settled.columns)

    def result_came(self, result: Result) -> None:
        """A gateway says how a command ended."""
        self._commander.result_came(result)

    def judged(self, judgement: Judgement) -> None:
        """Alarms changed."""
        self.judgements += bool(judgement.alarms)
        self.alarms_raised += sum(1 for line in judgement.history if line.what == "raised")
        for alarm in judgement.alarms:
            words = self._words(alarm.rule, alarm.level).model_dump()
            self._hub.publish("alarm", alarm.id, {**asdict(alarm), "level_shown": words})

    async def run(self) -> NoReturn:
        """Publishes the gateways that spoke and the devices that had readings, until cancelled."""
        while True:
            await self._clock.sleep(GATHER_S)
            if not self._hub.listeners:
                continue  # whoever comes back still finds what changed meanwhile
            spoke, self._spoke = self._spoke, set()
            for gateway in spoke:
                self._publish_gateway(self._display.gateway(gateway))
            touched, self._touched = self._touched, set()
            for gateway, device in touched:
                view = self._display.device(gateway, device)
                if view is not None:
                    self._publish(view)

    def _publish_gateway(self, view: GatewayView) -> None:
        body = {
            "id": view.id,
            "state": view.state,
            "since": view.since,
            "health_at": view.health_at,
            "backlog_readings": view.backlog_readings,
            "hours_left": view.hours_left,
            "clock": view.clock,
        }
        self._hub.publish("gateway", view.id, body)

    def _publish(self, view: DeviceView) -> None:
        for point in view.points:
            if point.observed_at is None and point.quality == "good":
                continue
            body = {
                "gateway": view.gateway,
                "device": view.id,
                "point": point.key,
                "value": point.value,
                "quality": point.quality,
                "freshness": point.freshness,
                "observed_at": point.observed_at,
                "received_at": point.received_at,
            }
            self._hub.publish("reading", f"{view.gateway}/{view.id}/{point.key}", body)
