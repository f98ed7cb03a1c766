"""What follows from an identity for the rest of the agent: its name, its broker, its key, and who keeps all this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device_profiles.schema import Text
from edge_agent.clockwatch import ClockWatch
from edge_agent.config import BrokerConfig, GatewayConfig
from edge_agent.identity.joining import Box, Joiner
from edge_agent.identity.keeper import IdentityKeeper
from edge_agent.identity.papers import Identity
from edge_agent.identity.renewal import Renewer
from edge_agent.identity.serial import serial_number
from edge_agent.identity.store import IdentityStore
from edge_agent.uplink.link import Credential, Papers

CENTRE_FILE = "centre.url"


def as_member(config: GatewayConfig, identity: Identity, store: IdentityStore) -> GatewayConfig:
    """The configuration of this member. Its name is the identity's; broker and command key are those of the welcome,

    unless the configuration names its own.
    """
    welcome = identity.welcome
    gateway = config.gateway.model_copy(
        update={"id": identity.gateway, "name": Text(vi=welcome.name_vi, en=welcome.name_en)}
    )
    centre = config.centre
    if not centre.command_key:
        centre = centre.model_copy(update={"command_key": welcome.command_key})
    broker = config.broker
    if broker is None and welcome.broker_url:
        encrypted = welcome.broker_url.startswith("mqtts://")
        broker = BrokerConfig.model_validate(
            {"url": welcome.broker_url, "ca_file": store.broker_authorities_file if encrypted else None}
        )
    return config.model_copy(update={"gateway": gateway, "centre": centre, "broker": broker})


def credential_of(store: IdentityStore, papers: Papers | None = None) -> Credential:
    """The certificate that the link shows; the keeper wants to hear what the broker thinks of it."""
    return Credential(store.certificate_file, store.key_file, papers)


def centre_in(settings: Path) -> str:
    """The address in `centre.url`, perhaps with `#pin=`; empty when there is no such file."""
    try:
        return (settings / CENTRE_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def build_keeper(
    data_dir: Path, clock: ClockWatch, *, settings: Path, agent: str, joined: Callable[[Identity], None]
) -> IdentityKeeper:
    """The keeper of the identity in this data folder. `agent` is the program's name and version.

    `settings` is the folder of gateway.toml; a file `centre.url` in it names the centre for codes that are typed.
    """
    store = IdentityStore(data_dir)
    joiner = Joiner(
        store,
        clock=clock,
        box=lambda: Box(serial_number(store.serial()).number, agent),
        centre=lambda: centre_in(settings),
    )
    return IdentityKeeper(store, clock=clock, joiner=joiner, renewer=Renewer(store, clock=clock), joined=joined)
