"""Commands: only what the centre signed, for this gateway, is believed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_profiles.wire import Command, SignedCommand, WireError
from device_profiles.wire.signing import sign, verify

KEY = Ed25519PrivateKey.generate()
COMMAND = Command(v=1, id="c1", gateway="gw-1", device="kiosk", verb="reboot", issued_at=1, expires_at=2)


def test_a_signed_command_comes_back() -> None:
    assert verify(sign(COMMAND, KEY), KEY.public_key(), gateway="gw-1") == COMMAND


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (SignedCommand(body=sign(COMMAND, KEY).body + " ", signature=sign(COMMAND, KEY).signature), "signature"),
        (SignedCommand(body=sign(COMMAND, KEY).body, signature="?"), "signature"),
        (SignedCommand(body=sign(COMMAND, KEY).body, signature="chữ ký"), "signature"),
        (sign(COMMAND, Ed25519PrivateKey.generate()), "signature"),
    ],
)
def test_what_the_centre_did_not_sign_is_refused(signed: SignedCommand, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        verify(signed, KEY.public_key(), gateway="gw-1")
    assert caught.value.reason == reason


def test_a_command_for_another_gateway_is_refused() -> None:
    with pytest.raises(WireError, match="wrong_gateway"):
        verify(sign(COMMAND, KEY), KEY.public_key(), gateway="gw-2")
