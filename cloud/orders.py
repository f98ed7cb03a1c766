"""Orders that one person asks for and another one must confirm: kept, bounded in time, sent once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from cloud.api.deps import UnknownThingError, WrongStateError
from cloud.api.views import Order, Outcome
from cloud.errors import CloudError
from cloud.store.configuration_port import ConfigurationStore, RequestRow, RequestState
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.wire.helping import help_verb

CONFIRM_MS = 15 * 60_000
SHOWN = 2_000  # characters of an outcome that are kept

Send = Callable[[Order], Awaitable[Outcome]]


class OrderDesk:
    """The requests; the database decides who was first, so that nothing is sent twice."""

    def __init__(self, store: ConfigurationStore, send: Send, clock: Clock) -> None:
        self._store = store
        self._send = send
        self._clock = clock

    async def ask(self, order: Order, *, actor: str, comment: str = "") -> RequestRow:
        """Keeps an order that another person must confirm."""
        now = self._clock.now_ms()
        row = RequestRow(
            id=uuid4().hex[:12],
            gateway=order.gateway,
            device=order.device,
            verb=order.verb,
            arguments=json.dumps(order.arguments, ensure_ascii=False),
            asked_by=actor,
            asked_at=now,
            expires_at=now + CONFIRM_MS,
            comment=comment,
        )
        await asyncio.to_thread(self._store.put_request, row)
        return row

    async def confirm(self, identifier: str, *, actor: str) -> RequestRow:
        """Sends it; UnknownThingError, WrongStateError when it is too late, decided, or asked by the same person."""
        row = await self.one(identifier)
        if row.state != "waiting":
            raise WrongStateError(f"The request is {row.state}.")
        if row.asked_by == actor:
            raise WrongStateError("Whoever asked cannot confirm: another person must.")
        row = await self._decide(row, "confirmed", actor)
        order = Order(row.gateway, row.device, row.verb, json.loads(row.arguments))
        try:
            outcome = await self._send(order)
        except CloudError as error:
            await self._note(row, f"not sent: {error}")
            raise
        return await self._note(row, f"{outcome.outcome} {outcome.detail}".strip())

    async def withdraw(self, identifier: str, *, actor: str) -> RequestRow:
        """Nobody shall confirm it any more; UnknownThingError, WrongStateError."""
        return await self._decide(await self.one(identifier), "withdrawn", actor)

    async def one(self, identifier: str) -> RequestRow:
        """One request; UnknownThingError."""
        row = await asyncio.to_thread(self._store.request, identifier)
        if row is None:
            raise UnknownThingError(f"There is no request {identifier!r}.")
        return self._as_it_stands(row)

    async def newest(self, *, limit: int, gateway: str | None = None) -> Sequence[RequestRow]:
        """Requests, newest first."""
        rows = await asyncio.to_thread(self._store.requests, limit=limit, gateway=gateway)
        return [self._as_it_stands(row) for row in rows]

    async def _decide(self, row: RequestRow, state: RequestState, actor: str) -> RequestRow:
        decided = replace(row, state=state, decided_by=actor, decided_at=self._clock.now_ms())
        if row.state != "waiting" or not await asyncio.to_thread(self._store.decide, decided):
            raise WrongStateError(f"The request is {row.state if row.state != 'waiting' else 'decided already'}.")
        return decided

    async def _note(self, row: RequestRow, outcome: str) -> RequestRow:
        row = replace(row, outcome=outcome[:SHOWN])
        await asyncio.to_thread(self._store.put_request, row)
        return row

    def _as_it_stands(self, row: RequestRow) -> RequestRow:
        is_late = row.state == "waiting" and self._clock.now_ms() > row.expires_at
        return replace(row, state="expired") if is_late else row


def is_dangerous(order: Order, profile: DeviceProfile | None) -> bool:
    """Whether two people are needed for it: the shared list says so, or the profile of the device."""
    known = help_verb(order.device, order.verb)
    if known is not None:
        return known.dangerous
    return any(each.verb == order.verb and each.dangerous for each in (profile.commands if profile else ()))


def detail_of(verb: str, arguments: Mapping[str, object]) -> str:
    """An order for the audit log; a whole configuration is only counted."""
    short = {
        key: value if len(str(value)) <= 200 else f"{len(str(value))} characters" for key, value in arguments.items()
    }
    return json.dumps({verb: short}, ensure_ascii=False)
