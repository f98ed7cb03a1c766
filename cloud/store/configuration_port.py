"""The port of desired configurations, roll-outs in waves, and orders that wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Source = Literal["centre", "site"]
RolloutState = Literal["asked", "running", "paused", "stopped", "aborted", "done"]
MemberState = Literal["waiting", "sent", "good", "rolled_back", "lost", "refused", "overtaken"]
RequestState = Literal["waiting", "confirmed", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class ConfigurationRow:
    """One version of what a gateway shall run, exactly as it was written. Times in ms since 1970 UTC.

    `text` is TOML with the tables of gateway.toml; `sealed` maps names of secrets to what only the gateway can open.
    `body` and `signature` are what was signed and is sent; `rollout` names the roll-out that made it, "" = a person.
    """

    gateway: str
    version: int
    source: Source
    author: str
    at: int
    comment: str
    text: str
    body: str
    signature: str
    sealed: Mapping[str, str] = field(default_factory=dict)
    sealed_to: str = ""  # SHA-256 of the public key that the secrets are sealed to
    rollout: str = ""


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """A change that goes through a fleet in waves. `change` and `plan` are JSON texts owned by cloud/configuring."""

    id: str
    title: str
    author: str
    at: int
    comment: str
    change: str
    plan: str
    state: RolloutState
    wave: int = 0
    wave_at: int = 0
    reason: str = ""
    confirmed_by: str = ""
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One gateway of a roll-out: in which wave it stands, and what became of it."""

    rollout: str
    gateway: str
    wave: int
    state: MemberState = "waiting"
    version: int = 0
    at: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """An order that a second person must confirm. `arguments` is JSON."""

    id: str
    gateway: str
    device: str
    verb: str
    arguments: str
    asked_by: str
    asked_at: int
    expires_at: int
    comment: str = ""
    state: RequestState = "waiting"
    decided_by: str = ""
    decided_at: int = 0
    outcome: str = ""


class ConfigurationStore(Protocol):
    """Versions, roll-outs and requests, kept beside the state. Synchronous, as the StateStore is."""

    def add(self, row: ConfigurationRow) -> None:
        """Keeps a version; StateConflictError when somebody else took its number."""

    def newest(self, gateway: str) -> ConfigurationRow | None:
        """What a gateway shall run."""

    def newest_of_all(self) -> Sequence[ConfigurationRow]:
        """What every gateway shall run."""

    def versions(self, gateway: str, *, limit: int) -> Sequence[ConfigurationRow]:
        """Every version of a gateway, newest first."""

    def version(self, gateway: str, version: int) -> ConfigurationRow | None:
        """One version of a gateway."""

    def put_rollout(self, row: RolloutRow, members: Sequence[MemberRow] = ()) -> None:
        """Keeps a roll-out with these of its members, all of it or nothing."""

    def rollout(self, identifier: str) -> RolloutRow | None:
        """One roll-out."""

    def rollouts(self, *, limit: int, open_only: bool = False) -> Sequence[RolloutRow]:
        """Roll-outs, newest first; `open_only`: those that somebody or time still moves."""

    def members(self, rollout: str) -> Sequence[MemberRow]:
        """The gateways of a roll-out by wave and id."""

    def put_request(self, row: RequestRow) -> None:
        """Keeps an order that waits, or what became of it."""

    def decide(self, row: RequestRow) -> bool:
        """Changes a request that still waits; False when somebody else was first."""

    def request(self, identifier: str) -> RequestRow | None:
        """One request."""

    def requests(self, *, limit: int, gateway: str | None = None) -> Sequence[RequestRow]:
        """Requests, newest first."""
