"""How honest a value on a screen is: measured, unchanged but read, stale, of doubtful time, or never seen."""

from __future__ import annotations

from typing import Literal

Freshness = Literal["measured", "unchanged", "stale", "doubtful", "never"]

PERIODS_MISSED = 3  # one missed reading is radio weather, three are a silence
GRACE_MS = 30_000  # health documents come every 10 s; a few of them may be lost as well


def stale_after_ms(period_s: float) -> int:
    """How long after the last sign of life a value that is read every `period_s` seconds counts as stale."""
    return int(period_s * 1000 * PERIODS_MISSED) + GRACE_MS


def freshness(
    *, now: int, measured_at: int | None, read_at: int | None, stale_ms: int, clock_is_good: bool = True
) -> Freshness:
    """The word for a value: `measured_at` is the time of its newest reading, `read_at` when the device last answered.

    A gateway whose clock is doubtful makes every value doubtful, but not a silent one fresh.
    """
    if measured_at is None:
        return "never"
    if now - max(measured_at, read_at or 0) > stale_ms:
        return "stale"
    if not clock_is_good:
        return "doubtful"
    return "measured" if now - measured_at <= stale_ms else "unchanged"
