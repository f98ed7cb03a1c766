"""How fast a counter grows, over its wraps and over restarts of the agent; pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge_agent.connectors.snmp.answers import Answer

TICKS_PER_S = 100  # sysUpTime counts hundredths of a second
TICKS = 2**32  # and begins again after 497 days
DAY_TICKS = 24 * 3600 * TICKS_PER_S
WRAPS_AT = 2**32  # a 64-bit counter would need years to come round, so one that falls has been cleared
HALF_ROUND = 2**31  # a counter that seems to have gone further than this was cleared instead
RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Count:
    """A counter's answer at a moment of the agent's own clock."""

    answer: Answer
    ticks: int


def elapsed_ticks(before: int, now: int) -> int | None:
    """Hundredths of a second between two answers; None when the agent began anew between them."""
    if now >= before:
        return now - before
    around = now + TICKS - before
    return around if around < DAY_TICKS else None


def per_s(before: Count | None, now: Count) -> tuple[float | None, str]:
    """The growth per second, or no value yet, or the fault that says why there is none."""
    if before is None:
        return None, ""
    ticks = elapsed_ticks(before.ticks, now.ticks)
    if ticks is None:
        return None, RESTARTED
    was, is_now = before.answer.number, now.answer.number
    if ticks == 0 or was is None or is_now is None or before.answer.kind != now.answer.kind:
        return None, ""
    grown = is_now - was
    if grown < 0 and now.answer.kind == "counter32":
        grown += WRAPS_AT
        if grown > HALF_ROUND:
            return None, RESTARTED
    return (None, RESTARTED) if grown < 0 else (grown * TICKS_PER_S / ticks, "")
