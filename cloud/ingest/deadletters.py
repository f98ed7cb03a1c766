"""Readings that can never be stored, as values; and the JSON line that keeps each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec

from device_profiles.wire.messages import Cell

VALUES_KEPT = 20  # enough to see what is wrong; the count says how many there were


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Some readings of one point (or of whole rows, point empty) that were refused, and why.

    `reason` is a countable word: unmapped_point, unknown_profile, type, text_too_long, too_old, future, series_budget,
    or what the store said.
    """

    gateway: str
    device: str
    profile: str
    point: str
    epoch: str
    sequence: int
    reason: str
    readings: int
    times: tuple[int, ...] = ()
    values: tuple[Cell, ...] = ()


def lines_of(letters: Sequence[DeadLetter], *, at: int) -> bytes:
    """One JSON line for each."""
    return b"".join(
        msgspec.json.encode(
            {"at": at, **asdict(each), "times": each.times[:VALUES_KEPT], "values": each.values[:VALUES_KEPT]}
        )
        + b"\n"
        for each in letters
    )
