"""What an agent's answers say about the points of a profile; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from device_profiles.sources.snmp import SnmpSource
from edge_agent.connector import Sample, Scalar
from edge_agent.connectors.snmp.answers import MISSING, Answer
from edge_agent.connectors.snmp.growth import Count, elapsed_ticks, per_s
from edge_agent.connectors.snmp.plan import UPTIME, Plan, Spot
from edge_agent.scaling import scaled

Found: TypeAlias = "tuple[Scalar | None, str]"

NO_SUCH_ROW = "no_such_row"
NOT_A_NUMBER = "not_a_number"


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that one poll heard: single values by OID, columns by the OID that they lie below."""

    values: Mapping[str, Answer] = field(default_factory=dict)
    columns: Mapping[str, Sequence[Answer]] = field(default_factory=dict)

    @property
    def ticks(self) -> int | None:
        """The agent's own clock."""
        number = self.values.get(UPTIME, MISSING).number
        return number if isinstance(number, int) else None


def began_anew(before: Told | None, now: Told) -> bool:
    """Whether the agent restarted between two polls: its own clock says so."""
    if before is None or before.ticks is None or now.ticks is None:
        return False
    return elapsed_ticks(before.ticks, now.ticks) is None


def read_out(device: str, plan: Plan, told: Told, before: Told | None) -> list[Sample]:
    """Every point once; a rate that has no beginning yet is left out, for nothing is known about it."""
    found: list[Sample] = []
    for spot in plan.spots:
        value, fault = _read(spot, told, before)
        if value is not None or fault:
            found.append(Sample(device, spot.point, value, fault=fault))
    return found


def _read(spot: Spot, told: Told, before: Told | None) -> Found:
    if not spot.oid:
        return None, NO_SUCH_ROW
    if spot.source.is_column:
        return _of_column(spot.source, told.columns.get(spot.oid, ()))
    if spot.source.reads == "per_s":
        return _growth(spot, told, before)
    over = told.values.get(spot.over, MISSING) if spot.over else None
    return value_of(spot.source, told.values.get(spot.oid, MISSING), over, is_text=spot.is_text)


def value_of(source: SnmpSource, answer: Answer, over: Answer | None = None, *, is_text: bool = False) -> Found:
    """One answer as a value of its point."""
    if answer.kind == "missing":
        return None, answer.fault
    if is_text:
        return str(answer.value), ""
    number = answer.number
    if number is None:
        return None, NOT_A_NUMBER
    if source.codes:
        code = source.codes.get(str(number))
        return (None, "range") if code is None else (code, "")
    return (number == source.equals, "") if source.equals is not None else _divided(source, number, over)


def _growth(spot: Spot, told: Told, before: Told | None) -> Found:
    answer = told.values.get(spot.oid, MISSING)
    if answer.kind == "missing" or told.ticks is None:
        return None, answer.fault or "missing"
    was = None
    if before is not None and before.ticks is not None and spot.oid in before.values:
        was = Count(before.values[spot.oid], before.ticks)
    grown, fault = per_s(was, Count(answer, told.ticks))
    if grown is None:
        return None, fault
    return _divided(spot.source, grown, told.values.get(spot.over, MISSING) if spot.over else None)


def _divided(source: SnmpSource, number: float, over: Answer | None) -> Found:
    if over is not None:
        if over.kind == "missing":
            return None, over.fault
        if not over.number:  # an interface without a link has no speed
            return None, NOT_A_NUMBER
        number = number / over.number
    value = scaled(number, scale=source.scale, offset=source.offset)
    return (None, NOT_A_NUMBER) if value is None else (value, "")


def _of_column(source: SnmpSource, rows: Sequence[Answer]) -> Found:
    faults = [row.fault for row in rows if row.kind == "missing"]
    if faults or not rows:
        return None, faults[0] if faults else "missing"
    numbers = [number for row in rows if (number := row.number) is not None]
    if source.reads == "count":
        count = len(rows) if source.equals is None else sum(number == source.equals for number in numbers)
        return _divided(source, count, None)
    if not numbers:
        return None, NOT_A_NUMBER
    figure = {"mean": sum(numbers) / len(numbers), "sum": sum(numbers), "least": min(numbers), "most": max(numbers)}
    return _divided(source, figure[source.reads], None)
