"""What a gateway is told to be: a numbered configuration, signed by the centre as the exact text that travels."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from device_profiles.wire.codec import decode, encode
from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Message, Moment, Settings, Version

CONFIRM_WITHIN_S = 300
HASH_DIGITS = 12


class Configuration(Message, frozen=True):
    """One version of what a gateway shall be. `version` rises; an older one than the newest seen is never taken.

    `sealed`: name -> a secret that only this gateway can open (`sealing.seal`, context `<gateway>/<name>`). A name that
    the settings use and `sealed` does not hold means the secret that the gateway already has under this name.
    """

    v: Version
    gateway: str
    version: Annotated[int, Meta(ge=1, le=2**53)]
    issued_at: Moment
    settings: Settings
    source: Literal["centre", "site"] = "centre"
    confirm_within_s: Annotated[int, Meta(ge=5, le=86_400)] = CONFIRM_WITHIN_S
    sealed: dict[str, str] = msgspec.field(default_factory=dict)


class SignedConfiguration(Message, frozen=True):
    """A configuration as it travels: the exact text of its JSON, and the centre's Ed25519 signature of it in base64."""

    body: str
    signature: str


def fingerprint(configuration: Configuration) -> str:
    """Twelve hex digits of what the configuration says, whatever its number, date and signature are."""
    said = msgspec.to_builtins(configuration.settings), configuration.sealed
    canonical = msgspec.json.encode(said, order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:HASH_DIGITS]


def sign_configuration(configuration: Configuration, key: Ed25519PrivateKey) -> SignedConfiguration:
    """The configuration with the centre's signature."""
    body = encode(configuration)
    return SignedConfiguration(body=body.decode(), signature=base64.b64encode(key.sign(body)).decode())


def verify_configuration(signed: SignedConfiguration, key: Ed25519PublicKey, *, gateway: str) -> Configuration:
    """The configuration, when the centre signed it for this gateway; WireError otherwise."""
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), signed.body.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise WireError("signature", "the centre did not sign this configuration") from error
    configuration = decode(signed.body.encode(), Configuration)
    if configuration.gateway != gateway:
        raise WireError("wrong_gateway", f"signed for {configuration.gateway!r}")
    return configuration
