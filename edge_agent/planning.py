"""A configuration that was found good: nothing in it can fail for a reason that a person must mend."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from device_profiles.explain import Fault
from device_profiles.load import Catalogue, FileFaultsError
from edge_agent.config import GatewayConfig
from edge_agent.device import Device
from edge_agent.outbox.base import Bounds
from edge_agent.registry import resolve
from edge_agent.uplink.commands import command_key
from edge_agent.uplink.link import Credential, Link


@dataclass(frozen=True, slots=True)
class Plan:
    """What the agent shall be. Without a `link` it only keeps what it reads; `version` is the hash of the tables."""

    config: GatewayConfig
    devices: tuple[Device, ...]
    link: Link | None
    version: str

    @property
    def bounds(self) -> Bounds:
        """How much the outbox keeps."""
        return Bounds(self.config.outbox.max_bytes, self.config.outbox.max_days)


def plan_for(config: GatewayConfig, catalogue: Catalogue, *, file: str, credential: Credential | None = None) -> Plan:
    """Checks everything that a configuration names, without touching the network; FileFaultsError otherwise.

    `credential` is the certificate that the link shows, for a gateway that has joined.
    """
    devices = resolve(config, catalogue, file=file)
    command_key(config.centre.command_key)
    if config.broker is not None and not config.gateway.id:
        hint = "`thacba-edge join` brings it, or give it here"
        raise FileFaultsError([Fault(file, "gateway.id", "is missing: who speaks to a broker has a name", hint)])
    fingerprint = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]
    return Plan(config, devices, _link(config, credential), fingerprint)


def _link(config: GatewayConfig, credential: Credential | None) -> Link | None:
    broker = config.broker
    if broker is None:
        return None
    host, port = broker.address
    password = broker.password()
    return Link(
        host=host,
        port=port,
        encrypted=broker.encrypted,
        authorities=broker.authorities(),
        credential=credential if broker.encrypted else None,
        username=broker.username,
        password=password.get_secret_value() if password else None,
        keep_alive_s=broker.keep_alive_s,
        receipt_timeout_s=broker.receipt_timeout_s,
        health_period_s=config.gateway.health_period_s,
        bytes_per_day=broker.bytes_per_day,
    )
