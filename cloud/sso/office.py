"""Lets people in whom the province's log-in server knows: what is on its way, and whose account it becomes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from cloud.access.scope import kept
from cloud.sso.client import Begun, Person, SsoClient
from cloud.sso.config import SsoGroup
from cloud.store.base import UserRow

MOST_ON_WAY: Final = 1000
LASTS_MS: Final = 600_000
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
Reason = Literal["expired", "no_group", "name_taken", "bad_name", "disabled"]


class People(Protocol):
    """Who may log in."""

    def user(self, name: str) -> UserRow | None:
        """One user."""

    def put_user(self, row: UserRow) -> None:
        """Adds or replaces a user."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a log-in ended: with an account, or with the reason why not. `before`: the account as it was."""

    name: str = ""
    back: str = "/"
    user: UserRow | None = None
    before: UserRow | None = None
    refused: Reason | None = None


class SsoOffice:
    """The log-ins that are on their way, and the accounts that come of them."""

    def __init__(self, client: SsoClient, people: People, now: Callable[[], int]) -> None:
        self.client = client
        self._people = people
        self._now = now
        self._on_way: dict[str, Begun] = {}

    async def begin(self, back: str, redirect: str) -> tuple[str, str]:
        """The state for the browser's cookie and where it is sent; SsoError."""
        for state in [each.state for each in self._on_way.values() if self._now() - each.at > LASTS_MS]:
            del self._on_way[state]
        while len(self._on_way) >= MOST_ON_WAY:
            del self._on_way[next(iter(self._on_way))]
        begun = self.client.begin(back)
        address = await self.client.address(begun, redirect)
        self._on_way[begun.state] = begun
        return begun.state, address

    async def finish(self, state: str, code: str, redirect: str) -> Entry:
        """Who came back, with the account that is his from now on; SsoError. A state is good for one attempt."""
        begun = self._on_way.pop(state, None)
        if begun is None or self._now() - begun.at > LASTS_MS:
            return Entry(refused="expired")
        person = await self.client.person(begun, code, redirect)
        rights = self.client.config.rights_of(person.groups)
        if rights is None:
            return Entry(person.name, begun.back, refused="no_group")
        return await asyncio.to_thread(self._account, person, rights, begun.back)

    def _account(self, person: Person, rights: SsoGroup, back: str) -> Entry:
        if not NAME.fullmatch(person.name):
            return Entry(person.name, back, refused="bad_name")
        subject = f"{self.client.config.issuer.rstrip('/')} {person.subject}"
        before = self._people.user(person.name)
        if before is not None and before.subject != subject:
            return Entry(person.name, back, refused="name_taken")
        if before is not None and before.disabled:
            return Entry(person.name, back, refused="disabled")
        user = replace(
            before or UserRow(person.name, rights.role.value, "", self._now(), subject=subject),
            role=rights.role.value,
            areas=kept(rights.areas),
        )
        if user != before:
            self._people.put_user(user)
        return Entry(person.name, back, user, before)
