"""Configurations and sealed secrets: only the centre signs, only the gateway opens."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from device_profiles.wire import Command, Configuration, Settings, WireError, decode, encode, fingerprint
from device_profiles.wire.configuration import sign_configuration, verify_configuration
from device_profiles.wire.messages import SignedCommand
from device_profiles.wire.sealing import LONGEST_SECRET, seal, unseal
from device_profiles.wire.signing import sign, verify

CENTRE = Ed25519PrivateKey.generate()
GATEWAY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
CONTEXT = "gw-1/camera-1"
texts = st.text(max_size=20)
tables = st.dictionaries(texts, st.one_of(st.integers(-9, 9), st.booleans(), texts, st.none()), max_size=4)
settings = st.builds(
    Settings,
    devices=st.none() | st.lists(tables, max_size=3),
    broker=st.none() | tables,
    gateway=st.none() | tables,
    release=texts,
)
configurations = st.builds(
    Configuration,
    v=st.just(1),
    gateway=st.just("gw-1"),
    version=st.integers(1, 2**53),
    issued_at=st.integers(0, 2**53),
    settings=settings,
    sealed=st.dictionaries(texts, texts, max_size=3),
)
SAMPLE = Configuration(v=1, gateway="gw-1", version=7, issued_at=1, settings=Settings(broker={"url": "mqtt://b"}))


@given(configurations)
def test_what_the_centre_signs_is_what_the_gateway_gets(configuration: Configuration) -> None:
    signed = sign_configuration(configuration, CENTRE)
    assert verify_configuration(signed, CENTRE.public_key(), gateway="gw-1") == configuration
    assert decode(encode(configuration), Configuration) == configuration


@given(st.data())
def test_a_changed_character_breaks_the_signature(data: st.DataObject) -> None:
    signed = sign_configuration(SAMPLE, CENTRE)
    at = data.draw(st.integers(0, len(signed.body) - 1))
    other = "x" if signed.body[at] != "x" else "y"
    forged = replace(signed, body=signed.body[:at] + other + signed.body[at + 1 :])
    with pytest.raises(WireError) as caught:
        verify_configuration(forged, CENTRE.public_key(), gateway="gw-1")
    assert caught.value.reason == "signature"


def test_a_configuration_for_another_gateway_is_refused() -> None:
    with pytest.raises(WireError) as caught:
        verify_configuration(sign_configuration(SAMPLE, CENTRE), CENTRE.public_key(), gateway="gw-2")
    assert caught.value.reason == "wrong_gateway"


def test_a_signed_command_is_no_configuration_and_the_other_way_round() -> None:
    order = Command(v=1, id="c", gateway="gw-1", device="d", verb="reboot", issued_at=1, expires_at=2)
    as_command, as_configuration = sign(order, CENTRE), sign_configuration(SAMPLE, CENTRE)
    with pytest.raises(WireError, match="malformed"):
        verify(SignedCommand(as_configuration.body, as_configuration.signature), CENTRE.public_key(), gateway="gw-1")
    with pytest.raises(WireError, match="malformed"):
        verify_configuration(replace(as_configuration, body=as_command.body, signature=as_command.signature),
                             CENTRE.public_key(), gateway="gw-1")  # fmt: skip


def test_the_fingerprint_knows_what_is_said_and_not_when_or_in_which_order() -> None:
    one = replace(SAMPLE, settings=Settings(broker={"url": "mqtt://b", "username": "u"}))
    same = replace(one, version=8, issued_at=9, settings=Settings(broker={"username": "u", "url": "mqtt://b"}))
    assert fingerprint(one) == fingerprint(same)
    assert fingerprint(one) != fingerprint(replace(one, sealed={"a": "b"}))
    assert fingerprint(one) != fingerprint(SAMPLE)


@pytest.mark.parametrize("version", [0, -1, 2**60])
def test_a_version_that_cannot_be_is_refused(version: int) -> None:
    with pytest.raises(WireError):
        decode(encode(replace(SAMPLE, version=version)), Configuration)


@given(st.binary(max_size=200))
def test_a_sealed_secret_opens_with_the_gateways_key(secret: bytes) -> None:
    assert unseal(GATEWAY, seal(GATEWAY.public_key(), secret, context=CONTEXT), context=CONTEXT) == secret


def test_a_sealed_secret_opens_for_no_other_key_and_under_no_other_name() -> None:
    sealed = seal(GATEWAY.public_key(), b"secret", context=CONTEXT)
    for key, context in ((OTHER, CONTEXT), (GATEWAY, "gw-1/camera-2"), (GATEWAY, "gw-2/camera-1")):
        with pytest.raises(WireError) as caught:
            unseal(key, sealed, context=context)
        assert caught.value.reason == "sealed"
    assert "secret" not in base64.b64decode(sealed).decode("latin-1")
    assert sealed != seal(GATEWAY.public_key(), b"secret", context=CONTEXT)


@given(st.data())
def test_a_damaged_secret_never_opens(data: st.DataObject) -> None:
    packed = bytearray(base64.b64decode(seal(GATEWAY.public_key(), b"secret", context=CONTEXT)))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    cut = packed[: data.draw(st.integers(0, len(packed)))]
    with pytest.raises(WireError):
        unseal(GATEWAY, base64.b64encode(cut).decode(), context=CONTEXT)


@given(st.text(max_size=100))
def test_nonsense_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(WireError):
        unseal(GATEWAY, text, context=CONTEXT)


def test_a_picture_is_no_secret() -> None:
    with pytest.raises(WireError):
        seal(GATEWAY.public_key(), b"x" * (LONGEST_SECRET + 1), context=CONTEXT)
