"""The centre as a member asks it: every request signed with the key of the certificate."""

from __future__ import annotations

import secrets
from dataclasses import replace

from device_profiles.wire.requests import Asked, Stamp, sign_request
from edge_agent.clockwatch import ClockWatch
from edge_agent.identity.centre import Answer, CentreDoor, Question
from edge_agent.identity.papers import Identity, certificates_pem

STALE = "stale"  # the centre's word for a request that was signed at another time than its own
NONCE_BYTES = 18


class MemberDoor:
    """Asks the centre in this gateway's name; other rooms send their own documents through it.

    A gateway that does not know the time signs with the centre's own, which it learns from the first answer.
    """

    def __init__(self, identity: Identity, clock: ClockWatch) -> None:
        self._identity = identity
        self._clock = clock
        self._door = CentreDoor(
            identity.welcome.centre_url,
            authorities=certificates_pem(identity.authorities).decode(),
            with_dates=clock.state() == "good",
        )

    async def ask(self, question: Question) -> Answer:
        """The answer, also when it says no; AwayError when there is none."""
        answer = await self._door.ask(self._signed(question, self._clock.now_ms()))
        if answer.reason == STALE and answer.date_ms is not None:
            answer = await self._door.ask(self._signed(question, answer.date_ms))
        return answer

    def _signed(self, question: Question, at: int) -> Question:
        asked = Asked(question.method, self._door.prefix + question.target, question.body)
        stamp = Stamp(self._identity.gateway, at, secrets.token_urlsafe(NONCE_BYTES))
        return replace(question, headers={**question.headers, **sign_request(self._identity.key, asked, stamp)})
