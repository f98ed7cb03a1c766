"""The province in one story: what each device says, which gateways have power and a line, which alarms belong to it.

Pure: the same story and seed give the same answer for any device at any time, asked in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from device_profiles.load import Catalogue, load_catalogue
from simulators.encoding import Value
from simulators.province.distortion import DELIVERY, EPOCHS_MS, QUALITY, STATUS, Moment, distorted
from simulators.province.fleet import PlacedDevice, by_id, gateways
from simulators.province.reporting import doubts
from simulators.province.says import said
from simulators.province.world import World, here, world_of
from simulators.scenarios.scenario import ScenarioFile
from simulators.scenarios.story import Awaited, Deed, Fault, FaultMode, Span

S = TypeVar("S", Deed, Fault)

FRAMES_BEFORE = 51_000  # radio frames that a node had sent when the story began
FRAME_MS = 600_000


class Province:
    """All devices of the pilot fleet in one story."""

    def __init__(self, scenario: ScenarioFile, seed: int = 1) -> None:
        self.scenario = scenario
        self.seed = seed
        self.begin_ms = moment_ms(scenario.begin)
        self.end_ms = moment_ms(scenario.end)
        self._world = world_of(scenario, seed)
        self._faults = _by_device(scenario.faults)
        self._deeds = _by_device(scenario.deeds)
        self._last: tuple[str, int, Mapping[str, Value]] = ("", 0, {})  # values, then their quality: asked one by one

    @property
    def world(self) -> World:
        """Weather, rivers, the lake and power of the story."""
        return self._world

    @property
    def expected(self) -> Sequence[Awaited]:
        """Alarms that the story has to raise."""
        return self.scenario.expected

    @property
    def forbidden(self) -> Sequence[Awaited]:
        """Alarms that the story must not raise."""
        return self.scenario.forbidden

    def values(self, device_id: str, at_ms: int) -> Mapping[str, Value]:
        """What a device says at a moment; KeyError when it is not in the fleet.

        Nothing when it does not answer, or when its gateway has no power to ask it.
        """
        if self._last[:2] != (device_id, at_ms):
            self._last = device_id, at_ms, self._values(device_id, at_ms)
        return self._last[2]

    def _values(self, device_id: str, at_ms: int) -> Mapping[str, Value]:
        device = by_id()[device_id]
        if not self.runs(device.gateway, at_ms):
            return {}
        values = self._told(device, at_ms)
        for fault in self._active(device_id, at_ms):
            values = distorted(values, Moment(fault, at_ms, self._told(device, moment_ms(fault.begin))))
        return values

    def quality(self, device_id: str, at_ms: int) -> Mapping[str, str]:
        """Points whose values are not to be trusted: point -> quality code; what is `bad:` is sent without value."""
        values = self.values(device_id, at_ms)
        for fault in self._active(device_id, at_ms):
            if fault.mode in QUALITY:
                return dict.fromkeys(values, QUALITY[fault.mode])
        profile = models()[by_id()[device_id].profile]
        return doubts(profile, values, lambda: self.values(device_id, at_ms - round(profile.period_s * 1000)))

    def status(self, device_id: str, at_ms: int) -> str:
        """The word of a station file: 00 measuring, 01 calibrating, 02 faulty."""
        return next((STATUS[fault.mode] for fault in self._active(device_id, at_ms) if fault.mode in STATUS), "00")

    def observed_at(self, device_id: str, at_ms: int) -> int:
        """What the device's own clock shows at a moment, in ms since 1970 UTC."""
        for fault in self._active(device_id, at_ms):
            if fault.mode is FaultMode.CLOCK_DRIFT:
                return at_ms + round(fault.amount * 1000)
            if fault.mode in EPOCHS_MS:
                return EPOCHS_MS[fault.mode] + at_ms - moment_ms(fault.begin)
        return at_ms

    def frame_count(self, device_id: str, at_ms: int) -> int:
        """The number of a radio node's frame; it begins at 0 when the node has joined again."""
        resets = [
            moment_ms(fault.begin)
            for fault in self._faults.get(device_id, ())
            if fault.mode is FaultMode.FRAME_COUNT_RESET and moment_ms(fault.begin) <= at_ms
        ]
        if resets:
            return (at_ms - max(resets)) // FRAME_MS
        return FRAMES_BEFORE + (at_ms - self.begin_ms) // FRAME_MS

    def delivery(self, gateway: str, at_ms: int) -> set[FaultMode]:
        """What is wrong with the way of a gateway's messages: doubled, out of order."""
        found = (fault.mode for device in gateways()[gateway] for fault in self._active(device.id, at_ms))
        return {mode for mode in found if mode in DELIVERY}

    def mains(self, gateway: str, at_ms: int) -> bool:
        """Whether the site of a gateway has mains."""
        return self._world.power.mains(gateway, at_ms)

    def link(self, gateway: str, at_ms: int) -> bool:
        """Whether a gateway runs and reaches the centre."""
        return self._world.power.link(gateway, at_ms)

    def runs(self, gateway: str, at_ms: int) -> bool:
        """Whether a gateway runs: one that runs without a line keeps what it reads, and sends it later."""
        return self._world.power.runs(gateway, at_ms)

    def _told(self, device: PlacedDevice, at_ms: int) -> Mapping[str, Value]:
        values = said(here(device, self._world, at_ms))
        for deed in self._deeds.get(device.id, ()):
            if values and during(deed, at_ms):
                values = {**values, **deed.points}
        return values

    def _active(self, device_id: str, at_ms: int) -> Sequence[Fault]:
        return [fault for fault in self._faults.get(device_id, ()) if during(fault, at_ms)]


@cache
def models() -> Catalogue:
    """The device models of the house."""
    return load_catalogue()


def moment_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return round(moment.timestamp() * 1000)


def during(span: Span, at_ms: int) -> bool:
    """Whether a moment lies within."""
    return moment_ms(span.begin) <= at_ms < moment_ms(span.end)


def _by_device(spans: Sequence[S]) -> Mapping[str, Sequence[S]]:
    found: dict[str, list[S]] = {}
    for span in spans:
        found.setdefault(span.device, []).append(span)
    return found
