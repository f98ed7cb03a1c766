"""Lets people in whom the province's log-in server knows: what is on its way, and whose account it becomes."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from cloud.access.scope import kept
from cloud.sso.client import Begun, Person, SsoClient, SsoError
from cloud.sso.config import SsoGroup
from cloud.store.base import UserRow

log = logging.getLogger(__name__)
LASTS_MS: Final = 600_000
MOST_COOKIE: Final = 3_600  # characters; browsers drop a cookie of more than 4096 with its name and words
PATIENCE_S: Final = 3.0  # whoever leaves does not wait for a server that is not there
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
Reason = Literal["expired", "no_group", "name_taken", "bad_name", "disabled"]


class People(Protocol):
    """Who may log in."""

    def users(self) -> Sequence[UserRow]:
        """Everybody."""

    def put_user(self, row: UserRow) -> None:
        """Adds or replaces a user."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a log-in ended: with an account, or with the reason why not. `before`: the account as it was.

    `token`: what the log-in server said, for the day's end.
    """

    name: str = ""
    back: str = "/"
    user: UserRow | None = None
    before: UserRow | None = None
    refused: Reason | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Hint:
    subject: str
    token: str


class SsoOffice:
    """What becomes of log-ins. Those on their way are sealed into their browsers' cookies: there is no list to fill."""

    def __init__(self, client: SsoClient, people: People, now: Callable[[], int]) -> None:
        self.client = client
        self._people = people
        self._now = now
        self._seal = Fernet(Fernet.generate_key())  # a log-in that a restart cuts begins again

    async def begin(self, back: str, redirect: str) -> tuple[str, str]:
        """What the browser's cookie must hold, and where the browser is sent; SsoError."""
        begun = self.client.begin(back)
        address = await self.client.address(begun, redirect)
        return self._seal.encrypt(msgspec.json.encode(begun)).decode(), address

    async def finish(self, cookie: str, state: str, code: str, redirect: str) -> Entry:
        """Who came back, with the account that is his from now on; SsoError. A code is good for one attempt."""
        begun = self._opened(cookie)
        if begun is None or not secrets.compare_digest(begun.state, state) or self._now() - begun.at > LASTS_MS:
            return Entry(refused="expired")
        person = await self.client.person(begun, code, redirect)
        rights = self.client.config.rights_of(person.groups)
        if rights is None:
            return Entry(person.name, begun.back, refused="no_group")
        entry = await asyncio.to_thread(self._account, person, rights, begun.back)
        return replace(entry, token=person.token)

    def hint(self, user: UserRow, token: str) -> str:
        """What the browser keeps of the token, sealed, until its person leaves; "" when no cookie holds that much."""
        sealed = self._seal.encrypt(msgspec.json.encode(_Hint(user.subject, token))).decode()
        return sealed if len(sealed) <= MOST_COOKIE else ""

    async def farewell(self, user: UserRow, cookie: str, redirect: str) -> tuple[str, str] | None:
        """Where the browser goes on after its session here has ended, and the state that it comes back with.

        None for whoever did not come from the log-in server, or when that offers no end of a session, or is silent.
        """
        if not user.subject.startswith(f"{self.client.config.issuer.rstrip('/')} "):
            return None
        try:
            hint = msgspec.json.decode(self._seal.decrypt(cookie), type=_Hint)
        except (InvalidToken, msgspec.DecodeError):
            hint = _Hint("", "")
        token = hint.token if hint.subject == user.subject else ""
        state = secrets.token_urlsafe(32)
        try:
            address = await asyncio.wait_for(self.client.leave(token, redirect, state), PATIENCE_S)
        except (SsoError, TimeoutError) as error:
            log.warning("the log-in server says nothing of its log-out", extra={"detail": str(error)})
            return None
        return (address, state) if address else None

    def _opened(self, cookie: str) -> Begun | None:
        try:
            return msgspec.json.decode(self._seal.decrypt(cookie), type=Begun)
        except (InvalidToken, msgspec.DecodeError):
            return None

    def _account(self, person: Person, rights: SsoGroup, back: str) -> Entry:
        """The account of this person, whatever the name is by now; a name that somebody else has stays with him."""
        subject = f"{self.client.config.issuer.rstrip('/')} {person.subject}"
        everybody = self._people.users()
        before = next((each for each in everybody if each.subject == subject), None)
        if before is None and not NAME.fullmatch(person.name):
            return Entry(person.name, back, refused="bad_name")
        if before is None and any(each.name == person.name for each in everybody):
            return Entry(person.name, back, refused="name_taken")
        if before is not None and before.disabled:
            return Entry(before.name, back, refused="disabled")
        user = replace(
            before or UserRow(person.name, rights.role.value, "", self._now(), subject=subject),
            role=rights.role.value,
            areas=kept(rights.areas),
            sectors=kept(rights.sectors),
        )
        if user != before:
            self._people.put_user(user)
        return Entry(user.name, back, user, before)
