"""What each generation of InfluxDB can do, and what its answers mean: tables, no traffic."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Literal

Generation = Literal["1.6", "1.8", "2", "3"]


# `/write` and `/query` are common to all; how a database is made is not
ADMINISTRATION: Mapping[Generation, Literal["influxql", "buckets", "configure"]] = {
    "1.6": "influxql",
    "1.8": "influxql",
    "2": "buckets",
    "3": "configure",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Who answered the ping."""

    generation: Generation
    version: str
    build: str

    def __str__(self) -> str:
        return f"InfluxDB {self.version} {self.build}".rstrip()


class Verdict(Enum):
    """What an answer to a write means for the lines that were sent."""

    STORED = "stored"
    BAD_LINES = "bad lines"
    TOO_LARGE = "too large"
    BUSY = "busy"
    REFUSES_US = "refuses us"
    UNKNOWN = "unknown"


VERDICTS: Mapping[int, Verdict] = {
    200: Verdict.STORED,
    204: Verdict.STORED,
    400: Verdict.BAD_LINES,
    401: Verdict.REFUSES_US,
    403: Verdict.REFUSES_US,
    404: Verdict.REFUSES_US,
    413: Verdict.TOO_LARGE,
    422: Verdict.BAD_LINES,
    429: Verdict.BUSY,
    503: Verdict.BUSY,
}

# 1.x says these with 500 or 400, and no waiting mends them (seen on 1.6.7)
MISCONFIGURED = re.compile(
    r"retention policy not found|database not found|authorization failed|bucket.* not found", re.I
)
# the server's words on a bad line, by what to count them as; the first that fits
KINDS_OF_BAD_LINE = (
    ("range", re.compile(r"out of range", re.I)),
    ("type_conflict", re.compile(r"type conflict|invalid column type|column type mismatch", re.I)),
    ("retention", re.compile(r"retention policy|outside.*retention|retention period", re.I)),
    ("cardinality", re.compile(r"max-values-per-tag|max-series-per-database|limit exceeded|exceeds", re.I)),
    ("unreadable", re.compile(r"pars(e|ing)|invalid|missing|bad timestamp", re.I)),
)
MAX_WORDS = 300
ALL_DROPPED = re.compile(r"dropped=(\d+)")


def identify(headers: Mapping[str, str]) -> Server | None:
    """The server by the headers of its answer to `/ping`; None when it does not look like an InfluxDB."""
    version = headers.get("x-influxdb-version", "").removeprefix("v")
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return None
    major, minor = int(found[1]), int(found[2])
    build = headers.get("x-influxdb-build", "")
    if major == 1:
        return Server("1.6" if minor < 8 else "1.8", version, build)
    return Server("2" if major == 2 else "3", version, build)


def judge(status: int, reason: str) -> Verdict:
    """What the status and text of an answer mean; an unknown status means an unknown outcome."""
    if status >= 400 and MISCONFIGURED.search(reason):
        return Verdict.REFUSES_US
    return VERDICTS.get(status, Verdict.UNKNOWN)


def reason_in(body: bytes) -> str:
    """The server's own words, from `{"error": …}` (1.x, 3 Core) or `{"message": …}` (2.x); shortened."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body[:MAX_WORDS].decode(errors="replace").strip()
    if not isinstance(answer, dict):
        return str(answer)[:MAX_WORDS]
    words = str(answer.get("error") or answer.get("message") or answer)
    details = answer.get("data")
    if isinstance(details, list) and details and isinstance(details[0], dict):  # 3 Core names each bad line
        words = str(details[0].get("error_message", words))
    return words[:MAX_WORDS]


def kind_of_bad_line(reason: str) -> str:
    """The server's words with a countable one before them: `type_conflict: partial write …`."""
    word = next((word for word, pattern in KINDS_OF_BAD_LINE if pattern.search(reason)), "refused")
    return f"{word}: {ALL_DROPPED.sub('', reason).strip()}"


def drops_all(reason: str, lines: int) -> bool:
    """Whether 1.x says that it dropped every line of a body, so that nothing is left to look for."""
    found = ALL_DROPPED.search(reason)
    return found is not None and int(found[1]) == lines


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks us to wait; a date counts from the server's own clock."""
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", asked):
        return float(asked)
    try:
        later, now = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (later - now).total_seconds())
    except (ValueError, TypeError):
        return None
