"""The serial number of this box: from the maker's data where there is any, else from the installed system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 64
FILLERS = frozenset(
    {"", "none", "default string", "to be filled by o.e.m.", "system serial number", "not specified", "unknown", "n/a"}
)
SALT = b"thacba serial"  # machine-id(5): it must not be shown to others as it is


@dataclass(frozen=True, slots=True)
class Serial:
    """The number, and where it was found: `kept`, `devicetree`, `dmi`, `machine-id` or `none`."""

    number: str
    source: str


def serial_number(kept: str = "", *, root: Path = Path("/")) -> Serial:
    """The number of this box. One that was kept counts before all others: not every user may read the maker's data."""
    if kept:
        return Serial(kept, "kept")
    for source, paths in (
        ("devicetree", ("sys/firmware/devicetree/base/serial-number", "proc/device-tree/serial-number")),
        ("dmi", ("sys/class/dmi/id/product_serial", "sys/class/dmi/id/board_serial")),
    ):
        number = _first(root, paths)
        if number:
            return Serial(number, source)
    machine = _read(root / "etc/machine-id")
    if machine:
        return Serial(f"m-{hashlib.sha256(SALT + machine.encode()).hexdigest()[:16]}", "machine-id")
    return Serial("", "none")


def _first(root: Path, paths: Sequence[str]) -> str:
    numbers = (_read(root / path) for path in paths)
    return next((number for number in numbers if number.lower() not in FILLERS and set(number) - set("0 -")), "")


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii", errors="ignore")
    except OSError:
        return ""
    return re.sub(r"[^\x21-\x7e]+", " ", text).strip()[:LONGEST]  # the device tree ends its texts with NUL
