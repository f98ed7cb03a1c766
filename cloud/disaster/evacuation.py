"""How far an evacuation is: the newest line of each step counts, and all lines stay. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from cloud.disaster.plan import Step
from cloud.store.disaster_port import EvacuationLine, EvacuationRow

STEPS = TypeAdapter(tuple[Step, ...])


@dataclass(frozen=True, slots=True)
class StepStanding:
    """One step with its newest line; None = nobody has touched it."""

    step: Step
    line: EvacuationLine | None

    @property
    def done(self) -> bool:
        """Whether it is ticked now."""
        return self.line is not None and self.line.done


@dataclass(frozen=True, slots=True)
class Standing:
    """An evacuation with every step in the order of its checklist."""

    row: EvacuationRow
    steps: tuple[StepStanding, ...]
    lines: tuple[EvacuationLine, ...]

    @property
    def done(self) -> int:
        """How many steps are ticked."""
        return sum(each.done for each in self.steps)

    def step(self, identifier: str) -> Step | None:
        """One of its steps."""
        return next((each.step for each in self.steps if each.step.id == identifier), None)


def standing(row: EvacuationRow, lines: Sequence[EvacuationLine]) -> Standing:
    """Where an evacuation stands."""
    newest = {line.step: line for line in lines}
    steps = STEPS.validate_json(row.steps)
    return Standing(row, tuple(StepStanding(step, newest.get(step.id)) for step in steps), tuple(lines))


def written(steps: Sequence[Step]) -> str:
    """The checklist as an evacuation keeps it: what the plan says later changes nothing of what was begun."""
    return STEPS.dump_json(tuple(steps)).decode()
