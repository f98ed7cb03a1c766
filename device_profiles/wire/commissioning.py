"""The commissioning record: what a technician installed, what it measured, and who says so; signed by the gateway.

```
 SignedRecord { body: "<JSON text of CommissioningRecord>", signature: base64(ECDSA P-256, SHA-256 over body) }
 photos and the technician's signature travel beside it, each named by the SHA-256 of its content
```
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Meta, field

from device_profiles.wire.codec import Limits, decode, encode
from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Message, Moment, Scalar, Version

MAX_RECORD_BYTES = 512 * 1024
MAX_FILE_BYTES = 5_000_000
MAX_DEVICES = 64
MAX_POINTS = 200
MAX_ITEMS = 50
MAX_FILES = 60
RECORD_LIMITS = Limits(wire_bytes=2 * MAX_RECORD_BYTES, inflated_bytes=2 * MAX_RECORD_BYTES)
RECORD_ID = re.compile(r"[0-9a-f]{32}")
DIGEST = re.compile(r"[0-9a-f]{64}")
FILE_TYPES = ("image/jpeg", "image/png", "image/webp")

Verdict = Literal["pass", "fail", "unjudged"]
Answer = Literal["yes", "no", "not_applicable"]
FileKind = Literal["photo", "signature"]
Words = Annotated[str, Meta(max_length=2000)]
Short = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(max_length=64)]
RecordId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Place(Message, frozen=True):
    """Where the technician stood, as his phone says: WGS 84 degrees, and the radius that it vouches for."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)]
    at: Moment = 0


class PointCheck(Message, frozen=True):
    """One live value beside what it should be. `low` and `high` are the range that it was judged by, if there was one.

    `quality`: empty = good, else a code of the wire contract. `choices`: what an enum may say.
    """

    point: Name
    name_vi: Short
    name_en: Short
    unit: Name
    value: Scalar | None
    verdict: Verdict
    quality: Name = ""
    observed_at: Moment = 0
    low: float | None = None
    high: float | None = None
    choices: Annotated[dict[str, Short], Meta(max_length=100)] = field(default_factory=dict)


class ChecklistItem(Message, frozen=True):
    """One thing that the technician looked at: the question as he read it, and his answer."""

    item: Name
    text_vi: Short
    text_en: Short
    answer: Answer
    note: Words = ""


class DeviceRecord(Message, frozen=True):
    """One device: what it is, where it answers, what it said and what the technician saw."""

    device: Name
    profile: Name
    name_vi: Short
    name_en: Short
    address: Short
    verdict: Verdict = "unjudged"
    profile_hash: Name = ""
    points: Annotated[list[PointCheck], Meta(max_length=MAX_POINTS)] = field(default_factory=list)
    checklist: Annotated[list[ChecklistItem], Meta(max_length=MAX_ITEMS)] = field(default_factory=list)
    note: Words = ""


class FileEntry(Message, frozen=True):
    """A photo or the technician's signature; `device` is empty when it shows the whole site."""

    sha256: Digest
    kind: FileKind
    type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, Meta(ge=1, le=MAX_FILE_BYTES)]
    device: Name = ""
    caption: Short = ""


class CommissioningRecord(Message, frozen=True):
    """The whole visit. `gateway` and `site` are empty only until the gateway has joined; the centre takes none such.

    `verdict` follows from the devices and the checklist and is checked again by the centre.
    """

    v: Version
    id: RecordId
    gateway: Name
    site: Name
    serial: Name
    technician: Annotated[str, Meta(max_length=120)]
    begun_at: Moment
    ended_at: Moment
    verdict: Verdict
    place: Place | None = None
    devices: Annotated[list[DeviceRecord], Meta(max_length=MAX_DEVICES)] = field(default_factory=list)
    checklist: Annotated[list[ChecklistItem], Meta(max_length=MAX_ITEMS)] = field(default_factory=list)
    files: Annotated[list[FileEntry], Meta(max_length=MAX_FILES)] = field(default_factory=list)
    note: Words = ""
    agent: Name = ""
    clock: Literal["good", "doubtful"] = "good"


class SignedRecord(Message, frozen=True):
    """A record as it travels: the exact text of its JSON, and the gateway's signature of it in base64."""

    body: Annotated[str, Meta(max_length=MAX_RECORD_BYTES)]
    signature: Annotated[str, Meta(max_length=200)]


class RecordReceipt(Message, frozen=True, forbid_unknown_fields=False):
    """The centre's answer to a record: what it keeps, and which files it still wants. Nothing missing = all is safe.

    `received`: how many bytes of a missing file it has already; the next part begins there.
    """

    id: RecordId
    digest: Digest
    missing: list[Digest] = field(default_factory=list)
    received: dict[Digest, int] = field(default_factory=dict)


class FileReceipt(Message, frozen=True, forbid_unknown_fields=False):
    """The centre's answer to a part of a file: how many bytes it has, and whether that is all, and proved."""

    sha256: Digest
    received: int
    done: bool


def digest_of(content: bytes) -> str:
    """The name of a content."""
    return hashlib.sha256(content).hexdigest()


def sign_record(record: CommissioningRecord, key: EllipticCurvePrivateKey) -> SignedRecord:
    """The record with the gateway's signature."""
    body = encode(record)
    return SignedRecord(body=body.decode(), signature=base64.b64encode(key.sign(body, ECDSA(SHA256()))).decode())


def verify_record(signed: SignedRecord, key: EllipticCurvePublicKey, *, gateway: str) -> CommissioningRecord:
    """The record, when this gateway's key signed it and it speaks of this gateway; WireError otherwise."""
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), signed.body.encode(), ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise WireError("signature", "the gateway did not sign this record") from error
    record = decode(signed.body.encode(), CommissioningRecord, RECORD_LIMITS)
    if record.gateway != gateway:
        raise WireError("wrong_gateway", f"the record speaks of {record.gateway!r}")
    return record
