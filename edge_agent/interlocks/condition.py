"""Whether one condition holds, by the readings that came: true, false, or nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge_agent.connector import Scalar
from edge_agent.interlocks.config import Condition

MOST_KEPT = 2048  # lowest values of a window; a sawtooth that is finer than that is thinned


@dataclass(frozen=True, slots=True)
class Memory:
    """What a condition remembers. `lows` are the least values of its window, each lower than those behind it."""

    holds: bool = False
    run: int = 0
    heard_s: float | None = None
    value: Scalar | None = None
    lows: tuple[tuple[float, float], ...] = ()


def heard(condition: Condition, memory: Memory, value: Scalar, *, now_s: float) -> Memory:
    """After one usable reading."""
    lows = memory.lows
    if condition.rises_by is not None and isinstance(value, int | float):
        lows = _window(lows, float(value), now_s=now_s, over_s=condition.over_s)
    exceeds = _exceeds(condition, value, lows, slack=condition.hysteresis if memory.holds else 0.0)
    run = memory.run + 1 if exceeds else 0
    holds = exceeds and (memory.holds or run >= condition.readings)
    return replace(memory, holds=holds, run=run, heard_s=now_s, value=value, lows=lows)


def standing(memory: Memory, *, silent_s: float, now_s: float) -> bool | None:
    """True or false; None when no usable reading came for so long, or never."""
    if memory.heard_s is None or now_s - memory.heard_s > silent_s:
        return None
    return memory.holds


def all_of(standings: Sequence[bool | None]) -> bool | None:
    """One that does not hold is enough for no; else one that is unknown makes it unknown."""
    if any(each is False for each in standings):
        return False
    return None if any(each is None for each in standings) else True


def said(condition: Condition, memory: Memory) -> str:
    """The condition and its value, for the report."""
    text = f"{memory.value:g}" if isinstance(memory.value, int | float) else str(memory.value)
    wanted = next(
        f"{name} {getattr(condition, name)}"
        for name in ("above", "below", "equals", "rises_by")
        if getattr(condition, name) is not None
    )
    return f"{condition.device}.{condition.point} = {text} ({wanted})"


def _exceeds(condition: Condition, value: Scalar, lows: Sequence[tuple[float, float]], *, slack: float) -> bool:
    if condition.equals is not None:
        return value == condition.equals and isinstance(value, bool) == isinstance(condition.equals, bool)
    if isinstance(value, str):
        return False
    if condition.above is not None:
        return value > condition.above - slack
    if condition.below is not None:
        return value < condition.below + slack
    return condition.rises_by is not None and bool(lows) and value - lows[0][1] >= condition.rises_by - slack


def _window(
    lows: tuple[tuple[float, float], ...], value: float, *, now_s: float, over_s: float
) -> tuple[tuple[float, float], ...]:
    """The window's least values with this one behind: the first is the least of all."""
    young = [(at, low) for at, low in lows if at >= now_s - over_s and low < value]
    return (*young, (now_s, value))[-MOST_KEPT:]
