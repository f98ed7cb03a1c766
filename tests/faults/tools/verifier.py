"""Stands outside: knows every reading that was sent and which of them were acknowledged, and judges what is left.

It trusts nobody: it reads the centre's files with its own eyes and asks no program of ours how things went.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.servers import InfluxServer, ServerError

Identity = tuple[str, int]  # device, observed_at
READINGS = "SELECT device, at, value FROM reading JOIN series ON series.id = reading.series WHERE point = ?"


@dataclass
class SentSet:
    """What devices sent to one gateway, and what the gateway said was safe."""

    point: str
    values: dict[Identity, float] = field(default_factory=dict)
    acknowledged: set[Identity] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an outsider finds. Everything but the first three must be 0."""

    sent: int
    acknowledged: int
    stored: int
    lost: int  # acknowledged, and not there
    altered: int  # there with another value
    strangers: int  # there, and never sent
    unexplained: int  # accepted by the gateway's own count, and neither stored, dead-lettered, dropped nor awaited
    awaited: int
    dropped: int
    repeated: int  # accepted again because a crash swallowed the answer: the same identity, so nobody sees it twice

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing invented, everything accounted for."""
        return not (self.lost or self.altered or self.strangers or self.unexplained or self.awaited)

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def stored_in(file: Path, point: str) -> dict[Identity, float]:
    """Every reading of a point in the centre's embedded store; empty before there is one."""
    if not file.exists():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as base:
        try:
            return {(device, at): float(value) for device, at, value in base.execute(READINGS, (point,))}
        except sqlite3.OperationalError:  # its tables are not made yet
            return {}


def stored_at(influx: InfluxServer, database: str, *, profile: str, point: str) -> dict[Identity, float]:
    """The same from an InfluxDB, asked directly."""
    try:
        rows = influx.query(f'SELECT "{point}", "device" FROM "{profile}"', database)  # noqa: S608 -- constants of ours
    except (ServerError, OSError):  # not made yet, or just killed
        return {}
    return {(str(row["device"]), int(str(row["time"]))): float(str(row[point])) for row in rows}


def judge(
    sent: SentSet, stored: Mapping[Identity, float], *, terms: Mapping[str, int], produced: int | None = None
) -> Verdict:
    """The verdict over what was sent, what is stored, the ledger's terms and the gateway's own count."""
    explained = sum(terms[name] for name in ("stored", "dead_lettered", "dropped", "awaited"))
    accepted = terms["accepted"] if produced is None else produced
    return Verdict(
        sent=len(sent.values),
        acknowledged=len(sent.acknowledged),
        stored=len(stored),
        lost=len(sent.acknowledged - stored.keys()),
        altered=sum(1 for identity, value in stored.items() if sent.values.get(identity, value) != value),
        strangers=len(stored.keys() - sent.values.keys()),
        unexplained=abs(accepted - explained),
        awaited=terms["awaited"],
        dropped=terms["dropped"],
        repeated=max(0, accepted - len(stored) - terms["dropped"] - terms["awaited"]),
    )
