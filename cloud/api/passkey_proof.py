"""What a log-in asks of somebody's passkeys, and whether the answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import Request

from cloud.access.authenticators import Answer, UnprovenError, challenge_in, counter_after, question
from cloud.access.passkeys import Challenges, Party, PasskeyRow, Purpose, party_of, shown_id, used
from cloud.api.audit import write_audit
from cloud.api.deps import Centre
from cloud.api.guard import door_now, public_address


def challenges_of(request: Request) -> Challenges:
    """The questions on their way."""
    found: Challenges = request.app.state.challenges
    return found


def party_here(request: Request, centre: Centre) -> Party | None:
    """Who asks for passkeys; None when the centre's public address can have none."""
    return party_of(public_address(request, centre))


async def keys_of(centre: Centre, user: str) -> Sequence[PasskeyRow]:
    """Somebody's passkeys."""
    return await asyncio.to_thread(centre.state.passkeys.of, user)


def asked(request: Request, centre: Centre, user: str, keys: Sequence[PasskeyRow]) -> dict[str, Any] | None:
    """A new question to these passkeys; None where there is nobody to answer it."""
    party = party_here(request, centre)
    if party is None or not keys:
        return None
    return question(party, keys, challenges_of(request).ask("log_in", user, now=door_now(centre)))


def question_of(request: Request, centre: Centre, answer: Answer, purpose: Purpose, holder: str) -> tuple[Party, bytes]:
    """Who asked what is answered here; UnprovenError when nobody asked this holder, or not any more."""
    party, challenge = party_here(request, centre), challenge_in(answer)
    if not challenges_of(request).take(challenge, purpose, holder, now=door_now(centre)) or party is None:
        raise UnprovenError("the question was not asked, is answered already, or is too old")
    return party, challenge


async def answered(request: Request, centre: Centre, user: str, answer: Answer) -> PasskeyRow:
    """The passkey that has answered this log-in's question; UnprovenError, and a counter that went back is written."""
    party, challenge = question_of(request, centre, answer, "log_in", user)
    row = next((each for each in await keys_of(centre, user) if each.credential == answer.get("id")), None)
    if row is None:
        raise UnprovenError("not a passkey of this person")
    counter = counter_after(party, answer, challenge, row)
    after = used(row, counter, now=door_now(centre))
    if after is None:
        said = f"{shown_id(row)} {row.name}: {counter} after {row.counter}"
        await write_audit(centre, actor=user, action="passkey_counter_back", target=user, detail=said)
        raise UnprovenError("its counter went back: there may be a copy of it")
    if not await asyncio.to_thread(centre.state.passkeys.replace, row, after):
        raise UnprovenError("it has answered another log-in meanwhile")
    return after
