"""The port of what stands beside incidents: attached files, and notes between shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file of an incident; `number` is that of its line of history, `digest` the SHA-256 that its content is kept by.

    `type` is what the content is, whatever its name says. `gone_at`: its content is not kept any more since then.
    """

    incident: str
    number: int
    digest: str
    name: str
    type: str
    size: int
    at: int
    actor: str
    comment: str
    gone_at: int | None = None


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A note between shifts: who gives over to whom, what they say, and the open incidents then (JSON text)."""

    id: str
    at: int
    giver: str
    taker: str
    note: str
    incidents: str


class IncidentFileStore(Protocol):
    """Attachments and notes between shifts, kept beside the incidents. Synchronous, as the StateStore is.

    Attachments are added and let go by `IncidentStore.keep`, together with their line of history.
    """

    def attachments(self, incident: str) -> Sequence[AttachmentRow]:
        """The files of an incident, oldest first; also those that are gone."""

    def attachment(self, incident: str, number: int) -> AttachmentRow | None:
        """One of them."""

    def attached_bytes(self) -> int:
        """How much all contents that are still kept take; a content that is attached twice counts once."""

    def kept_digests(self) -> frozenset[str]:
        """The contents that must be kept."""

    def let_go(self, *, ended_before: int, now: int) -> int:
        """Lets the contents of incidents go that ended before that time; says how many."""

    def put_handover(self, row: HandoverRow) -> None:
        """Keeps a note."""

    def forget_handovers(self, *, before: int, limit: int) -> int:
        """Forgets the oldest notes of before that time; says how many."""

    def handovers(self, *, before: str | None, limit: int) -> Sequence[HandoverRow]:
        """The newest notes first by id; `before` is the id behind which the page starts."""
