"""Whether each device answers: the last reading, the fault, and one log line per change of state."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from device_profiles.clock import Clock
from device_profiles.wire import DeviceHealth

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pulse:
    read_at: int = 0
    fault: str = ""
    failing_since: float = 0.0


class Vitals:
    """Owns the life signs of the gateway's devices."""

    def __init__(self, devices: Iterable[str], clock: Clock) -> None:
        self._clock = clock
        self._pulses = {device: _Pulse() for device in devices}

    def change(self, devices: Iterable[str], *, fresh: Collection[str]) -> None:
        """These are the devices from now on; the fresh ones were not heard yet."""
        before = self._pulses
        self._pulses = {
            device: before[device] if device in before and device not in fresh else _Pulse() for device in devices
        }

    def answers(self) -> dict[str, bool]:
        """Whether each device was heard and answers still."""
        return {device: bool(pulse.read_at) and not pulse.fault for device, pulse in self._pulses.items()}

    def note(self, device: str, fault: str) -> None:
        """One attempt to hear the device ended with this fault; empty when it was heard."""
        pulse = self._pulses.get(device)
        if pulse is None:
            return
        if not fault:
            self._heard(device, pulse)
        elif not pulse.fault:
            pulse.failing_since = self._clock.monotonic()
            log.warning("device lost", extra={"device": device, "fault": fault})
        elif pulse.fault != fault:
            log.info("device fault changed", extra={"device": device, "fault": fault})
        pulse.fault = fault

    def health(self) -> list[DeviceHealth]:
        """The life signs as the health document carries them."""
        return [
            DeviceHealth(device=device, read_at=pulse.read_at, fault=pulse.fault)
            for device, pulse in self._pulses.items()
        ]

    def _heard(self, device: str, pulse: _Pulse) -> None:
        pulse.read_at = self._clock.now_ms()
        if pulse.fault:
            lasted = round(self._clock.monotonic() - pulse.failing_since, 1)
            log.info("device back", extra={"device": device, "after_s": lasted})
