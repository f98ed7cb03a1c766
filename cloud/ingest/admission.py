"""How much one gateway may bring: bytes and readings a second, series in all and new ones a day; pure.

What is beyond a limit gets no receipt now, so that the gateway keeps it and sends it again: nothing is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from pydantic import Field

from device_profiles.schema import Strict
from device_profiles.wire import Address, Channel

DAY_MS = 86_400_000
LEARNING_MS = 3_600_000  # after a start every series is new to us: so long only the limit of all series counts
LIMITED = frozenset({Channel.READINGS, Channel.BACKLOG, Channel.EVENTS, Channel.HEALTH})  # births and results pass
BYTES, READINGS = "bytes", "readings"


class AdmissionConfig(Strict):
    """What one gateway may bring; far beyond what an honest one does, also with a week of backlog."""

    bytes_per_s: float = Field(4 * 1024 * 1024, gt=0, description="Bytes a second, as they travel.")
    readings_per_s: float = Field(50_000, gt=0, description="Readings and events a second.")
    burst_s: float = Field(30.0, gt=0, le=3600, description="A quiet gateway may bring so many seconds' worth.")
    series: int = Field(10_000, ge=1, description="Series in all: devices times the points of their profiles.")
    new_series_per_day: int = Field(5_000, ge=1, description="New series a day.")


@dataclass(slots=True)
class _Purse:
    """What a gateway may still bring; below nothing it owes."""

    bytes: float
    readings: float
    at: int
    withheld: Counter[str] = field(default_factory=Counter)


class Admission:
    """Token buckets of the listed gateways, filled by received time. Constant work a batch, one purse a gateway.

    A batch is taken while anything is left, and may then overdraw: however large it is, it comes through one day.
    Events may overdraw by one burst more, so that a flood of readings does not hold up the alarms of its own gateway.
    """

    def __init__(self, limits: AdmissionConfig, listed: Container[str]) -> None:
        self._limits = limits
        self._listed = listed
        self._most_bytes = limits.bytes_per_s * limits.burst_s
        self._most_readings = limits.readings_per_s * limits.burst_s
        self._purses: dict[str, _Purse] = {}

    def withholds(self, address: Address, size: int, *, received_at: int) -> bool:
        """Whether a message must wait: it is then counted, and its bytes are not."""
        if address.gateway not in self._listed:
            return False  # intake knows what to do with strangers, and there is no bound to their number
        purse = self._filled(address.gateway, received_at)
        lacking = self._lacking(purse, is_event=address.channel is Channel.EVENTS)
        if lacking and address.channel in LIMITED:
            purse.withheld[lacking] += address.channel is not Channel.HEALTH
            return True
        purse.bytes -= size
        return False

    def charge(self, gateway: str, readings: int) -> None:
        """Takes what an admitted batch turned out to hold."""
        purse = self._purses.get(gateway)
        if purse is not None:
            purse.readings -= readings

    def withheld(self, gateway: str) -> Mapping[str, int]:
        """Batches that had to wait since the start, by reason."""
        purse = self._purses.get(gateway)
        return dict(+purse.withheld) if purse is not None and purse.withheld else {}

    def _filled(self, gateway: str, now: int) -> _Purse:
        purse = self._purses.get(gateway)
        if purse is None:
            purse = self._purses[gateway] = _Purse(self._most_bytes, self._most_readings, now)
            return purse
        passed_s = max(0, now - purse.at) / 1000
        purse.bytes = min(self._most_bytes, purse.bytes + passed_s * self._limits.bytes_per_s)
        purse.readings = min(self._most_readings, purse.readings + passed_s * self._limits.readings_per_s)
        purse.at = now
        return purse

    def _lacking(self, purse: _Purse, *, is_event: bool) -> str:
        if purse.bytes <= (-self._most_bytes if is_event else 0):
            return BYTES
        return READINGS if purse.readings <= (-self._most_readings if is_event else 0) else ""


@dataclass(slots=True)
class _Known:
    """The series of one gateway since the start."""

    since: int
    at: int
    new_left: float
    series: int = 0
    devices: set[tuple[str, str]] = field(default_factory=set)


class SeriesAllowance:
    """Which devices of a gateway fit into its limit of series. It counts anew with the process: a restart forgives."""

    def __init__(self, limits: AdmissionConfig) -> None:
        self._limits = limits
        self._gateways: dict[str, _Known] = {}

    def has_room(self, gateway: str, device: tuple[str, str], points: int, *, now: int) -> bool:
        """Whether a device (its id and its profile, which has so many points) is known, or is welcome."""
        known = self._gateways.get(gateway)
        if known is None:
            known = self._gateways[gateway] = _Known(now, now, self._limits.new_series_per_day)
        if device in known.devices:
            return True
        if known.series + points > self._limits.series or not self._is_affordable(known, points, now):
            return False
        known.series += points
        known.devices.add(device)
        return True

    def _is_affordable(self, known: _Known, points: int, now: int) -> bool:
        if now - known.since < LEARNING_MS:
            return True
        most = self._limits.new_series_per_day
        known.new_left = min(most, known.new_left + max(0, now - known.at) / DAY_MS * most)
        known.at = now
        if points > known.new_left:
            return False
        known.new_left -= points
        return True
