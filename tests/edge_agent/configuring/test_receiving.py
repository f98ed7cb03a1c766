"""What may become the configuration of a gateway: who signed it, and whether its secrets open here."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from device_profiles.wire import Configuration, WireError, encode
from device_profiles.wire.configuration import sign_configuration
from device_profiles.wire.sealing import seal
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import merged, over, settings_in, with_secrets
from edge_agent.configuring.receiving import Reception
from edge_agent.configuring.store import Kept
from tests.edge_agent.configuring.rig import CENTRE_KEY, configuration

OWN = ec.generate_private_key(ec.SECP256R1())
BROKER = {"url": "mqtt://b", "password_file": "sealed:broker"}


def reception(*, key: bool = True, own: bool = True) -> Reception:
    return Reception(key=lambda: CENTRE_KEY.public_key() if key else None, own_key=lambda: OWN if own else None)


def sealed(version: int = 1, *, secret: bytes = b"s3cret", gateway: str = "gw-1") -> Configuration:
    wanted = configuration("gw-1", version, broker=BROKER)
    return replace(wanted, sealed={"broker": seal(OWN.public_key(), secret, context=f"{gateway}/broker")})


def test_what_the_centre_sealed_is_opened_and_never_shown() -> None:
    arrived = reception().from_centre(sealed(), None)
    assert arrived.opened == {"broker": b"s3cret"}
    assert "s3cret" not in repr(arrived)


def test_a_secret_that_is_known_already_is_not_opened_again() -> None:
    first = sealed()
    before = Kept(first, {"broker": "broker.0123"})
    again = reception(own=False).from_centre(replace(first, version=2), before)
    assert (again.opened, again.kept.secrets) == ({}, {"broker": "broker.0123"})
    other = reception().from_centre(sealed(3, secret=b"new"), before)
    assert (other.opened, other.kept.secrets) == ({"broker": b"new"}, {})


def test_a_name_without_a_secret_means_the_one_that_is_there() -> None:
    wanted = configuration("gw-1", 2, broker=BROKER)
    before = Kept(sealed(), {"broker": "broker.0123"})
    assert reception().from_centre(wanted, before).kept.secrets == {"broker": "broker.0123"}
    with pytest.raises(ConfigurationError, match="is not on this gateway"):
        reception().from_centre(wanted, None)


@pytest.mark.parametrize(("gateway", "own"), [("gw-2", True), ("gw-1", False)])
def test_a_secret_for_another_gateway_or_without_a_key_is_refused(gateway: str, own: bool) -> None:
    with pytest.raises(ConfigurationError, match="secret"):
        reception(own=own).from_centre(sealed(gateway=gateway), None)


def test_without_the_centres_key_nothing_is_believed() -> None:
    payload = encode(sign_configuration(sealed(), CENTRE_KEY))
    assert reception().verified(payload, gateway="gw-1").version == 1
    with pytest.raises(WireError, match="no_key"):
        reception(key=False).verified(payload, gateway="gw-1")


def test_what_the_site_changes_goes_over_what_runs() -> None:
    before = Kept(sealed(), {"broker": "broker.0123"})
    arrived = reception().from_site({"settings": {"devices": []}}, before, gateway="gw-1", number=1)
    assert arrived.kept.configuration.settings.broker == BROKER
    assert (arrived.label.source, arrived.kept.secrets) == ("site", {"broker": "broker.0123"})
    other = reception().from_site(
        {"settings": {"broker": BROKER}, "secrets": {"broker": "typed"}}, before, gateway="gw-1", number=1
    )
    assert (other.opened, other.kept.configuration.sealed) == ({"broker": b"typed"}, {})
    assert other.label.hash != arrived.label.hash


@pytest.mark.parametrize(
    "document",
    [
        {"settings": {"devices": {}}},
        {"settings": {"gateway": {"id": "other"}}},
        {"settings": {"gateway": {"data_dir": "/"}}},
        {"settings": {"centre": {"command_key": "mine"}}},
        {"settings": [], "secrets": {}},
        {"settings": {}, "secrets": {"x": 7}},
        {"settings": {}, "secrets": {"../x": "y"}},
    ],
)
def test_nonsense_and_what_belongs_to_the_box_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        reception().from_site(document, None, gateway="gw-1", number=0)


def test_tables_lie_over_tables() -> None:
    base = {"gateway": {"id": "gw-1", "batch_s": 1}, "broker": {"url": "mqtt://a", "username": "u"}, "centre": {}}
    settings = settings_in({"gateway": {"batch_s": 2}, "broker": {"url": "mqtt://b"}})
    assert merged(base, settings) == {
        "gateway": {"id": "gw-1", "batch_s": 2},
        "broker": {"url": "mqtt://b"},
        "centre": {},
    }
    assert over(settings, settings_in({"devices": []})).broker == {"url": "mqtt://b"}
    assert with_secrets({"a": ["sealed:x", 1]}, {"x": "/s/x"}) == {"a": ["/s/x", 1]}
