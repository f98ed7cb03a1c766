"""The debrief of an exercise: what was planned, what came, who did what how quickly, and what would have been sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from cloud.exercise.times import Answered, Person, people_in
from cloud.exercise.verdict import Verdict
from device_profiles.clock import Pace, machine_at
from device_profiles.exercise_plan import Injection, Plan
from device_profiles.schema import Text


@dataclass(frozen=True, slots=True)
class Standing:
    """How an exercise stands now; times of the story in ms since 1970 UTC. Without a plan nobody knows its end."""

    name: str
    title: Text
    begin: int
    now: int
    speed: float
    end: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether the story is at its end."""
        return self.end is not None and self.now >= self.end


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the trainer did, at a moment of the story."""

    at: int
    actor: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Debrief:
    """Everything that is talked about afterwards. `real_s`: how long it took the people in the room."""

    standing: Standing
    real_s: float
    plan: Plan | None
    verdict: Verdict | None
    answers: Sequence[Answered]
    acts: Sequence[Act]
    injections: Sequence[Injection]
    notices: Mapping[str, int]

    @property
    def people(self) -> Sequence[Person]:
        """Everybody who acknowledged something."""
        return people_in(self.answers)

    @property
    def unanswered(self) -> int:
        """Alarms that nobody acknowledged."""
        return sum(each.acknowledged_at is None for each in self.answers)

    @property
    def median_s(self) -> float | None:
        """Real seconds within which half of the acknowledged alarms were."""
        taken = [each.acknowledged_s for each in self.answers if each.acknowledged_s is not None]
        return median(taken) if taken else None


def real_between(paces: Sequence[Pace], begin_ms: int, first: int, last: int) -> float | None:
    """Real seconds between two moments of the story, pauses included; None when the paces never came so far."""
    if last < first:
        return None
    moments = [machine_at(paces, (at - begin_ms) / 1000) for at in (first, last)]
    return moments[1] - moments[0] if moments[0] is not None and moments[1] is not None else None


def counted(channels: Sequence[str]) -> Mapping[str, int]:
    """How many notices each channel would have sent, by its name."""
    return dict(sorted(Counter(channels).items()))
