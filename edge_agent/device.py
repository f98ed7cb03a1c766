"""A device as the gateway knows it, the doors that lead to it, and what the rooms of connectors find around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text
from edge_agent.connector import LinkError, Listener, Poller, Scalar, Writer

Wires = MutableMapping[tuple[object, ...], Any]  # each room alone knows what its wires are


class Connection(Protocol):
    """How a device is reached: the frozen model of some room, told apart by its kind."""

    @property
    def kind(self) -> str:
        """Name of the kind, as in the configuration."""

    def model_dump(self, *, mode: str = "python", exclude_defaults: bool = False) -> dict[str, Any]:
        """Its fields, as pydantic gives them."""


class ListenAddress(Protocol):
    """Where devices may push to."""

    @property
    def host(self) -> str:
        """Address of the interface."""

    @property
    def port(self) -> int:
        """Port; 0 for a free one."""

    @property
    def request_within_s(self) -> int:
        """Longest wait for a request's head, then for its body, and between two requests."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device with its profile, site overrides applied; `hash` names the profile as the catalogue holds it.

    A model that reports as another one has that one's name and hash here: nobody but its connector sees the difference.
    """

    id: str
    name: Text
    profile: DeviceProfile
    hash: str
    period_s: float
    connection: Connection

    def reads_as(self, other: Device) -> bool:
        """Whether nothing but the name differs: then its connection, its schedule and its memory go on."""
        return replace(self, name=other.name) == other


@dataclass(frozen=True, slots=True)
class Connectors:
    """The doors to the devices: pollers and writers by device, listeners by the name that logs use."""

    pollers: Mapping[str, Poller] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    writers: Mapping[str, Writer] = field(default_factory=dict)

    def and_those(self, others: Connectors) -> Connectors:
        """Both together."""
        return Connectors(
            {**self.pollers, **others.pollers},
            {**self.listeners, **others.listeners},
            {**self.writers, **others.writers},
        )


class Heard(Protocol):
    """A reading of a neighbour, as far as others may go by it."""

    @property
    def point(self) -> str:
        """Key of the point."""

    @property
    def value(self) -> Scalar | None:
        """The value; None when the reading is bad."""

    @property
    def quality(self) -> str:
        """Empty when good, `uncertain:<reason>`, or `bad:<reason>`."""

    @property
    def observed_at(self) -> int:
        """When, in ms since 1970 UTC."""


Tell = Callable[[Sequence[Heard]], None]


class Neighbours(Protocol):
    """The other devices of the gateway, for a room that goes by their readings and drives their outputs."""

    def follow(self, device: str, tell: Tell) -> Callable[[], None]:
        """From now on `tell` gets the device's newest readings at each of its readings; the answer ends that."""

    async def order(self, device: str, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """What came of a command; CommandError when it is refused, LinkError when the device does not answer."""

    def reaches_centre(self) -> bool:
        """Whether the link to the centre is up."""


class Alone:
    """There is nobody else, as in a trial of one device."""

    def follow(self, device: str, tell: Tell) -> Callable[[], None]:
        """Nobody tells anything."""
        del device, tell
        return lambda: None

    async def order(self, device: str, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Nobody is there."""
        del verb, arguments
        raise LinkError("no_answer", f"{device} is not at work here")

    def reaches_centre(self) -> bool:
        """Nobody is there."""
        return False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a room may use: `wires` are those that devices share, over one configuration and the next."""

    listen: ListenAddress
    data_dir: Path
    clock: Clock
    wires: Wires = field(default_factory=dict)
    neighbours: Neighbours = field(default_factory=Alone)
    looks_only: bool = False  # one look beside the agent, which keeps nothing: what waits for the agent must stay
