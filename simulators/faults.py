"""What goes wrong with a simulated device: switched by hand or by a seeded schedule."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.encoding import Value

DRIFT_PER_H = 0.02  # share of the value by which a drifting sensor goes wrong each hour
SPIKE_FACTOR = 10.0
SPIKE_EVERY_S = 7.0


class FaultKind(StrEnum):
    """The ways in which a device fails or lies."""

    SILENT = "silent"  # does not answer
    SLOW = "slow"  # answers late
    EXCEPTION = "exception"  # answers that it cannot
    GARBAGE = "garbage"  # answers nonsense
    STUCK = "stuck"  # repeats the values of the moment when the fault began
    SPIKE = "spike"  # now and then a value far off
    DRIFT = "drift"  # slowly goes wrong


@dataclass(frozen=True, slots=True)
class FaultWindow:
    """One fault from `begin_s` to `end_s` of the scenario."""

    kind: FaultKind
    begin_s: float
    end_s: float


@dataclass(slots=True)
class Faults:
    """The faults of one device; `slow_s` and `exception_code` say how slow, and which exception."""

    slow_s: float = 2.0
    exception_code: int = 4
    schedule: Sequence[FaultWindow] = ()
    _on: dict[FaultKind, float] = field(default_factory=dict)
    _stuck: dict[str, Value] | None = None

    def start(self, *kinds: FaultKind, at_s: float = 0.0) -> None:
        """Switches these faults on; `at_s` is when a drift begins."""
        self._on.update(dict.fromkeys(kinds, at_s))

    def stop(self, *kinds: FaultKind) -> None:
        """Switches these faults off; all of them when none is named."""
        for kind in kinds or tuple(FaultKind):
            self._on.pop(kind, None)

    def active(self, elapsed_s: float) -> Mapping[FaultKind, float]:
        """What is wrong now, each with the time of its beginning."""
        scheduled = {window.kind: window.begin_s for window in self.schedule if _covers(window, elapsed_s)}
        return scheduled | self._on

    def distorted(self, values: Mapping[str, Value], elapsed_s: float) -> Mapping[str, Value]:
        """The values as the faulty device tells them."""
        active = self.active(elapsed_s)
        if FaultKind.STUCK not in active:
            self._stuck = None
        elif self._stuck is None:
            self._stuck = dict(values)
        told = self._stuck if self._stuck is not None else values
        if FaultKind.DRIFT in active:
            told = _scaled(told, 1.0 + DRIFT_PER_H * (elapsed_s - active[FaultKind.DRIFT]) / 3600)
        if FaultKind.SPIKE in active and elapsed_s % SPIKE_EVERY_S < 1.0:
            told = _scaled(told, SPIKE_FACTOR)
        return told


def fault_schedule(
    seed: int, *, duration_s: float, faults_per_h: float, mean_s: float, kinds: Iterable[FaultKind] = tuple(FaultKind)
) -> tuple[FaultWindow, ...]:
    """Faults at random moments (a Poisson process) of random length, always the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - physics, not secrets
    choices = tuple(kinds)
    windows: list[FaultWindow] = []
    per_s = faults_per_h / 3600
    moment = chance.expovariate(per_s) if per_s > 0 else duration_s
    while moment < duration_s:
        end = min(moment + chance.expovariate(1 / mean_s), duration_s)
        windows.append(FaultWindow(chance.choice(choices), moment, end))
        moment = end + chance.expovariate(per_s)
    return tuple(windows)


def _covers(window: FaultWindow, elapsed_s: float) -> bool:
    return window.begin_s <= elapsed_s < window.end_s


def _scaled(values: Mapping[str, Value], factor: float) -> Mapping[str, Value]:
    return {key: value * factor if isinstance(value, float) else value for key, value in values.items()}
