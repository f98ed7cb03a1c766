"""Seals a secret to the key of one gateway, so that neither broker nor database can read it.

```
sealed = base64( ephemeral public key, 65 bytes, uncompressed | AES-256-GCM of the secret, 16 bytes longer )
key, nonce = HKDF-SHA256( ECDH P-256 (ephemeral, gateway's), info = name of the scheme | both public keys | context )
```
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from device_profiles.wire.errors import WireError

SCHEME = b"thacba sealed secret 1"
POINT_BYTES = 65
KEY_BYTES, NONCE_BYTES = 32, 12
LONGEST_SECRET = 8192  # a private key in PEM fits; a picture does not


def seal(public_key: ec.EllipticCurvePublicKey, secret: bytes, *, context: str) -> str:
    """The secret, for the owner of this P-256 key alone; it opens only under the same context."""
    if len(secret) > LONGEST_SECRET:
        raise WireError("secret_too_long", f"{len(secret)} bytes, limit {LONGEST_SECRET}")
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    sender = _point(ephemeral.public_key())
    key, nonce = _derived(ephemeral.exchange(ec.ECDH(), public_key), sender, _point(public_key), context)
    return base64.b64encode(sender + AESGCM(key).encrypt(nonce, secret, context.encode())).decode()


def unseal(private_key: ec.EllipticCurvePrivateKey, sealed: str, *, context: str) -> bytes:
    """The secret; WireError when it was sealed for another key or context, or is damaged."""
    try:
        packed = base64.b64decode(sealed, validate=True)
        sender = packed[:POINT_BYTES]
        ephemeral = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = private_key.exchange(ec.ECDH(), ephemeral)
        key, nonce = _derived(shared, sender, _point(private_key.public_key()), context)
        return AESGCM(key).decrypt(nonce, packed[POINT_BYTES:], context.encode())
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise WireError("sealed", f"{context} was not sealed for this gateway, or is damaged") from error


def _derived(shared: bytes, sender: bytes, receiver: bytes, context: str) -> tuple[bytes, bytes]:
    """Key and nonce; the ephemeral key is used once, so the nonce may follow from it."""
    information = SCHEME + sender + receiver + context.encode()
    stream = HKDF(SHA256(), KEY_BYTES + NONCE_BYTES, salt=None, info=information).derive(shared)
    return stream[:KEY_BYTES], stream[KEY_BYTES:]


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
