"""Sends notices as text messages through an SMS gateway over HTTP."""

from __future__ import annotations

import base64
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pydantic import SecretStr

from cloud.notify.channels.sms.answer import check_answer
from cloud.notify.channels.sms.config import SmsConfig
from cloud.notify.channels.sms.message import message
from cloud.notify.channels.sms.text import size_of
from cloud.notify.content import NoticeContent
from cloud.notify.deliveries import Deliveries, delivery_key
from cloud.notify.http_channel import HttpDoor, Question
from cloud.notify.notifier import Address, NoticeRefusedError
from cloud.notify.phone import mobile_number
from cloud.notify.placeholders import filled

log = logging.getLogger(__name__)


class Sms:
    """One account at one gateway."""

    def __init__(
        self, config: SmsConfig, secret: SecretStr | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._config = config
        self._secret = secret
        self._door = HttpDoor(timeout_s=config.timeout_s, allow_private=config.allow_private, trust=trust)
        self._deliveries = Deliveries()
        self.parts_sent = 0

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the gateway has taken the message for everybody whom it can reach."""
        numbers = self._numbers(to)
        text = message(
            content,
            to.language if to else self._config.language,
            diacritics=self._config.diacritics,
            max_parts=self._config.max_parts,
        )

        async def deliver(number: str) -> None:
            await self._deliver(text, number, content.key)

        await self._deliveries.each(content.key, numbers, deliver)

    async def close(self) -> None:
        """Closes connections."""
        await self._door.close()

    def _numbers(self, to: Address | None) -> Sequence[str]:
        if to is None:
            if not self._config.recipients:
                raise NoticeRefusedError(f"channel {self._config.name} has no recipients and reaches persons only")
            return self._config.recipients
        try:
            return (mobile_number(to.phone),)
        except ValueError as error:
            fault = f"the phone {error}" if to.phone else "has no phone"
            raise NoticeRefusedError(f"{to.person}: {fault}") from None

    async def _deliver(self, text: str, number: str, key: str) -> None:
        size = size_of(text)
        facts = {
            "encoding": size.encoding,
            "key": delivery_key(key, number),
            "parts": str(size.parts),
            "phone": number,
            "phone_local": f"0{number[2:]}",
            "phone_plus": f"+{number}",
            "secret": self._secret.get_secret_value() if self._secret else "",
            "sender": self._config.sender,
            "text": text,
            "unicode": "1" if size.encoding == "ucs2" else "0",
            "username": self._config.username,
        }
        check_answer(self._config, await self._door.ask(self._question(facts)))
        self.parts_sent += size.parts
        facts_told = {"channel": self._config.name, "key": key, "parts": size.parts, "encoding": size.encoding}
        log.info("text message taken", extra=facts_told)

    def _question(self, facts: Mapping[str, str]) -> Question:
        config = self._config
        fields = {
            name: filled(value, facts) if isinstance(value, str) else value for name, value in config.fields.items()
        }
        headers = {"Idempotency-Key": facts["key"], **self._login()}
        if config.method == "GET":
            joint = "&" if config.url.query else "?"
            return Question(f"{config.url}{joint}{_form(fields)}", method="GET", headers=headers)
        json_wanted = config.body == "json"
        headers["Content-Type"] = "application/json" if json_wanted else "application/x-www-form-urlencoded"
        body = json.dumps(fields, ensure_ascii=False) if json_wanted else _form(fields)
        return Question(str(config.url), method=config.method, headers=headers, body=body.encode())

    def _login(self) -> dict[str, str]:
        if self._config.auth == "none" or self._secret is None:
            return {}
        secret = self._secret.get_secret_value()
        if self._config.auth == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        pair = base64.b64encode(f"{self._config.username}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


def _form(fields: Mapping[str, str | int | bool]) -> str:
    return urlencode({name: str(value).lower() if isinstance(value, bool) else value for name, value in fields.items()})
