"""Whatever somebody sends in the place of keys and certificates is refused with a word, and nothing else happens."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.identity.centre import certificates_in
from edge_agent.identity.errors import PapersError
from edge_agent.identity.papers import (
    key_pem,
    new_key,
    prove,
    read_certificates,
    read_key,
    signing_request,
    successor_in,
)
from tests.edge_agent.identity.authority import Authority, now_ms
from tests.edge_agent.identity.stand import Stand, identity_of

AUTHORITY = Authority()
KEY = new_key()
IDENTITY = identity_of(Stand(AUTHORITY, url="https://centre.example"), KEY)
NEW = AUTHORITY.issue(signing_request(IDENTITY.key, name=""), IDENTITY.gateway)
PACKED = b64encode(pkcs7.serialize_certificates([NEW, AUTHORITY.issuing, AUTHORITY.root], Encoding.DER))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_octets_are_refused(octets: bytes) -> None:
    for read in (read_key, read_certificates, certificates_in, lambda each: certificates_in(b64encode(each))):
        with pytest.raises(PapersError):
            read(octets)


@given(st.integers(0, len(PACKED) - 1), st.integers(0, 255))
@settings(max_examples=400, deadline=None)
def test_an_answer_with_one_wrong_octet_is_proved_or_refused(place: int, octet: int) -> None:
    """Whatever it spoils: base64, PKCS#7, a certificate's version, name, key, date or signature."""
    spoilt = PACKED[:place] + bytes([octet]) + PACKED[place + 1 :]
    try:
        renewed = successor_in(certificates_in(spoilt), IDENTITY)
        prove(renewed, now=now_ms())
    except PapersError:
        return
    assert renewed.certificate == NEW


def test_a_key_of_another_kind_is_none_of_ours() -> None:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(PapersError, match="P-256"):
            read_key(key.private_bytes(*form))
    ours = new_key()
    assert key_pem(read_key(key_pem(ours))) == key_pem(ours)
