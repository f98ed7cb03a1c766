"""The dead letter office: shows the readings that were refused, and settles each for good, once, by one person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud.api.deps import RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.views import DeadLetterDetail, DeadLetterView, LetterFilter, LetterState
from cloud.ingest.deadletters import DeadLetter, Handled, Headline, batch_of
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.intake import Admitted, Intake
from cloud.ingest.ledger import DISCARDED, RETRIED, Amendment
from cloud.ingest.window import Window, bury_rejections, reasons_of
from cloud.recorder import Recorder
from cloud.store.base import AuditRow, Columns, ReadingStore, StateStore
from device_profiles.clock import Clock
from device_profiles.wire import size_of

_STATES: dict[str, LetterState] = {RETRIED: "retried", DISCARDED: "discarded"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the office works with."""

    graveyard: Graveyard
    intake: Intake
    store: ReadingStore
    state: StateStore
    recorder: Recorder
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Taken:
    """A letter in hand, and every mark that is on disk."""

    headline: Headline
    letter: DeadLetter
    marked: frozenset[str]


class LetterOffice:
    """Handles one letter at a time, in steps of which each may be the last before a power cut:

    write to the store (again is harmless), commit with the letter's id (the ledger knows what was done), audit, mark.
    Whoever asks again after a cut finds the id in the ledger, changes no count, and writes what is still to be written.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = asyncio.Lock()

    async def page(
        self, wanted: LetterFilter, *, before: str | None, limit: int
    ) -> tuple[Sequence[DeadLetterView], str | None]:
        """Newest first, and where the next page starts (None = this is the last)."""
        return await asyncio.to_thread(page_of_letters, self._desk.graveyard, wanted, before=before, limit=limit)

    async def one(self, identifier: str) -> DeadLetterDetail:
        """A letter with its readings; UnknownThingError."""
        return await asyncio.to_thread(letter_in, self._desk.graveyard, identifier)

    async def retry(self, identifier: str, *, actor: str) -> DeadLetterView:
        """Checks, stores and judges its readings again; what is refused again becomes a new letter."""
        async with self._turn:
            taken = await self._take(identifier)
            batch = await self._written(taken)
            if batch.letters:
                at = self._desk.clock.now_ms()
                await asyncio.to_thread(self._desk.graveyard.bury, batch.letters, at=at)
            columns = [each for each in batch.columns if each.times]
            reasons = reasons_of(batch.letters)
            amendment = _amendment(taken, RETRIED, stored=batch.size - batch.dead, dead=reasons)
            return await self._settle(taken, amendment, columns, actor=actor)

    async def discard(self, identifier: str, *, actor: str, reason: str) -> DeadLetterView:
        """Gives its readings up for good: they count as dropped, with the reason `discarded`."""
        async with self._turn:
            taken = await self._take(identifier)
            return await self._settle(taken, _amendment(taken, DISCARDED), (), actor=actor, reason=reason)

    async def _take(self, identifier: str) -> _Taken:
        found = await asyncio.to_thread(self._desk.graveyard.find, identifier)
        if found is None:
            raise UnknownThingError(f"There is no dead letter {identifier!r}.")
        headline, letter = found
        marks = await asyncio.to_thread(self._desk.graveyard.handled)
        if identifier in marks:
            raise WrongStateError(f"The letter was {marks[identifier].outcome} by {marks[identifier].actor}.")
        if not self._desk.recorder.ledger.has(letter.gateway, letter.epoch, letter.sequence):
            raise WrongStateError("The letter's batch is not committed yet: the gateway still holds it and sends it.")
        return _Taken(headline, letter, frozenset(marks))

    async def _written(self, taken: _Taken) -> Admitted:
        """The readings that the checks and the store take now; what they refuse is in the letters of the batch."""
        letter, buried_at = taken.letter, taken.headline.at
        original = batch_of(letter)
        if size_of(original) != letter.readings:
            raise WrongStateError("The letter holds only a part of its readings: it can only be discarded.")
        # what came in time must not grow too old by waiting here; what came from the future may be past by now
        received_at = self._desk.clock.now_ms() if letter.word == "future" else buried_at
        batch = self._desk.intake.readmit(letter.gateway, original, received_at=received_at)
        if batch is None:
            raise RefusedOrderError(f"Nobody lists the gateway {letter.gateway!r}.")
        window = Window([batch])
        if batch.columns or batch.events:
            bury_rejections(window, await self._desk.store.write(window.columns(), window.events()))
        if batch.dead == batch.size:
            raise RefusedOrderError(f"Refused again: {', '.join(sorted(reasons_of(batch.letters)))}.")
        return batch

    async def _settle(
        self, taken: _Taken, amendment: Amendment, columns: Sequence[Columns], *, actor: str, reason: str = ""
    ) -> DeadLetterView:
        outcome = await self._desk.recorder.amend(amendment, columns)
        now, letter = self._desk.clock.now_ms(), taken.letter
        detail = f"{letter.gateway}/{letter.device} {letter.word}: {letter.readings}. {reason}".strip()
        audit = AuditRow(now, actor, f"dead_letter_{outcome}", letter.id, detail)
        mark = Handled(taken.headline.id, outcome, now, actor, reason)
        await asyncio.to_thread(self._desk.state.put_audit, audit)
        await asyncio.to_thread(self._desk.graveyard.mark, mark)
        return _view(taken.headline, mark)


def page_of_letters(
    graveyard: Graveyard, wanted: LetterFilter, *, before: str | None, limit: int
) -> tuple[list[DeadLetterView], str | None]:
    """Letters that fit a filter, newest first, and where the next page starts. Reads files: call it in a thread."""
    marks = graveyard.handled()
    found: dict[str, tuple[str, DeadLetterView]] = {}  # a letter that was buried twice is one letter
    names = (("gateway", wanted.gateway), ("device", wanted.device))
    holding = [msgspec.json.encode({key: name})[1:-1] for key, name in names if name is not None]
    for place, headline in graveyard.headlines(before=before, since=wanted.begin or 0, holding=holding):
        view = _view(headline, marks.get(headline.id))
        if view.id in found or not _fits(view, wanted):
            continue
        if len(found) == limit:
            last = next(reversed(found.values()))[0]
            return [each for _, each in found.values()], last
        found[view.id] = (place, view)
    return [each for _, each in found.values()], None


def letter_in(graveyard: Graveyard, identifier: str) -> DeadLetterDetail:
    """A letter with its readings; UnknownThingError. Reads files: call it in a thread."""
    found = graveyard.find(identifier)
    if found is None:
        raise UnknownThingError(f"There is no dead letter {identifier!r}.")
    headline, letter = found
    view = _view(headline, graveyard.handled().get(identifier))
    return DeadLetterDetail(view, letter.times, letter.values, letter.marks, letter.facts)


def _amendment(taken: _Taken, outcome: str, *, stored: int = 0, dead: Mapping[str, int] | None = None) -> Amendment:
    letter, headline = taken.letter, taken.headline
    return Amendment(
        letter.gateway,
        letter.epoch,
        letter.sequence,
        headline.id,
        letter.word,
        letter.readings,
        headline.begin,
        headline.end,
        outcome=outcome,
        stored=stored,
        dead=dead or {},
        marked=taken.marked,
    )


def _view(headline: Headline, mark: Handled | None) -> DeadLetterView:
    return DeadLetterView(
        headline.id,
        headline.at,
        headline.gateway,
        headline.device,
        headline.profile,
        headline.point,
        headline.epoch,
        headline.sequence,
        headline.reason,
        headline.readings,
        headline.begin,
        headline.end,
        state=_STATES[mark.outcome] if mark else "open",
        handled_at=mark.at if mark else None,
        handled_by=mark.actor if mark else "",
        handled_reason=mark.reason if mark else "",
    )


def _fits(view: DeadLetterView, wanted: LetterFilter) -> bool:
    return (
        wanted.gateway in (None, view.gateway)
        and wanted.device in (None, view.device)
        and wanted.reason in (None, view.reason.partition(":")[0])
        and wanted.state in (None, view.state)
        and (wanted.begin is None or view.at >= wanted.begin)
        and (wanted.end is None or view.at < wanted.end)
    )
