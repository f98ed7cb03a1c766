"""Who may send backlog now: after a valley-wide outage some gateways drain at a time, the others are asked to wait."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import msgspec
from pydantic import Field

from device_profiles.schema import Strict
from device_profiles.wire import Channel, Receipt


class DrainConfig(Strict):
    """How many gateways drain at a time, and how they take turns."""

    slots: int = Field(200, ge=1, le=100_000, description="Gateways that may send backlog at the same time.")
    idle_s: float = Field(3.0, gt=0, le=600, description="Who has sent no backlog for so long has left the slot.")
    turn_s: float = Field(30.0, gt=0, le=3600, description="How long a slot lasts when others wait for it.")
    wait_s: float = Field(5.0, gt=0, le=600, description="How long others are asked to wait, times 0.5 to 1.5.")


@dataclass(slots=True)
class _Turn:
    """One gateway that drains."""

    since: float
    until: float


class DrainSlots:
    """Hands out slots, first come first served; times are monotonic seconds. Constant work but for lapsed entries.

    Nobody is made to wait while slots are free. A gateway that was asked to wait keeps its place in the line until it
    is overdue; who has had a turn goes to the end of the line as soon as somebody stands there.
    """

    def __init__(self, config: DrainConfig, *, dice: random.Random | None = None) -> None:
        self._config = config
        self._dice = dice or random.Random()  # noqa: S311 -- spreads load, protects nothing
        self._draining: OrderedDict[str, _Turn] = OrderedDict()  # the one that spoke last stands last
        self._waiting: OrderedDict[str, float] = (
            OrderedDict()
        )  # in the order of their coming; until when their place is kept

    @property
    def draining(self) -> int:
        """How many hold a slot, as far as was seen."""
        return len(self._draining)

    @property
    def waiting(self) -> int:
        """How many stand in the line, as far as was seen."""
        return len(self._waiting)

    def asked(self, receipt: Receipt, gateway: str, channels: Iterable[Channel], now: float) -> Receipt:
        """The receipt with what a gateway that sent backlog shall be asked; the receipt itself when it is nothing."""
        if Channel.BACKLOG not in channels:
            return receipt
        wait_s = self.wait_s(gateway, now)
        return msgspec.structs.replace(receipt, backlog_wait_s=round(wait_s, 3)) if wait_s else receipt

    def wait_s(self, gateway: str, now: float) -> float:
        """How long a gateway that just sent backlog shall send no more; 0 when it may go on."""
        self._forget_lapsed(now)
        turn = self._draining.pop(gateway, None)
        if turn is not None and (now - turn.since < self._config.turn_s or not self._waiting):
            turn.until = now + self._config.idle_s
            self._draining[gateway] = turn
            return 0.0
        if turn is None and self._is_next(gateway):
            self._waiting.pop(gateway, None)
            self._draining[gateway] = _Turn(now, now + self._config.idle_s)
            return 0.0
        wait_s = self._config.wait_s * self._dice.uniform(0.5, 1.5)
        self._waiting[gateway] = now + wait_s + self._config.idle_s
        return wait_s

    def _is_next(self, gateway: str) -> bool:
        free = self._config.slots - len(self._draining)
        if free > len(self._waiting):
            return True
        return gateway in islice(self._waiting, max(0, free))

    def _forget_lapsed(self, now: float) -> None:
        while self._draining:
            gateway, turn = next(iter(self._draining.items()))
            if turn.until > now:
                break
            del self._draining[gateway]
        while self._waiting:
            gateway, until = next(iter(self._waiting.items()))
            if until > now:
                break
            del self._waiting[gateway]
