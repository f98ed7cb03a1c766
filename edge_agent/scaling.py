"""Raw numbers to engineering values and back; pure."""

from __future__ import annotations

import math

DIGITS = 12  # 231 x 0.1 is 23.1, whatever binary fractions say


def scaled(number: float, *, scale: float, offset: float) -> float | int | None:
    """The engineering value; the number itself when nothing is to be done, None when there is no such number."""
    if isinstance(number, float) and not math.isfinite(number):
        return None
    if scale == 1.0 and offset == 0.0:
        return number
    try:
        value = float(f"{number * scale + offset:.{DIGITS}g}")
    except OverflowError:  # an integer beyond any float
        return None
    return value if math.isfinite(value) else None


def unscaled(value: float, *, scale: float, offset: float) -> float | int | None:
    """The raw number behind an engineering value; None when the scale leads nowhere."""
    if scale == 1.0 and offset == 0.0:
        return value
    return None if scale == 0.0 else float(f"{(value - offset) / scale:.{DIGITS}g}")
