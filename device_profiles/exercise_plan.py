"""What an exercise is about, as its programs tell one another: what must come, what must not, what was thrown in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from device_profiles.schema import Identifier, Strict, Text

PLAN = "plan.json"
INJECTIONS = "injections.jsonl"
EVERYWHERE = ""

RulePattern = Annotated[str, Field(pattern=r"^[a-z0-9_*]{1,64}$")]
InjectedFault = Literal["silent", "stuck", "spike", "drift", "link_lost"]


class ExpectedAlarm(Strict):
    """An alarm that the scenario must raise; `place` is a site, an area, a gateway, a device or `gateway/device`."""

    rule: RulePattern = Field(description="Which rule; `*` stands for any letters.")
    place: str = Field(EVERYWHERE, max_length=140, description="Where; empty = anywhere.")
    begin: int = Field(description="Not observed before, in ms since 1970 UTC.")
    end: int = Field(description="Not observed later.")
    level: str = Field("", max_length=32, description="Which level; empty = any.")


class ForbiddenAlarm(Strict):
    """An alarm that must not come: it would be a false one."""

    rule: RulePattern = Field(description="Which rule; `*` stands for any letters.")
    place: str = Field(EVERYWHERE, max_length=140, description="Where; empty = anywhere.")
    level: str = Field("", max_length=32, description="Which level; empty = any.")
    begin: int = Field(0, description="Not observed between here, in ms since 1970 UTC ...")
    end: int = Field(2**62, description="... and here.")


class Plan(Strict):
    """One exercise: its name, when its story ends, and what its alarms are measured against."""

    name: Identifier = Field(description="Which scenario.")
    title: Text = Field(description="What people call it.")
    begin: int = Field(description="When the story begins, in ms since 1970 UTC.")
    end: int = Field(description="When it ends.")
    expected: tuple[ExpectedAlarm, ...] = Field((), description="What must come.")
    forbidden: tuple[ForbiddenAlarm, ...] = Field((), description="What must not come.")


class Injection(Strict):
    """What the trainer throws in: a fault of a device, or of a gateway's link, between two moments of the story."""

    gateway: Identifier = Field(description="At which gateway.")
    device: Identifier | Literal[""] = Field("", description="Which device; empty for the gateway's link.")
    fault: InjectedFault = Field(description="What goes wrong.")
    begin: int = Field(description="From when on, in ms since 1970 UTC of the story.")
    end: int = Field(description="Until when.")


def write_plan(folder: Path, plan: Plan) -> None:
    """Puts the plan where the centre looks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN).write_text(plan.model_dump_json(), encoding="utf-8")


def read_plan(folder: Path) -> Plan | None:
    """The plan; None for an exercise without one, whose alarms are measured against nothing."""
    try:
        return Plan.model_validate_json((folder / PLAN).read_bytes())
    except (OSError, ValidationError):
        return None


def inject(folder: Path, injection: Injection) -> None:
    """Throws it in; whoever feeds the exercise sees it within a moment."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / INJECTIONS).open("ab") as file:
        file.write(injection.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_injections(folder: Path) -> Sequence[Injection]:
    """Everything that was thrown in, in order; a half line of a cut is left out."""
    try:
        lines = (folder / INJECTIONS).read_bytes().split(b"\n")[:-1]
    except OSError:
        return ()
    return [found for line in lines if (found := _injection_in(line)) is not None]


def _injection_in(line: bytes) -> Injection | None:
    try:
        return Injection.model_validate_json(line)
    except ValidationError:
        return None
