"""Which device models fit what a device says: every point is read as the model has it, and plausible values count.

| what a point said | counts |
|---|---|
| a number inside both limits, not zero | 1 |
| a number inside one limit, or a choice that the model knows | 0.6 |
| zero, any number without limits, any bit | 0.3: other models would say so too |
| out of range, no number, refused, missing | 0 |

Pure. The score is the mean over the points. Models are ranked by their sum times the score, less 1.5 for each point
that contradicts them: of two that fit wholly, the one that explains more comes first, and before both that half fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from device_profiles.schema import DeviceProfile, Point
from edge_agent.connector import Sample, Scalar
from edge_agent.sampling.normalise import normalise

LEAST_SCORE = 0.35
LEAST_SHARE = 0.6  # of the points that have a usable value
TINY = 1e-6  # nothing of the trade is measured so small: two whole numbers read as one float look like this
CONTRADICTION = 1.5
SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one model fits: `score` from 0 to 1, how many of its points said something usable, and what."""

    profile: str
    score: float
    good: int
    points: int
    values: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def plausible(self) -> bool:
        """Whether the model is worth suggesting."""
        enough = self.score >= LEAST_SCORE and self.good >= LEAST_SHARE * self.points
        return enough and any(self.values.values())  # nothing but zeros could be anything

    @property
    def weight(self) -> float:
        """What speaks for it, less what speaks against it."""
        return self.score * self.score * self.points - CONTRADICTION * (self.points - self.good)

    def sentence(self) -> str:
        """What speaks for it, short."""
        return f"{self.score:.0%}, {self.good} of {self.points} points"


def fit(profile: DeviceProfile, samples: Iterable[Sample]) -> Fit:
    """How well these samples of its points fit a model."""
    said = {sample.point: sample for sample in samples}
    weights: list[float] = []
    values: dict[str, Scalar] = {}
    for point in profile.points:
        value = _usable(point, said.get(point.key))
        weights.append(0.0 if value is None else _weight(point, value))
        if value is not None:
            values[point.key] = value
    score = sum(weights) / len(weights)
    return Fit(profile.profile, score, len(values), len(weights), values)


def suggested(fits: Iterable[Fit]) -> Sequence[Fit]:
    """Those worth suggesting, the best first."""
    plausible = [each for each in fits if each.plausible]
    return sorted(plausible, key=lambda each: (-round(each.weight, 2), each.profile))[:SUGGESTIONS]


def evidence_of(fits: Sequence[Fit]) -> dict[str, str]:
    """What the best suggestion read, and how well each fits, in words."""
    if not fits:
        return {}
    best = fits[0]
    read = {key: str(value) for key, value in list(best.values.items())[:8]}
    return {**{f"fit {each.profile}": each.sentence() for each in fits}, **read}


def _usable(point: Point, sample: Sample | None) -> Scalar | None:
    if sample is None:
        return None
    value = normalise(sample, point, observed_at=0).value
    return None if isinstance(value, float) and 0 < abs(value) < TINY else value


def _weight(point: Point, value: Scalar) -> float:
    if isinstance(value, bool):
        return 0.3
    if isinstance(value, str) or point.choices:
        return 0.6
    bounds = (point.limits.minimum is not None) + (point.limits.maximum is not None)
    return (0.3, 0.6, 1.0)[bounds] if value != 0 else 0.3
