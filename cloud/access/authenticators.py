"""The door to py_webauthn: what a browser is asked for passkeys, and what a device's answer proves.

Devices verify their person (finger, face or PIN) both when a passkey is made and whenever it answers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cloud.access.passkeys import LASTS_MS, Party, PasskeyRow, handle_of
from cloud.errors import CloudError

ISSUER: Final = "Thacba"
LONGEST_ID: Final = 1023  # bytes; WebAuthn §5.8.3
# A stranger's bytes may break a parser anywhere; whatever it says then, they prove nothing.
UNREADABLE: Final = (
    WebAuthnException, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError,
    OverflowError, RecursionError, EOFError, struct.error,
)  # fmt: skip
Answer = Mapping[str, Any]  # a PublicKeyCredential as the browser's toJSON() writes it


class UnprovenError(CloudError):
    """The answer proves nothing; says why, for the log."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey: its id and its public key (COSE), both in base64url, and where its counter stands."""

    credential: str
    public_key: str
    counter: int


def registration(party: Party, user: str, known: Sequence[PasskeyRow], challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.create` takes, as JSON; `known`: the person's passkeys, which are not made again."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=ISSUER,
        user_name=user,
        user_id=handle_of(user),
        challenge=challenge,
        timeout=LASTS_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_described(known),
    )
    return _plain(options_to_json(options))


def question(party: Party, known: Sequence[PasskeyRow], challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, as JSON; only the `known` passkeys may answer."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=LASTS_MS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(options_to_json(options))


def challenge_in(answer: Answer) -> bytes:
    """Which question is answered; UnprovenError when that cannot be read, or another site's frame answers."""
    try:
        said = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        if said.cross_origin:
            raise UnprovenError("given in a frame of another site")
        return bytes(said.challenge)
    except UNREADABLE as error:
        raise UnprovenError("cannot be read") from error


def made(party: Party, answer: Answer, challenge: bytes) -> Made:
    """The passkey that a device has made; UnprovenError."""
    try:
        found = verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except UNREADABLE as error:
        raise UnprovenError(str(error)) from error
    if len(found.credential_id) > LONGEST_ID:
        raise UnprovenError("the id is too long")
    credential, key = map(bytes_to_base64url, (found.credential_id, found.credential_public_key))
    return Made(credential, key, found.sign_count)


def counter_after(party: Party, answer: Answer, challenge: bytes, row: PasskeyRow) -> int:
    """Where the counter of this passkey stands now that it has signed; UnprovenError. `passkeys.used` judges it."""
    try:
        found = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except UNREADABLE as error:
        raise UnprovenError(str(error)) from error
    if bytes_to_base64url(found.credential_id) != row.credential:
        raise UnprovenError("given by another passkey")
    return found.new_sign_count


def _described(rows: Sequence[PasskeyRow]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential)) for row in rows]


def _plain(text: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(text)
    return options
