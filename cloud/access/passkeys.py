"""Passkeys as a second factor: whose they are, what a centre asks with, and which answers count; pure.

```
 password is right ──▶ a challenge (2 min, good once, for this person) ──▶ the device signs it ──▶ counts or not
```
Source: Web Authentication Level 3 (W3C), §7.1 registration, §7.2 answer, §6.1.1 signature counter, §5.1.3 origin.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from cloud.access.second_factor import FactorRow
from cloud.access.secrets import digest_of

LASTS_MS: Final = 120_000  # so long a challenge waits for its answer
MOST_OPEN: Final = 10_000  # challenges; only whoever knows a password can make one
MOST_EACH: Final = 10  # passkeys of one person
SHOWN_DIGITS: Final = 16
CHALLENGE_BYTES: Final = 32
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
Purpose = Literal["log_in", "register"]


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey. `credential` and `public_key` (COSE) in base64url; times in ms since 1970 UTC, 0 = never used."""

    credential: str
    user: str
    public_key: str
    counter: int
    name: str
    created_at: int
    used_at: int


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks, as browsers check it: `id` is the host's name, `origin` the address of the pages."""

    id: str
    origin: str


def party_of(address: str) -> Party | None:
    """The party at this public address; None where browsers know no passkeys: plain http, or no name but numbers."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    here = host == "localhost" or host.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        return None
    if not host or _is_number(host):
        return None
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return Party(host, f"{parts.scheme}://{host}{shown}")


def handle_of(user: str) -> bytes:
    """What authenticators call this person: 32 bytes that say nothing about them."""
    return bytes.fromhex(digest_of(f"passkeys of {user}"))


def shown_id(row: PasskeyRow) -> str:
    """What a passkey is called in addresses and in the audit log."""
    return digest_of(row.credential)[:SHOWN_DIGITS]


def may_enrol_codes(row: FactorRow | None, keys: Sequence[PasskeyRow]) -> bool:
    """Whether a log-in may begin codes of an app: never past a passkey, or a password alone would be enough."""
    return not keys and (row is None or not row.confirmed)


def used(row: PasskeyRow, counter: int, *, now: int) -> PasskeyRow | None:
    """The row after an answer; None when its counter went backwards, as that of a copied device does.

    A counter that stays 0 is that of a passkey which several devices share, and says nothing.
    """
    if (counter or row.counter) and counter <= row.counter:
        return None
    return replace(row, counter=counter, used_at=now)


class Challenges:
    """Questions on their way, in memory: each is good once, for a while, for one purpose and one holder."""

    def __init__(self) -> None:
        self._open: OrderedDict[bytes, tuple[Purpose, str, int]] = OrderedDict()

    def ask(self, purpose: Purpose, holder: str, *, now: int) -> bytes:
        """A new one; `holder`: the person who logs in, or the session in which somebody registers."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._open[challenge] = (purpose, holder, now)
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return challenge

    def take(self, challenge: bytes, purpose: Purpose, holder: str, *, now: int) -> bool:
        """Whether it was asked of this holder lately; it is gone afterwards, whatever the answer is worth."""
        asked = self._open.pop(challenge, None)
        return asked is not None and asked[:2] == (purpose, holder) and 0 <= now - asked[2] <= LASTS_MS


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
