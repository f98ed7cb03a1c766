"""What an SNMP agent answers for one OID, and when that is a number; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["integer", "gauge", "counter32", "counter64", "ticks", "float", "text", "address", "missing"]

NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)  # some agents give numbers as texts; "27 C" is none
KINDS: Mapping[str, Kind] = {
    "Integer": "integer", "Gauge": "gauge", "Counter32": "counter32", "Counter64": "counter64", "TimeTicks": "ticks",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered value; a missing one has a fault that says why."""

    kind: Kind
    value: int | float | str = 0
    fault: str = ""

    @property
    def number(self) -> int | float | None:
        """The value as a number; None when it is none."""
        if isinstance(self.value, str):
            text = self.value.strip()
            if self.kind != "text" or not NUMBER.fullmatch(text):
                return None
            return float(text) if "." in text else int(text)
        return self.value


MISSING = Answer("missing", fault="missing")


def recorded(raw: object) -> Answer:
    """An answer as recordings hold it: a number, a text, {"Counter64": 12} where the kind matters, null for none."""
    if isinstance(raw, Mapping) and len(raw) == 1:
        name, value = next(iter(raw.items()))
        if name in KINDS and isinstance(value, int) and not isinstance(value, bool):
            return Answer(KINDS[name], value)
        return MISSING
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return MISSING
    if isinstance(raw, str):
        return Answer("text", raw)
    return Answer("integer" if isinstance(raw, int) else "float", raw)
