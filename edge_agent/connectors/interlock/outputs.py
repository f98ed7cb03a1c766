"""Drives the outputs of an interlock: repeats an order until the output obeys, or until another order is wanted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping, Sequence

from device_profiles.backoff import Backoff
from device_profiles.clock import Clock
from edge_agent.connector import CommandError, LinkError
from edge_agent.device import Neighbours
from edge_agent.interlocks.config import InterlockConnection, Order

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
ORDER_WITHIN_S = 30.0
Holders = MutableMapping[str, set[str]]  # output -> the interlocks that hold it


class Outputs:
    """The outputs of one interlock. `want` says what they shall be; `run` sees to it."""

    def __init__(
        self,
        interlock: str,
        connection: InterlockConnection,
        *,
        neighbours: Neighbours,
        holders: Holders,
        clock: Clock,
        failed: Callable[[str], None],
    ) -> None:
        """`failed` gets what an output says instead of obeying, and an empty text when all obey."""
        self._interlock = interlock
        self._connection = connection
        self._neighbours = neighbours
        self._holders = holders
        self._clock = clock
        self._failed = failed
        self._wanted = asyncio.Event()
        self._orders: Sequence[Order] = ()
        self._turn = 0

    def want(self, *, tripped: bool) -> None:
        """The orders of this state are given from now on, instead of those before."""
        for order in self._connection.then:
            holders = self._holders.setdefault(order.device, set())
            (holders.add if tripped else holders.discard)(self._interlock)
        after = [each for each in self._connection.after if not self._holders.get(each.device)]
        self._orders = self._connection.then if tripped else after
        self._turn += 1
        self._wanted.set()

    def let_go(self) -> None:
        """This interlock holds no output any more."""
        for holders in self._holders.values():
            holders.discard(self._interlock)

    async def run(self) -> None:
        """Gives the orders that are wanted, for ever."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            turn, backoff = self._turn, Backoff(base_s=FIRST_PAUSE_S, cap_s=LONGEST_PAUSE_S)
            waiting = list(self._orders)
            while waiting and turn == self._turn:
                waiting = await self._give(waiting, turn)
                if waiting and turn == self._turn:
                    await self._clock.sleep(backoff.next_delay())

    async def try_out(self, seconds: float, *, still_tripped: Callable[[], bool]) -> str:
        """The outputs on for a moment, and off again unless the interlock has tripped meanwhile."""
        try:
            said = [
                await self._neighbours.order(each.device, each.verb, each.arguments) for each in self._connection.then
            ]
            await self._clock.sleep(seconds)
        finally:
            if not still_tripped():
                self.want(tripped=False)
        return "; ".join(text for text in said if text)

    async def _give(self, orders: Sequence[Order], turn: int) -> list[Order]:
        """The orders that must be given again; a refused one never helps again."""
        left: list[Order] = []
        said = ""
        for order in orders:
            if turn != self._turn:
                return []
            try:
                async with asyncio.timeout(ORDER_WITHIN_S):
                    await self._neighbours.order(order.device, order.verb, order.arguments)
            except CommandError as error:
                said = f"{order.device} {order.verb}: {error}"
            except (LinkError, TimeoutError) as error:
                said = f"{order.device} {order.verb}: {error or 'no answer'}"
                left.append(order)
        if said:
            log.error("interlock output does not obey", extra={"interlock": self._interlock, "said": said})
        self._failed(said)
        return left
