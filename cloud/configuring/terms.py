"""What the office of configurations works with, what people hand in, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.configuring.compare import Change
from cloud.configuring.sheet import Profiles
from cloud.errors import CloudError
from cloud.ingest.subscriber import Link
from cloud.inventory.fleet import Fleet
from cloud.store.base import AuditRow
from cloud.store.configuration_port import ConfigurationStore
from device_profiles.clock import Clock
from device_profiles.wire.configuration import CONFIRM_WITHIN_S, Configuration


class UnknownGatewayError(CloudError):
    """The inventory does not know the gateway, or it never had such a version: the API answers 404."""


class ConfigurationChangedError(CloudError):
    """Somebody changed the configuration since it was read: the API answers 412."""


class Keyring(Protocol):
    """The public keys of gateways, from their certificates."""

    def public_key(self, gateway: str) -> EllipticCurvePublicKey | None:
        """The key of the certificate in force; None when it has none. Synchronous, may ask the database."""


class NoKeys:
    """A fleet without certificates: no secret can be sealed."""

    def public_key(self, gateway: str) -> EllipticCurvePublicKey | None:
        """None."""
        del gateway
        return None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the office works with; `knows` says whether the inventory lists a gateway."""

    store: ConfigurationStore
    fleet: Fleet
    link: Link
    keys: Keyring
    knows: Callable[[str], bool]
    profiles: Profiles
    key: Ed25519PrivateKey | None
    audit: Callable[[AuditRow], None]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to be checked or kept, with the secrets that come with it, in clear and only in memory."""

    gateway: str
    text: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changes it, why, from which version on (None = whatever is there), and how long it may prove itself."""

    author: str
    comment: str = ""
    match: int | None = None
    rollout: str = ""
    confirm_within_s: int = CONFIRM_WITHIN_S


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would change: thing by thing, and as lines of text."""

    version: int
    changes: Sequence[Change]
    lines: Sequence[str]
    configuration: Configuration
