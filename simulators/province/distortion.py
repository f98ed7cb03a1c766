"""What a faulty device makes of what it should say; pure, so that a fault tells the same story every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from simulators.encoding import Value
from simulators.province.calendar import moment_of
from simulators.scenarios.story import Fault, FaultMode
from simulators.signals import noise

HOUR_MS = 3_600_000
COUNTERS = frozenset({"rain_total_mm", "energy_kwh", "import_kwh", "total_kwh", "water_m3", "tickets", "served"})
BATTERIES = frozenset({"batt_v", "battery_v"})
SPIKE_S = 1200.0  # a spike about once in so long
SPIKE_FACTOR = 8.0
EPOCHS_MS = {FaultMode.CLOCK_RESET_1970: 0, FaultMode.CLOCK_RESET_2000: 946_684_800_000}
QUALITY = {FaultMode.CALIBRATION: "bad:device", FaultMode.DEVICE_FAULT: "bad:device"}
STATUS = {FaultMode.CALIBRATION: "01", FaultMode.DEVICE_FAULT: "02"}  # of a station file
DELIVERY = frozenset({FaultMode.DUPLICATED, FaultMode.OUT_OF_ORDER})

Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Moment:
    """A fault at a moment: `then` is what the device would have said when the fault began."""

    fault: Fault
    at_ms: int
    then: Values

    @property
    def since_h(self) -> float:
        """Hours since the fault began."""
        return self.at_ms / HOUR_MS - self.fault.begin.timestamp() / 3600


def distorted(values: Values, moment: Moment) -> Values:
    """The values as the faulty device tells them."""
    change = CHANGES.get(moment.fault.mode)
    return change(values, moment) if change else values


def _stuck(values: Values, moment: Moment) -> Values:
    return {key: moment.then.get(key, value) if _struck(key, moment) else value for key, value in values.items()}


def _spike(values: Values, moment: Moment) -> Values:
    now = noise(round(moment.fault.begin.timestamp()), moment.at_ms / 1000, period_s=SPIKE_S / 12)
    return _each(values, moment, lambda value: value * SPIKE_FACTOR) if now > 0.75 else values


def _drift(values: Values, moment: Moment) -> Values:
    return _each(values, moment, lambda value: value + moment.fault.amount * moment.since_h)


def _saturated(values: Values, moment: Moment) -> Values:
    return _each(values, moment, lambda value: min(value, moment.fault.amount))


def _wrong_unit(values: Values, moment: Moment) -> Values:
    return _each(values, moment, lambda value: value * moment.fault.amount)


def _blocked(values: Values, moment: Moment) -> Values:
    total = moment.then.get("rain_total_mm", 0.0)
    return {**values, "rain_mm": 0.0, "rain_total_mm": total} if "rain_mm" in values else values


def _droop(values: Values, moment: Moment) -> Values:
    now = moment_of(moment.at_ms)
    dark_h = (now.hour - 18) % 24 if now.sun < 0 else 0.0  # the longer the night, the emptier the battery
    lost = moment.fault.amount * min(1.0, dark_h / 11)
    return {
        key: round(value - lost, 2) if key in BATTERIES and isinstance(value, float) else value
        for key, value in values.items()
    }


def _counter_reset(values: Values, moment: Moment) -> Values:
    return _counters(values, lambda key, value: value - _number(moment.then.get(key, 0.0)))


def _roll_over(values: Values, moment: Moment) -> Values:
    return _counters(values, lambda _key, value: value % moment.fault.amount)


def _frozen(values: Values, _moment: Moment) -> Values:
    return {**values, "frozen": True, "motion": 0.0} if values.get("online") else values


def _silent(_values: Values, _moment: Moment) -> Values:
    return {}


CHANGES: Mapping[FaultMode, Callable[[Values, Moment], Values]] = {
    FaultMode.STUCK: _stuck,
    FaultMode.SPIKE: _spike,
    FaultMode.DRIFT: _drift,
    FaultMode.SATURATED: _saturated,
    FaultMode.BLOCKED: _blocked,
    FaultMode.BATTERY_DROOP: _droop,
    FaultMode.COUNTER_RESET: _counter_reset,
    FaultMode.COUNTER_ROLL_OVER: _roll_over,
    FaultMode.WRONG_UNIT: _wrong_unit,
    FaultMode.FROZEN_PICTURE: _frozen,
    FaultMode.SILENT: _silent,
}


def _each(values: Values, moment: Moment, change: Callable[[float], float]) -> Values:
    return {
        key: round(change(value), 3) if isinstance(value, float) and _struck(key, moment) else value
        for key, value in values.items()
    }


def _counters(values: Values, change: Callable[[str, float], float]) -> Values:
    return {
        key: _like(value, change(key, value)) if key in COUNTERS and isinstance(value, int | float) else value
        for key, value in values.items()
    }


def _like(value: Value, told: float) -> Value:
    return round(told) if isinstance(value, int) else round(told, 1)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _struck(key: str, moment: Moment) -> bool:
    if moment.fault.point is not None:
        return key == moment.fault.point
    return key not in BATTERIES
