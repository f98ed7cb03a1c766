"""A smooth curve through measured points that never overshoots them: a river told by bulletins has no extra waves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Curve:
    """Monotone cubic interpolation: between two points the curve stays between their values."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    slopes: tuple[float, ...]

    def at(self, x: float) -> float:
        """The value at x; before the first and after the last point, theirs."""
        if x <= self.xs[0]:
            return self.ys[0]
        if x >= self.xs[-1]:
            return self.ys[-1]
        left = bisect_right(self.xs, x) - 1
        width = self.xs[left + 1] - self.xs[left]
        t = (x - self.xs[left]) / width
        return (
            (1 + 2 * t) * (1 - t) ** 2 * self.ys[left]
            + t * (1 - t) ** 2 * width * self.slopes[left]
            + t**2 * (3 - 2 * t) * self.ys[left + 1]
            + t**2 * (t - 1) * width * self.slopes[left + 1]
        )


def curve_through(points: Sequence[tuple[float, float]]) -> Curve:
    """The curve through points whose x rise.

    Slopes after F. N. Fritsch and J. Butland, "A Method for Constructing Local Monotone Piecewise Cubic
    Interpolants" (SIAM J. Sci. Stat. Comput. 5, 1984): the weighted harmonic mean, and flat at each peak and trough.
    """
    xs, ys = tuple(x for x, _ in points), tuple(y for _, y in points)
    widths = [later - earlier for earlier, later in pairwise(xs)]
    if not widths or min(widths) <= 0:
        raise ValueError("a curve needs two points or more, each later than the one before")
    rises = [(later - earlier) / width for (earlier, later), width in zip(pairwise(ys), widths, strict=True)]
    inner = [_slope(pair, sides) for pair, sides in zip(pairwise(rises), pairwise(widths), strict=True)]
    return Curve(xs, ys, (rises[0], *inner, rises[-1]))


def _slope(rises: tuple[float, float], widths: tuple[float, float]) -> float:
    before, after = rises
    if before * after <= 0:
        return 0.0
    first, second = 2 * widths[1] + widths[0], widths[1] + 2 * widths[0]
    return (first + second) / (first / before + second / after)
