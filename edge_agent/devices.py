"""Keeps the devices read while the configuration changes: whose configuration stays the same is not touched.

```
            one device of twenty changes
  d1 ── poll loop ── connection          the same loop, the same connection, the same memory and counters
  d2 ── poll loop ── connection   ──▶    its poll ends, its connection is let go, another one is made
  d3 ── poll loop ── connection          the same; when d2 and d3 share a wire, the wire stays while d3 needs it
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile
from edge_agent.clockwatch import ClockWatch
from edge_agent.config import ListenConfig
from edge_agent.connector import Listener, Writer
from edge_agent.device import Connectors, Device
from edge_agent.flow import Flow
from edge_agent.racing import ended
from edge_agent.registry import PUSH, expect_pushes, is_pushed
from edge_agent.supervisor import PollLoop, keep_going
from edge_agent.vitals import Vitals

POLL_ENDS_S = 5.0  # a poll that is under way is let to its end: on a serial line its late answer could pass for another

BESIDE = "/"  # `d1/traps` is a listener of d1 beside its poller; no device has this letter in its name

Build = Callable[[Sequence[Device], ListenConfig], Connectors]


@dataclass(frozen=True, slots=True)
class _Work:
    """What keeps one connector going: a loop where the schedule is ours, a listener where it is the device's."""

    task: asyncio.Task[None]
    loop: PollLoop | None = None
    listener: Listener | None = None


class Devices:
    """Owns the connectors at work. `writers` and `profiles` are live: they always show the devices of this moment."""

    def __init__(self, build: Build, *, flow: Flow, vitals: Vitals, clock: ClockWatch) -> None:
        self._build = build
        self._flow = flow
        self._vitals = vitals
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._open = asyncio.Event()
        self._works: dict[str, _Work] = {}
        self._now: dict[str, Device] = {}
        self._listen: ListenConfig | None = None
        self.writers: dict[str, Writer] = {}
        self.profiles: dict[str, DeviceProfile] = {}

    @property
    def current(self) -> Sequence[Device]:
        """The devices of this moment, in the order of the configuration."""
        return tuple(self._now.values())

    async def run(self) -> None:
        """Holds everything that is at work until it is cancelled; `change` brings the devices meanwhile."""
        async with asyncio.TaskGroup() as self._group:
            self._open.set()
            await asyncio.Event().wait()

    async def change(self, devices: Sequence[Device], listen: ListenConfig) -> None:
        """These are the devices from now on; FileFaultsError before anything is touched."""
        await self._open.wait()
        then = {device.id: device for device in devices}
        stay = {name for name, device in then.items() if name in self._now and device.reads_as(self._now[name])}
        fresh = [device for name, device in then.items() if name not in stay]
        pushed = [device for device in devices if is_pushed(device)]
        server = self._works[PUSH].listener if PUSH in self._works and listen == self._listen else None
        door_stays = bool(pushed) and server is not None
        built = [device for device in fresh if not is_pushed(device)] + ([] if door_stays else pushed)
        doors = self._build(built, listen)
        gone = [name for name in self._now if name not in stay] + ([] if door_stays else [PUSH])
        await self._let_go(gone)
        names = {device.id for device in fresh}
        await self._flow.change(devices, fresh=names)
        self._vitals.change([*then], fresh=names)
        self._now, self._listen = then, listen
        self.profiles.clear()
        self.profiles.update({device.id: device.profile for device in devices})
        if door_stays and server is not None:
            expect_pushes(server, pushed)
        self._begin(built, doors)

    async def read(self, device: str) -> str:
        """One reading now, beside the schedule; its fault. Listeners are not asked: their devices own the pace."""
        work = self._works.get(device)
        return "" if work is None or work.loop is None else await work.loop.once()

    def listener(self, device: str) -> Listener | None:
        """What hears this device; None when it is polled, or is not at work."""
        work = self._works.get(device)
        return work.listener if work is not None else None

    async def begin_again(self, device: str) -> None:
        """Makes the connection of this device anew; the others go on."""
        chosen = self._now[device]
        if self._listen is None or is_pushed(chosen):
            return  # a device that pushes has no connection of ours
        doors = self._build([chosen], self._listen)
        await self._let_go([device])
        self._begin([chosen], doors)

    def _begin(self, built: Sequence[Device], doors: Connectors) -> None:
        if self._group is None:
            raise RuntimeError("devices change only while `run` runs")
        self.writers.update(doors.writers)
        for device in built:
            if device.id in doors.pollers:
                poller = doors.pollers[device.id]
                loop = PollLoop(device, poller, offer=self._flow.offer, vitals=self._vitals, clock=self._clock)
                self._works[device.id] = _Work(self._group.create_task(loop.run()), loop=loop)
        for name, listener in doors.listeners.items():
            if name not in self._works:
                self._works[name] = _Work(self._group.create_task(self._heard(name, listener)), listener=listener)

    async def _heard(self, name: str, listener: Listener) -> None:
        await keep_going(
            name,
            lambda: listener.listen(self._flow.deliver),
            lost=lambda fault: self._note_lost(name, fault),
            clock=self._clock,
        )

    def _note_lost(self, name: str, fault: str) -> None:
        """A lost listener concerns its device; the push endpoint concerns every device that pushes."""
        for device in self.current:
            if device.id == name or (name == PUSH and is_pushed(device)):
                self._vitals.note(device.id, fault)

    async def _let_go(self, names: Sequence[str]) -> None:
        """Ends these works, all at once; a poll that is under way may end first."""
        works = [self._works.pop(key) for key in [*self._works] if key.partition(BESIDE)[0] in names]
        for name in names:
            self.writers.pop(name, None)
        async with asyncio.TaskGroup() as group:
            for work in works:
                if work.loop is not None:
                    group.create_task(work.loop.rest(within_s=POLL_ENDS_S))
        await ended([work.task for work in works])
