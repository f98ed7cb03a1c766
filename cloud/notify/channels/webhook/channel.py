"""Posts notices as JSON to one address, to public networks only unless told otherwise."""

from __future__ import annotations

import hmac
import ssl

from pydantic import SecretStr

from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.content import NoticeContent, encode_content
from cloud.notify.http_channel import HttpDoor, Question, check_status
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError


class Webhook:
    """One webhook: a program that gets every notice of its channel."""

    def __init__(
        self, config: WebhookConfig, signing_key: SecretStr | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._config = config
        self._signing_key = signing_key
        self._door = HttpDoor(timeout_s=config.timeout_s, allow_private=config.allow_private, trust=trust)

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the receiver has answered 2xx; its body is not read."""
        body = encode_content(content).encode()
        question = Question(str(self._config.url), headers=self._headers(content, body), body=body)
        answer = await self._door.ask(question, read_body=False)
        try:
            check_status(answer)
        except NoticeMisconfiguredError:
            raise
        except NoticeRefusedError as error:  # a program that stumbles over one notice may be mended meanwhile
            raise NoticeLinkError(str(error)) from error

    async def close(self) -> None:
        """Closes connections."""
        await self._door.close()

    def _headers(self, content: NoticeContent, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": content.key}
        if self._signing_key is not None:
            digest = hmac.new(self._signing_key.get_secret_value().encode(), body, "sha256").hexdigest()
            headers["Thacba-Signature"] = f"sha256={digest}"
        return headers
