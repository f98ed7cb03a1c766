"""Keeps every device going on its own: schedules, deadlines, retries and circuit breakers; the only retry loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from zlib import crc32

from device_profiles.backoff import Backoff
from device_profiles.clock import Clock
from edge_agent.connector import EdgeError, LinkError, Poller, Sample
from edge_agent.device import Device
from edge_agent.outbox.base import OutboxBrokenError
from edge_agent.vitals import Vitals

log = logging.getLogger(__name__)

LONGEST_POLL_S = 30.0
SHORTEST_POLL_S = 5.0  # even a device that is read every second may take so long when its line is shared
OPEN_AFTER_FAILURES = 3
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 8.0  # with the time that a connection takes: back within 10 s, and a fleet is spread over 8
GOOD_SESSION_S = 30.0  # a shorter one does not reset the back-off: links that come and go are not hammered
UNAUTHORISED = "unauthorised"  # asking more often does not help, and a whole fleet asking is an attack
OWN = "own_certificate"  # refused by the other side, or damaged: the same again helps nobody
TAKEN_OVER = "taken_over"  # another uses our name: whoever comes back throws the other out, so both come back rarely


@dataclass(frozen=True, slots=True)
class Breaker:
    """How often a device that fails is still asked."""

    failures: int = 0

    def period_s(self, period_s: float) -> float:
        """The device's own period; doubled per failure beyond the third, up to a minute or the period itself."""
        beyond = max(0, self.failures - OPEN_AFTER_FAILURES + 1)
        return min(period_s * 2.0 ** min(beyond, 16), max(LONGEST_PAUSE_S, period_s))

    def failed(self) -> Breaker:
        """One more failure in a row."""
        return replace(self, failures=self.failures + 1)


async def attempt(name: str, work: Callable[[], Awaitable[None]]) -> str:
    """Does the work; its fault as a short code, empty when it went well. One faulty connector stops nobody else."""
    fault = await _fault_of(name, work)
    _obey_stop()
    return fault


async def _fault_of(name: str, work: Callable[[], Awaitable[None]]) -> str:
    try:
        await work()
    except LinkError as error:
        log.debug("attempt failed", extra={"device": name, "error": str(error)})
        return error.fault
    except TimeoutError:
        return "timeout"
    except OutboxBrokenError:
        raise  # without its disk the agent is of no use: it ends, and says so
    except EdgeError as error:
        log.debug("attempt refused", extra={"device": name, "error": str(error)})
        return "refused"
    except Exception:
        log.exception("connector faulted", extra={"device": name})
        return "device"
    return ""


def _obey_stop() -> None:
    """A library may swallow a cancellation (`asyncio.wait_for` of Python 3.11 does); the task still knows of it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class PollLoop:
    """Asks one device on its own grid of moments; a slow or dead device delays only itself."""

    def __init__(self, device: Device, poller: Poller, *, offer: Callable[..., None], vitals: Vitals, clock: Clock):
        self._device = device
        self._poller = poller
        self._offer = offer
        self._vitals = vitals
        self._clock = clock
        self._polling = asyncio.Lock()

    async def rest(self, *, within_s: float) -> None:
        """Returns when no poll is under way, or the time is over; to be cancelled then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._polling.acquire()  # for good: there shall be no other poll

    async def run(self) -> None:
        """Polls for ever."""
        breaker, period_s = Breaker(), self._device.period_s
        try:
            await self._clock.sleep(first_delay_s(self._device.id, period_s))
            while True:
                began = self._clock.monotonic()
                fault = await self.once()
                breaker = breaker.failed() if fault else Breaker()
                spent = self._clock.monotonic() - began
                await self._clock.sleep(next_delay_s(breaker.period_s(period_s), spent))
        finally:
            await self._poller.close()

    async def once(self) -> str:
        """One poll: what came of it is offered on; a dead device says so for each of its points. Gives the fault."""
        async with self._polling:
            return await self._once()

    async def _once(self) -> str:
        fault = await attempt(self._device.id, self._read)
        if fault:
            samples = [Sample(self._device.id, point.key, None, fault=fault) for point in self._device.profile.points]
            self._offer(samples)
        self._vitals.note(self._device.id, fault)
        return fault

    async def _read(self) -> None:
        async with asyncio.timeout(patience_s(self._poller, self._device.period_s)):
            observations = await self._poller.poll()
        self._offer(observations)


async def keep_going(
    name: str, work: Callable[[], Awaitable[None]], *, lost: Callable[[str], None], clock: Clock
) -> None:
    """Begins the work again whenever it ends: later each time until it once lasted, and much later when refused."""
    soon, late = Backoff(base_s=0.5, cap_s=LONGEST_WAIT_S), Backoff(base_s=5.0, cap_s=120.0)
    while True:
        began = clock.monotonic()
        fault = await attempt(name, work)
        lost(fault or "ended")
        if clock.monotonic() - began >= GOOD_SESSION_S:
            soon.reset()
            late.reset()
        await clock.sleep((late if fault in (UNAUTHORISED, TAKEN_OVER) or fault.startswith(OWN) else soon).next_delay())


def patience_s(poller: Poller, period_s: float) -> float:
    """How long a poll may take: the device's period within bounds, unless its connector asks for more."""
    own_s: float = getattr(poller, "longest_poll_s", 0.0)
    return max(own_s, min(LONGEST_POLL_S, max(SHORTEST_POLL_S, period_s)))


def first_delay_s(device: str, period_s: float) -> float:
    """Spreads the first polls over a second, each device at its own place, so that a restart is no burst."""
    return crc32(device.encode()) % 1000 / 1000 * min(1.0, period_s / 2)


def next_delay_s(period_s: float, spent_s: float) -> float:
    """Until the next moment of the device's grid; moments that a slow answer covered are left out, not caught up."""
    return period_s - spent_s % period_s
