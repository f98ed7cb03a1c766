"""Dead letters and commissioning records as somebody of some areas sees them: those of some gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cloud.api.deps import DeadLetters, UnknownThingError
from cloud.api.views import DeadLetterDetail, DeadLetterView, LetterFilter
from cloud.commissioning.office import CommissioningOffice
from cloud.store.commissioning_port import CommissioningRow, CommissioningStore, Page


class ScopedLetters:
    """The dead letters of some gateways."""

    def __init__(self, letters: DeadLetters, gateways: frozenset[str]) -> None:
        self._letters = letters
        self._here = gateways

    async def page(
        self, wanted: LetterFilter, *, before: str | None, limit: int
    ) -> tuple[Sequence[DeadLetterView], str | None]:
        """As for everybody; a page may hold fewer than there is room for, but is empty only when it is the last."""
        if wanted.gateway is not None and wanted.gateway not in self._here:
            return [], None
        while True:
            some, before = await self._letters.page(wanted, before=before, limit=limit)
            found = [each for each in some if each.gateway in self._here]
            if found or before is None:
                return found, before

    async def one(self, identifier: str) -> DeadLetterDetail:
        """One of them; UnknownThingError."""
        found = await self._letters.one(identifier)
        if found.letter.gateway not in self._here:
            raise UnknownThingError(f"There is no dead letter {identifier!r}.")
        return found

    async def retry(self, identifier: str, *, actor: str) -> DeadLetterView:
        """As for everybody, when it is in sight."""
        await self.one(identifier)
        return await self._letters.retry(identifier, actor=actor)

    async def discard(self, identifier: str, *, actor: str, reason: str) -> DeadLetterView:
        """The same."""
        await self.one(identifier)
        return await self._letters.discard(identifier, actor=actor, reason=reason)


class ScopedCommissioning:
    """The office with the records of some gateways."""

    def __init__(self, office: CommissioningOffice, gateways: frozenset[str]) -> None:
        self._office = office
        self.store = ScopedRecords(office.store, gateways)

    def __getattr__(self, name: str) -> Any:
        """Whatever goes by a record that was looked up."""
        return getattr(self._office, name)


class ScopedRecords:
    """The commissioning records of some gateways."""

    def __init__(self, store: CommissioningStore, gateways: frozenset[str]) -> None:
        self._store = store
        self._here = gateways

    def __getattr__(self, name: str) -> Any:
        """Whatever goes by a record that was looked up."""
        return getattr(self._store, name)

    def record(self, identifier: str) -> CommissioningRow | None:
        """One of them, with its body."""
        found = self._store.record(identifier)
        return found if found is not None and found.gateway in self._here else None

    def records(self, page: Page) -> Sequence[CommissioningRow]:
        """Newest first."""
        found: list[CommissioningRow] = []
        while True:
            some = self._store.records(page)
            found += [row for row in some if row.gateway in self._here]
            if len(some) < page.limit or len(found) >= page.limit:
                return found[: page.limit]
            page = replace(page, before=some[-1].id)
