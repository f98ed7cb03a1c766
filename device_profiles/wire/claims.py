"""How a boxed gateway becomes one of ours: claim codes, the link on its label, and the messages of joining; pure.

```
 label:  http://thacba.local:8090/#centre=https://centre.example&claim=K7QPM-2XV9D&pin=<SHA-256 of the root, hex>
              the gateway's own page      what stands behind # never leaves the phone until the page posts it
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from device_profiles.wire.configuration import SignedConfiguration
from device_profiles.wire.errors import WireError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O and U
CODE_CHARACTERS: Final = 10  # the last one is a check: 45 bits are secret
GROUP: Final = 5
PAGE_HOST: Final = "thacba.local:8090"
JOIN_PATH: Final = "/api/v1/enrolment/join"
CACERTS_PATH: Final = "/.well-known/est/cacerts"
JoinReason = Literal["claim_unknown", "claim_used", "claim_expired", "serial_not_expected", "csr_wrong", "too_many"]

_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED: Final = re.compile(r"[\s\-–—_.]+")  # dashes of every kind come out of keyboards and word processors
_PIN: Final = re.compile(r"[0-9a-f]{64}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a technician brings: where the centre is, the code, and the pin of its root certificate ("" = unknown)."""

    centre: str
    code: str
    pin: str = ""


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of what is said while joining. Unknown keys are passed over: a box may lie in store for a year."""


class JoinRequest(Letter, frozen=True):
    """What the gateway asks with: the code, its signing request (PEM), its serial number and its program's version."""

    code: str
    csr: str
    serial: str = ""
    agent: str = ""


class Welcome(Letter, frozen=True):
    """Everything that a new gateway must know to work; it keeps it in `identity/welcome.json`.

    `command_key`: the centre's Ed25519 key, base64. `profiles`: the device profiles that are expected at this place.
    `broker_authorities`: PEM; whose certificates the broker's address shows. `lat`, `lon`: of the site, WGS 84.
    """

    gateway: str
    site: str
    name_vi: str
    name_en: str
    site_name_vi: str
    site_name_en: str
    lat: float
    lon: float
    broker_url: str
    broker_authorities: str
    command_key: str
    centre_url: str
    configuration: SignedConfiguration | None = None
    profiles: list[str] = []
    expected_serial: str = ""


class JoinAnswer(Letter, frozen=True):
    """The gateway's identity: its certificate, the chain up to but without the root, the roots; all PEM."""

    gateway: str
    certificate: str
    chain: str
    authorities: str
    welcome: Welcome


def code_of(secret: int) -> str:
    """The code that carries so many bits (45 of them count), as it is printed: `XXXXX-XXXXX`."""
    values = [secret >> 5 * place & 31 for place in reversed(range(CODE_CHARACTERS - 1))]
    values.append(_checked(values, closing=True))
    text = "".join(ALPHABET[value] for value in values)
    return f"{text[:GROUP]}-{text[GROUP:]}"


def read_code(text: str) -> str:
    """The code in its one spelling, however it was typed; WireError says whether to look again at the label."""
    plain = _IGNORED.sub("", text).upper().translate(_READ_AS)
    if len(plain) != CODE_CHARACTERS or not set(plain) <= set(ALPHABET):
        raise WireError("code", f"a code has {CODE_CHARACTERS} letters and digits, as in K7QPM-2XV9D")
    if _checked([_VALUES[each] for each in plain]):
        raise WireError("code", "one character of the code is wrong, or two are exchanged")
    return f"{plain[:GROUP]}-{plain[GROUP:]}"


def link_of(claim: Claim, *, page: str = PAGE_HOST) -> str:
    """The link of the label: opens the gateway's own page, which reads the rest."""
    centre = quote(claim.centre, safe=":/[]")
    return f"http://{page}/#centre={centre}&claim={claim.code}" + (f"&pin={claim.pin}" if claim.pin else "")


def parse_claim(text: str, *, centre: str = "") -> Claim:
    """The claim in a link or in a code alone, which belongs to the centre that is named; WireError when it is none."""
    said = text.strip()
    if "#" not in said and "://" not in said:
        return Claim(centre_address(centre), read_code(said))
    try:
        parts = urlsplit(said)
        facts = {key: values[-1] for key, values in parse_qs(parts.fragment).items()}
    except ValueError as error:
        raise WireError("claim", "this is no address") from error
    pin = facts.get("pin", "").strip().lower()
    if pin and not _PIN.fullmatch(pin):
        raise WireError("claim", "the pin has 64 hexadecimal digits")
    own = f"{parts.scheme}://{parts.netloc}" if parts.scheme == "https" else ""
    address = centre_address(facts.get("centre") or own or centre)
    return Claim(address, read_code(facts.get("claim", "")), pin)


def centre_address(url: str) -> str:
    """The address of a centre, plain: https, or http on this machine; WireError for anything else."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        raise WireError("centre", "this is no address") from error
    trusted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not trusted or not parts.hostname or "@" in parts.netloc:
        raise WireError("centre", "name the centre as https://centre.example")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def join_request_of(document: Mapping[str, object]) -> JoinRequest:
    """The request in a document; WireError when it is none."""
    try:
        return msgspec.convert(dict(document), JoinRequest)
    except msgspec.ValidationError as error:
        raise WireError("join", str(error)) from error


def join_answer_of(body: bytes) -> JoinAnswer:
    """The answer in a body; WireError when it is none."""
    try:
        return msgspec.json.decode(body, type=JoinAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError("join", str(error)[:200]) from error


def _checked(values: list[int], *, closing: bool = False) -> int:
    """The sum of values times powers of x in GF(32): 0 for a code that is right, and what makes it 0 when closing.

    Neither one wrong character nor two exchanged ones keep the sum, wherever they stand.
    """
    total = 0
    for value in values:
        total = _doubled(total) ^ value
    return _doubled(total) if closing else total


def _doubled(value: int) -> int:
    return value << 1 ^ (0b100101 if value & 16 else 0)
