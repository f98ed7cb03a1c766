"""A signed request is believed when nothing of it was changed, and not a byte less."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.wire.errors import WireError
from device_profiles.wire.requests import (
    SIGNATURE,
    WINDOW_MS,
    Asked,
    Stamp,
    check_time,
    read_proof,
    sign_request,
    verify_request,
)

KEY = ec.generate_private_key(ec.SECP256R1())
STAMP = Stamp("gw-thao", 1_780_000_000_000, "n0nce-n0nce-n0nce")
ASKED = Asked("POST", "/api/v1/commissioning?site=7", "Ảnh tủ điện".encode())
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@given(TEXTS, st.binary(max_size=200), st.integers(0, 2**53))
def test_what_was_signed_is_believed(target: str, body: bytes, at: int) -> None:
    asked, stamp = Asked("post", target, body), replace(STAMP, at=at)
    proof = read_proof(sign_request(KEY, asked, stamp))
    assert proof.stamp == stamp
    verify_request(KEY.public_key(), asked, proof)


@pytest.mark.parametrize(
    "changed",
    [
        replace(ASKED, method="PUT"),
        replace(ASKED, target="/api/v1/commissioning?site=8"),
        replace(ASKED, body=ASKED.body + b" "),
        replace(ASKED, body_sha256="00" * 32),
    ],
)
def test_what_was_changed_is_forged(changed: Asked) -> None:
    proof = read_proof(sign_request(KEY, ASKED, STAMP))
    with pytest.raises(WireError, match="forged"):
        verify_request(KEY.public_key(), changed, proof)


@pytest.mark.parametrize("stamp", [replace(STAMP, at=STAMP.at + 1), replace(STAMP, nonce="another-n0nce-word")])
def test_a_stamp_cannot_be_changed_either(stamp: Stamp) -> None:
    proof = replace(read_proof(sign_request(KEY, ASKED, STAMP)), stamp=stamp)
    with pytest.raises(WireError, match="forged"):
        verify_request(KEY.public_key(), ASKED, proof)


def test_another_key_is_not_believed() -> None:
    proof = read_proof(sign_request(ec.generate_private_key(ec.SECP256R1()), ASKED, STAMP))
    with pytest.raises(WireError, match="forged"):
        verify_request(KEY.public_key(), ASKED, proof)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Thacba-Gateway", "../x", "malformed"),
        ("Thacba-Time", "-1", "malformed"),
        ("Thacba-Nonce", "short", "malformed"),
        ("Thacba-Signature", "***", "malformed"),
    ],
)
def test_headers_that_cannot_be_read_are_named(name: str, value: str, reason: str) -> None:
    headers = sign_request(KEY, ASKED, STAMP) | {name: value}
    with pytest.raises(WireError, match=reason):
        read_proof(headers)


def test_a_plain_request_is_unsigned() -> None:
    with pytest.raises(WireError, match="unsigned"):
        read_proof({"accept": "*/*"})
    lower = {name.lower(): value for name, value in sign_request(KEY, ASKED, STAMP).items()}
    assert read_proof(lower).stamp == STAMP
    assert SIGNATURE.lower() in lower


def test_old_requests_are_stale() -> None:
    check_time(STAMP, now=STAMP.at + WINDOW_MS)
    with pytest.raises(WireError, match="stale"):
        check_time(STAMP, now=STAMP.at - WINDOW_MS - 1)
