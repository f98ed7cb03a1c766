"""Posts notices as JSON to one address, to public networks only unless told otherwise."""

from __future__ import annotations

import asyncio
import hmac
import socket
import ssl

import httpx
from pydantic import SecretStr

from cloud.notify.channels.webhook.address import check_address
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.content import NoticeContent, encode_content
from cloud.notify.notifier import Address, NoticeLinkError


class Webhook:
    """One webhook. The name is resolved once per attempt, checked, and the connection goes to that very address."""

    def __init__(
        self, config: WebhookConfig, signing_key: SecretStr | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._config = config
        self._signing_key = signing_key
        # No redirects and no proxies from the environment: both would lead around the guard.
        self._client = httpx.AsyncClient(
            timeout=config.timeout_s, follow_redirects=False, trust_env=False, verify=trust or True
        )

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the receiver has answered 2xx."""
        url = httpx.URL(str(self._config.url))
        fault = ""
        for address in await self._resolve(url):
            try:
                return self._accept(await self._post(url, address, content))
            except httpx.ConnectError as error:  # the next address may answer
                fault = str(error)
            except httpx.HTTPError as error:
                raise NoticeLinkError(f"{type(error).__name__}: {error}") from error
        raise NoticeLinkError(f"ConnectError: {fault}")

    async def close(self) -> None:
        """Closes connections."""
        await self._client.aclose()

    async def _resolve(self, url: httpx.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NoticeLinkError(f"{url.host} cannot be resolved: {error}") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            check_address(address, allow_private=self._config.allow_private)
        return addresses

    async def _post(self, url: httpx.URL, address: str, content: NoticeContent) -> int:
        """The status that the receiver answers; its body is not read."""
        body = encode_content(content).encode()
        async with self._client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers=self._headers(url, content, body),
            extensions={"sni_hostname": url.host},
        ) as answer:
            return answer.status_code

    def _accept(self, status: int) -> None:
        if not 200 <= status < 300:
            raise NoticeLinkError(f"answered {status}" + (", redirects are not followed" if status // 100 == 3 else ""))

    def _headers(self, url: httpx.URL, content: NoticeContent, body: bytes) -> dict[str, str]:
        headers = {
            "Host": url.netloc.decode(),
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": content.key,
            "User-Agent": "thacba",
        }
        if self._signing_key is not None:
            digest = hmac.new(self._signing_key.get_secret_value().encode(), body, "sha256").hexdigest()
            headers["Thacba-Signature"] = f"sha256={digest}"
        return headers
