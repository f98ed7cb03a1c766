"""A check-up: numbered checks, each with a finding and the next step; for the doctors of gateway and centre.

```
  1 configuration   ok
  2 name            error   the name of the broker is unknown  ▶ next step
  3 port            skipped because 2 failed
```
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from device_profiles.basics import Language
from device_profiles.schema import Text

Status = Literal["ok", "warning", "error", "skipped"]
Fact = str | int | float | bool

CHECK_WITHIN_S = 30.0
GOOD, WARNED, FAILED = 0, 1, 2  # exit codes
TOO_LONG = Text(vi="Phép kiểm tra không kết thúc kịp.", en="The check did not end in time.")
TRY_AGAIN = Text(
    vi="Chạy lại; nếu vẫn vậy, gửi gói chẩn đoán (`bundle`) cho trung tâm.",
    en="Run it again; if it stays so, send a bundle to the centre.",
)
MARKS: Mapping[Status, str] = {"ok": "✓", "warning": "!", "error": "✗", "skipped": "–"}
WORDS: Mapping[Status, Text] = {
    "ok": Text(vi="tốt", en="ok"),
    "warning": Text(vi="cảnh báo", en="warning"),
    "error": Text(vi="lỗi", en="error"),
    "skipped": Text(vi="bỏ qua", en="skipped"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found. `cause` is one short word for programs, `step` what a person does next."""

    status: Status
    said: Text
    cause: str = ""
    step: Text | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def is_failure(self) -> bool:
        """True when nothing that stands on it can be checked."""
        return self.status in ("error", "skipped")


@dataclass(frozen=True, slots=True)
class Check:
    """One question; `needs` names the checks without which it cannot be answered."""

    key: str
    name: Text
    run: Callable[[], Awaitable[Finding]]
    needs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The finding of one check, with its number."""

    number: int
    key: str
    name: Text
    finding: Finding


def ok(vi: str, en: str, **facts: Fact) -> Finding:
    """All is well."""
    return Finding("ok", Text(vi=vi, en=en), facts=facts)


def warning(cause: str, said: Text, step: Text, **facts: Fact) -> Finding:
    """It works, and should be looked at."""
    return Finding("warning", said, cause, step, facts)


def error(cause: str, said: Text, step: Text, **facts: Fact) -> Finding:
    """It does not work."""
    return Finding("error", said, cause, step, facts)


async def check_up(checks: Sequence[Check], *, within_s: float = CHECK_WITHIN_S) -> AsyncIterator[Report]:
    """The reports, one after the other, as they are made; what stands on a failure is skipped."""
    failed: dict[str, int] = {}
    for number, check in enumerate(checks, 1):
        before = next((failed[key] for key in check.needs if key in failed), None)
        finding = await _run(check, within_s) if before is None else _skipped(before)
        if finding.is_failure:
            failed[check.key] = number if before is None else before
        yield Report(number, check.key, check.name, finding)


def exit_code(reports: Sequence[Report]) -> int:
    """0: all is well, 1: something should be looked at, 2: something does not work."""
    statuses = {report.finding.status for report in reports}
    return FAILED if "error" in statuses else WARNED if "warning" in statuses else GOOD


def as_document(reports: Sequence[Report]) -> dict[str, object]:
    """The reports for programs; texts in both languages."""
    return {"exit": exit_code(reports), "checks": [_document(report) for report in reports]}


def in_words(report: Report, language: Language) -> list[str]:
    """The lines of one report, for a terminal."""
    finding = report.finding
    mark, name = MARKS[finding.status], getattr(report.name, language)
    lines = [f"{report.number:>2} {mark} {name}: {getattr(finding.said, language)}"]
    if finding.step is not None:
        lines.append(f"     → {getattr(finding.step, language)}")
    return lines


def summary(reports: Sequence[Report], language: Language) -> str:
    """How many of each, in one line."""
    counts = {status: sum(report.finding.status == status for report in reports) for status in WORDS}
    return ", ".join(f"{count} {getattr(WORDS[status], language)}" for status, count in counts.items() if count)


async def _run(check: Check, within_s: float) -> Finding:
    try:
        async with asyncio.timeout(within_s):
            return await check.run()
    except TimeoutError:
        return error("too_long", TOO_LONG, TRY_AGAIN, within_s=within_s)


def _skipped(number: int) -> Finding:
    said = Text(vi=f"bỏ qua vì mục {number} lỗi", en=f"skipped because {number} failed")
    return Finding("skipped", said, "skipped", facts={"because": number})


def _document(report: Report) -> dict[str, object]:
    finding = report.finding
    document: dict[str, object] = {
        "number": report.number,
        "key": report.key,
        "name": report.name.model_dump(),
        "status": finding.status,
        "cause": finding.cause,
        "said": finding.said.model_dump(),
        "facts": dict(finding.facts),
    }
    if finding.step is not None:
        document["step"] = finding.step.model_dump()
    return document
