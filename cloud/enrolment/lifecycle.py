"""What a claim is worth to somebody who brings its code; pure.

```
            right code, right box                       the same key, within 15 minutes
   open ──────────────────────────▶ used ───────────────────────────────────────────────▶ the same answer
    │                                 └── another key: refused, an alarm ; the same key later: refused
    ├── 14 days without a contact, or 15 minutes after the first one ▶ expired
    └── a newer claim for the same gateway, or its retirement ▶ withdrawn (told as expired)
```
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from cloud.store.enrolment_port import ClaimRow


class Worth(Enum):
    """The verdict on a claim."""

    OPEN = "open"
    REPEAT = "repeat"
    REPLAYED = "replayed"
    OVER = "over"
    EXPIRED = "expired"
    WRONG_SERIAL = "wrong_serial"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who brings a code: the digest of the public key, the serial number of the box, and when (ms since 1970 UTC)."""

    public_key: str
    serial: str
    at: int


def worth_of(claim: ClaimRow, bearer: Bearer, *, contact_ms: int) -> Worth:
    """What the claim is worth to this bearer now; `contact_ms`: how long it lasts after its first contact."""
    if claim.public_key:  # not by its time: a clock may say 1970
        if bearer.public_key != claim.public_key:
            return Worth.REPLAYED
        return Worth.REPEAT if bearer.at < claim.used_at + contact_ms else Worth.OVER
    if claim.withdrawn_at or bearer.at >= ends_at(claim, contact_ms=contact_ms):
        return Worth.EXPIRED
    if claim.expected_serial and plain(claim.expected_serial) != plain(bearer.serial):
        return Worth.WRONG_SERIAL
    return Worth.OPEN


def ends_at(claim: ClaimRow, *, contact_ms: int) -> int:
    """When a claim that nobody has used ends."""
    return min(claim.expires_at, claim.first_contact_at + contact_ms) if claim.first_contact_at else claim.expires_at


def contacted(claim: ClaimRow, *, at: int) -> ClaimRow:
    """The claim after somebody came with its code; only the first time counts."""
    return claim if claim.first_contact_at else replace(claim, first_contact_at=at)


def used(claim: ClaimRow, bearer: Bearer, serial: str) -> ClaimRow:
    """The claim after a certificate was given for it."""
    return replace(contacted(claim, at=bearer.at), used_at=bearer.at, public_key=bearer.public_key, serial=serial)


def plain(serial: str) -> str:
    """A serial number as it is compared: people type small letters and leave hyphens out."""
    return "".join(character for character in serial.casefold() if character.isalnum())
