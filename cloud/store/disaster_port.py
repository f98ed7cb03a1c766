"""The port of what people keep in a disaster: official bulletins that they copied, and evacuations step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """An official bulletin, copied word for word by somebody who names its source.

    `risk` is the disaster risk level that the bulletin itself announces, 0 when it announces none; `area` is empty
    when it is meant for the whole province. `valid_until` is None when the bulletin does not say.
    """

    id: str
    at: int
    actor: str
    agency: str
    number: str
    hazard: str
    risk: int
    area: str
    issued_at: int
    valid_until: int | None
    title: str
    text: str
    source: str
    withdrawn_at: int | None = None
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


@dataclass(frozen=True, slots=True)
class EvacuationRow:
    """An evacuation of one commune; `steps` is its checklist as it was when it began (JSON text)."""

    id: str
    area: str
    reason: str
    steps: str
    opened_at: int
    opened_by: str
    closed_at: int | None = None
    closed_by: str = ""
    closed_note: str = ""


@dataclass(frozen=True, slots=True)
class EvacuationLine:
    """Somebody ticked a step, or took the tick back; `count` is how many households or people, if the step counts."""

    number: int
    evacuation: str
    step: str
    done: bool
    count: int | None
    at: int
    actor: str
    note: str


class DisasterStore(Protocol):
    """Bulletins and evacuations in the state database. Synchronous, as the StateStore is."""

    def put_bulletin(self, row: BulletinRow) -> None:
        """Keeps a bulletin; StateConflictError when its id is taken."""

    def bulletin(self, identifier: str) -> BulletinRow | None:
        """One bulletin."""

    def bulletins(self, *, before: str | None, limit: int) -> Sequence[BulletinRow]:
        """The newest first by id, withdrawn ones too; `before` is the id behind which the page starts."""

    def bulletins_in_force(self, *, at: int, issued_since: int) -> Sequence[BulletinRow]:
        """What is not withdrawn and holds at a time, newest issue first; without an end, what was issued since."""

    def withdraw_bulletin(self, identifier: str, *, at: int, actor: str, reason: str) -> bool:
        """Withdraws a bulletin; False when it is withdrawn already, or does not exist."""

    def open_evacuation(self, row: EvacuationRow) -> None:
        """Begins an evacuation; StateConflictError when one of that commune is open."""

    def evacuation(self, identifier: str) -> EvacuationRow | None:
        """One evacuation."""

    def evacuations(self, *, open_only: bool, before: str | None, limit: int) -> Sequence[EvacuationRow]:
        """The newest first by id; `before` is the id behind which the page starts."""

    def put_line(self, line: EvacuationLine) -> bool:
        """Adds a line (its number is given here); False when the evacuation is closed or does not exist."""

    def lines(self, evacuation: str) -> Sequence[EvacuationLine]:
        """Everything that was ticked and taken back, oldest first."""

    def close_evacuation(self, identifier: str, *, at: int, actor: str, note: str) -> bool:
        """Ends an evacuation; False when it has ended already, or does not exist."""
