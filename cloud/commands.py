"""Signs orders, sends them on their narrow way to a gateway, and waits a short while for what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.errors import CloudError
from cloud.ingest.subscriber import Link
from cloud.metrics import Metric, Metrics
from device_profiles.clock import Clock
from device_profiles.wire import Channel, Command, Result, encode, topic_for
from device_profiles.wire.helping import help_verb
from device_profiles.wire.messages import Scalar
from device_profiles.wire.signing import sign

EXPIRES_MS = 60_000  # an order to a door or a siren must not be carried out by whoever comes back next week
WAIT_S = 10.0


class CommandRefusedError(CloudError):
    """The command cannot be sent: no key, or no link to the broker."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """How a command stands; `sent` when no result came in time."""

    id: str
    outcome: Literal["done", "failed", "refused", "expired", "sent"]
    at: int
    detail: str = ""


class Commander:
    """Sends commands; knows which of them still wait for their result."""

    def __init__(
        self, key: Ed25519PrivateKey | None, link: Link, *, clock: Clock, metrics: Metrics, wait_s: float = WAIT_S
    ) -> None:
        self._key = key
        self._link = link
        self._clock = clock
        self._metrics = metrics
        self._wait_s = wait_s
        self._waiting: dict[str, asyncio.Future[Result]] = {}

    async def send(self, gateway: str, device: str, verb: str, arguments: Mapping[str, Scalar]) -> CommandOutcome:
        """Sends one command and waits; CommandRefusedError when it cannot even be sent.

        The device "" or `@gateway` is the gateway itself.
        """
        if self._key is None:
            raise CommandRefusedError("The centre has no command key: make one with `thacba-cloud keys`.")
        if fault := self._link.fault():
            raise CommandRefusedError(f"The broker cannot be reached: {fault}")
        now = self._clock.now_ms()
        command = Command(
            v=1,
            id=uuid4().hex,
            gateway=gateway,
            device=device,
            verb=verb,
            issued_at=now,
            expires_at=now + EXPIRES_MS,
            arguments=dict(arguments),
        )
        answered: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = answered
        try:
            self._link.send(topic_for(gateway, Channel.COMMAND), encode(sign(command, self._key)))
            self._metrics.add(Metric.COMMANDS)
            known = help_verb(device, verb)
            async with asyncio.timeout(max(self._wait_s, known.within_s) if known else self._wait_s):
                result = await answered
        except TimeoutError:
            return CommandOutcome(command.id, "sent", now)
        finally:
            del self._waiting[command.id]
        return CommandOutcome(result.id, result.outcome, result.at, result.detail)

    def result_came(self, result: Result) -> None:
        """Hands a result to whoever waits for it; late ones change nothing."""
        waiting = self._waiting.get(result.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)
