"""A device as the gateway knows it, the doors that lead to it, and what the rooms of connectors find around them."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text
from edge_agent.connector import Listener, Poller, Writer

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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a room may use: `wires` are those that devices share, over one configuration and the next."""

    listen: ListenAddress
    data_dir: Path
    clock: Clock
    wires: Wires = field(default_factory=dict)
