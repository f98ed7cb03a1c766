"""Whether a signed record may be believed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cloud.errors import CloudError
from device_profiles.wire import WireError, decode
from device_profiles.wire.commissioning import (
    RECORD_LIMITS,
    CommissioningRecord,
    SignedRecord,
    verify_record,
)
from device_profiles.wire.verdicts import contradictions

RefusalReason = Literal[
    "malformed", "signature", "wrong_gateway", "unfinished", "verdict_wrong", "files_wrong", "other_record", "no_room",
    "too_many", "unknown_file", "too_large", "file_wrong",
]  # fmt: skip
NEVER_MEANT: Final = frozenset({"signature", "wrong_gateway", "other_record"})  # no honest gateway sends this


class RecordRefusedError(CloudError):
    """The centre does not take a record or a file; `reason` is a word that programs can rely on."""

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: RefusalReason = reason


def read_signed(body: bytes) -> SignedRecord:
    """The envelope; RecordRefusedError `malformed`."""
    try:
        return decode(body, SignedRecord, RECORD_LIMITS)
    except WireError as error:
        raise RecordRefusedError("malformed", error.detail) from error


def believed(signed: SignedRecord, keys: Sequence[EllipticCurvePublicKey], *, gateway: str) -> CommissioningRecord:
    """The record, when one of this gateway's keys signed it, it speaks of this gateway, and it makes sense."""
    record = _verified(signed, keys, gateway)
    if not record.ended_at or not record.technician or not record.devices:
        raise RecordRefusedError("unfinished", "The record has no end, no technician or no device.")
    wrong = contradictions(record)
    if wrong:
        raise RecordRefusedError(
            "verdict_wrong", f"The verdict does not follow from the values: {', '.join(wrong[:5])}."
        )
    digests = [file.sha256 for file in record.files]
    devices = {device.device for device in record.devices} | {""}
    if len(digests) != len(set(digests)) or any(file.device not in devices for file in record.files):
        raise RecordRefusedError("files_wrong", "A file stands there twice, or belongs to no device of the record.")
    if len(devices) != len(record.devices) + 1:
        raise RecordRefusedError("malformed", "A device stands there twice.")
    return record


def _verified(signed: SignedRecord, keys: Sequence[EllipticCurvePublicKey], gateway: str) -> CommissioningRecord:
    for key in keys:
        try:
            return verify_record(signed, key, gateway=gateway)
        except WireError as error:
            if error.reason == "signature":
                continue
            reason: RefusalReason = "wrong_gateway" if error.reason == "wrong_gateway" else "malformed"
            raise RecordRefusedError(reason, f"The record cannot be taken: {error.detail}.") from error
    raise RecordRefusedError("signature", "No key of this gateway signed the record.")
