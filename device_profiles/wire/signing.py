"""Commands are signed by the centre and checked by the gateway: Ed25519 over the exact text that travels."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from device_profiles.wire.codec import decode, encode
from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Command, SignedCommand


def sign(command: Command, key: Ed25519PrivateKey) -> SignedCommand:
    """The command with the centre's signature."""
    body = encode(command)
    return SignedCommand(body=body.decode(), signature=base64.b64encode(key.sign(body)).decode())


def verify(signed: SignedCommand, key: Ed25519PublicKey, *, gateway: str) -> Command:
    """The command, when the centre signed it for this gateway; WireError otherwise."""
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), signed.body.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise WireError("signature", "the centre did not sign this command") from error
    command = decode(signed.body.encode(), Command)
    if command.gateway != gateway:
        raise WireError("wrong_gateway", f"signed for {command.gateway!r}")
    return command
