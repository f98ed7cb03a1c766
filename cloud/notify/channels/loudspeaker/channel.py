"""Has notices spoken by a public-address system over HTTP, and waits until they were."""

from __future__ import annotations

import json
import ssl
from collections import OrderedDict

from pydantic import SecretStr

from cloud.notify.channels.loudspeaker.config import LoudspeakerConfig
from cloud.notify.channels.loudspeaker.message import document, expires_at, identifier_of
from cloud.notify.content import NoticeContent
from cloud.notify.http_channel import Answer, HttpDoor, Question, check_status, json_object
from cloud.notify.notifier import Address, NoticeLinkError, NoticeRefusedError
from cloud.notify.phone import masked
from device_profiles.clock import Clock, SystemClock

PLAYED = frozenset({"played"})
WAITING = frozenset({"accepted", "queued", "scheduled", "playing"})
MOST_KNOWN = 1000  # messages that are remembered as taken, or played
MOST_SHOWN = 80
NOT_FOUND = 404


class Loudspeaker:
    """One public-address system. A message that it has taken is not posted again: the next attempt only asks.

    It is the same message for everybody whose chain of channels ends at the loudspeakers, and spoken once.
    """

    def __init__(
        self,
        config: LoudspeakerConfig,
        token: SecretStr | None = None,
        *,
        trust: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._config = config
        self._token = token
        self._clock = clock or SystemClock()
        self._door = HttpDoor(timeout_s=config.timeout_s, allow_private=config.allow_private, trust=trust)
        self._taken: OrderedDict[str, bool] = OrderedDict()  # by identifier: whether it was played

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the message was played, or taken when that is all that is asked for."""
        identifier = identifier_of(content, self._config)
        if self._taken.get(identifier, False):
            return
        if identifier in self._taken:
            state = await self._ask(identifier)
        else:
            if self._clock.now_ms() > expires_at(content, self._config):
                raise NoticeRefusedError("is too old to be spoken")
            state = await self._post(content, identifier)
        if self._config.acknowledge == "played":
            await self._wait(identifier, state)
        self._taken[identifier] = True

    async def close(self) -> None:
        """Closes connections."""
        await self._door.close()

    async def _post(self, content: NoticeContent, identifier: str) -> str:
        body = json.dumps(document(content, identifier, self._config), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": identifier, **self._login()}
        answer = await self._door.ask(Question(str(self._config.url), headers=headers, body=body))
        check_status(answer)
        self._remember(identifier)
        return self._state(answer, identifier) if self._config.acknowledge == "played" else ""

    async def _wait(self, identifier: str, state: str) -> None:
        until = self._clock.monotonic() + self._config.acknowledge_s
        while state not in PLAYED:
            if self._clock.monotonic() >= until:
                raise NoticeLinkError(f"taken, and not played within {self._config.acknowledge_s:g} s: {state}")
            await self._clock.sleep(self._config.poll_s)
            state = await self._ask(identifier)

    async def _ask(self, identifier: str) -> str:
        url = f"{str(self._config.url).rstrip('/')}/{identifier}"
        answer = await self._door.ask(Question(url, method="GET", headers=self._login()))
        if answer.status == NOT_FOUND:  # the system has lost it; the next attempt posts it anew
            self._taken.pop(identifier, None)
            raise NoticeLinkError("taken, and then lost by the public-address system")
        check_status(answer)
        return self._state(answer, identifier)

    def _state(self, answer: Answer, identifier: str) -> str:
        """Played or waiting; NoticeRefusedError when it will never be played."""
        found = json_object(answer)
        state = str(found.get("state", ""))
        if state in PLAYED or state in WAITING:
            return state
        if not state:
            raise NoticeLinkError("answered without a state")
        self._taken.pop(identifier, None)
        raise NoticeRefusedError(masked(f"{state}: {found.get('message', '')}")[:MOST_SHOWN].rstrip(": "))

    def _remember(self, identifier: str) -> None:
        self._taken[identifier] = False
        while len(self._taken) > MOST_KNOWN:
            self._taken.popitem(last=False)

    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"} if self._token else {}
