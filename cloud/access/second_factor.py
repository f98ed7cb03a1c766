"""The second factor: six digits that an app on the telephone shows anew every 30 s (RFC 6238), or a paper code.

A code is good once: the time step of the last one is kept, and nothing at or before it counts again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Final

import pyotp
from pyotp.utils import strings_equal

from cloud.access.secrets import digest_of

STEP_S: Final = 30
ACROSS: Final = (-1, 0, 1)  # steps: the telephone's clock may be half a minute off
ISSUER: Final = "Thacba"
PAPER_CODES: Final = 8
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


@dataclass(frozen=True, slots=True)
class FactorRow:
    """Somebody's second factor. `step`: of the last code that counted; `paper`: digests of the paper codes left."""

    user: str
    secret: str
    confirmed: bool
    step: int
    paper: str
    at: int


def begin(user: str, *, now: int) -> FactorRow:
    """A new one, to be confirmed by its first code; `now` in ms since 1970 UTC."""
    return FactorRow(user, pyotp.random_base32(), confirmed=False, step=0, paper="", at=now)


def address(row: FactorRow) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(row.secret).provisioning_uri(name=row.user, issuer_name=ISSUER)


def taken(row: FactorRow, code: str, *, now: int) -> FactorRow | None:
    """The row after a code that counts; None for one that does not."""
    plain = "".join(code.split()).lower()
    if plain.isdigit():
        step = now // 1000 // STEP_S
        app = pyotp.TOTP(row.secret)
        for each in (step + across for across in ACROSS):
            if each > row.step and strings_equal(app.generate_otp(each), plain):
                return replace(row, step=each)
        return None
    left = row.paper.split()
    digest = digest_of(plain.replace("-", ""))
    if digest not in left:
        return None
    return replace(row, paper=" ".join(each for each in left if each != digest))


def confirmed(row: FactorRow) -> tuple[FactorRow, tuple[str, ...]]:
    """The row from now on, and the paper codes, which are shown this once."""
    codes = tuple("".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(PAPER_CODES))
    kept = " ".join(map(digest_of, codes))
    return replace(row, confirmed=True, paper=kept), tuple(f"{code[:5]}-{code[5:]}" for code in codes)
