"""Sends notices as ZNS messages through Zalo's open API."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Sequence

from cloud.errors import ConfigurationError
from cloud.notify.channels.zalo.config import ZaloConfig
from cloud.notify.channels.zalo.message import check_answer, document
from cloud.notify.content import NoticeContent
from cloud.notify.deliveries import Deliveries
from cloud.notify.http_channel import HttpDoor, Question, check_status, json_object
from cloud.notify.notifier import Address, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.phone import mobile_number
from cloud.notify.secret import read_secret


class Zalo:
    """One official account."""

    def __init__(self, config: ZaloConfig, *, trust: ssl.SSLContext | None = None) -> None:
        self._config = config
        self._door = HttpDoor(timeout_s=config.timeout_s, allow_private=config.allow_private, trust=trust)
        self._deliveries = Deliveries()

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when Zalo has taken the message for everybody whom it can reach."""

        async def deliver(number: str) -> None:
            await self._deliver(content, number)

        await self._deliveries.each(content.key, self._numbers(to), deliver)

    async def close(self) -> None:
        """Closes connections."""
        await self._door.close()

    def _numbers(self, to: Address | None) -> Sequence[str]:
        if to is None:
            if not self._config.recipients:
                raise NoticeRefusedError(f"channel {self._config.name} has no recipients and reaches persons only")
            return self._config.recipients
        number = to.zalo or to.phone
        try:
            return (mobile_number(number),)
        except ValueError as error:
            fault = f"the number of Zalo {error}" if number else "has no number of Zalo"
            raise NoticeRefusedError(f"{to.person}: {fault}") from None

    async def _deliver(self, content: NoticeContent, number: str) -> None:
        body = json.dumps(document(content, number, self._config), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "access_token": await asyncio.to_thread(self._token)}
        answer = await self._door.ask(Question(str(self._config.url), headers=headers, body=body))
        check_status(answer)
        check_answer(self._config, json_object(answer))

    def _token(self) -> str:
        try:
            token = read_secret(env=self._config.token_env, file=self._config.token_file)
        except ConfigurationError as error:
            raise NoticeMisconfiguredError(str(error)) from error
        return token.get_secret_value() if token else ""
