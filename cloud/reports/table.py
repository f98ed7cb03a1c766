"""The monthly report as CSV for spreadsheets and programs: one line for each indicator, module and missing figure."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Final

from cloud.reports.collect import Line, ModuleLine, MonthlyReport, ReactionLine
from cloud.reports.figures import word_of
from cloud.reports.operation import word_for
from cloud.reports.plan import Pending
from cloud.reports.reactions import word_on
from cloud.reports.trend import MONTHS
from cloud.reports.words import counted_shown

AGO: Final = tuple(f"months_ago_{number}" for number in range(MONTHS - 1, 1, -1))  # month_before is the next one
COLUMNS: Final = (
    "month", "kind", "indicator", "project_vi", "project_en", "text_vi", "text_en", "value", "unit", "month_before",
    "target", "better", "verdict", "covered_pct", "devices", "silent_devices", "readings", "ledger_accepted",
    "ledger_stored", "ledger_stored_pct", "stops", "repair_h", "vnd_per_device", "confirmed", "source", "reason_vi",
    "reason_en", "inputs_sha256", "counted", "waiting", *AGO,
)  # fmt: skip
Record = Mapping[str, object]


def as_csv(report: MonthlyReport) -> str:
    """Empty = no data. Numbers have a decimal point in both languages."""
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    same = {"month": str(report.month), "inputs_sha256": report.sha256}
    writer.writerows({**same, **each} for each in _records(report))
    return out.getvalue()


def _records(report: MonthlyReport) -> Iterator[Record]:
    yield from map(_of_indicator, report.lines)
    yield from map(_of_reaction, report.reactions)
    yield from map(_of_module, report.modules)
    yield from map(_of_pending, report.pending)


def _of_indicator(line: Line) -> Record:
    each, now, promise = line.indicator, line.now, line.promise
    return {
        "kind": "indicator", "indicator": each.id, "project_vi": each.project.vi, "project_en": each.project.en,
        "text_vi": each.text.vi, "text_en": each.text.en, "value": now.value, "unit": each.unit,
        "month_before": line.before.value, "target": each.target, "better": each.better,
        "verdict": word_of(each, now), "covered_pct": now.covered_pct, "devices": now.devices,
        "silent_devices": now.silent, "readings": now.readings,
        "ledger_accepted": promise.accepted if promise.gateways else None,
        "ledger_stored": promise.stored if promise.gateways else None, "ledger_stored_pct": promise.stored_pct,
        "confirmed": str(each.confirmed).lower(), "source": each.source, **_ago(line.trend),
    }  # fmt: skip


def _of_reaction(line: ReactionLine) -> Record:
    each, now = line.reaction, line.now
    return {
        "kind": "reaction", "indicator": each.id, "project_vi": each.project.vi, "project_en": each.project.en,
        "text_vi": each.text.vi, "text_en": each.text.en, "value": now.value, "unit": each.unit,
        "month_before": line.before.value, "target": each.target, "better": each.better,
        "verdict": word_on(each, now), "confirmed": str(each.confirmed).lower(), "source": each.source,
        "reason_vi": "" if now.counted else counted_shown(now, "vi"),
        "reason_en": "" if now.counted else counted_shown(now, "en"),
        "counted": now.counted, "waiting": now.waiting, **_ago(line.trend),
    }  # fmt: skip


def _of_module(line: ModuleLine) -> Record:
    each, now = line.module, line.now
    return {
        "kind": "module", "indicator": each.id, "text_vi": each.name.vi, "text_en": each.name.en,
        "value": now.available_pct, "unit": "%", "month_before": line.before.available_pct, "target": each.target,
        "better": "higher", "verdict": word_for(each, now), "devices": now.devices, "stops": now.stops,
        "repair_h": now.repair_h, "vnd_per_device": now.vnd_per_device, "confirmed": str(each.confirmed).lower(),
        "source": each.source, **_ago(line.trend),
    }  # fmt: skip


def _ago(trend: Sequence[float | None]) -> Record:
    return dict(zip(AGO, trend[:-1], strict=False))  # without a trend there is nothing to tell


def _of_pending(each: Pending) -> Record:
    return {
        "kind": "pending", "indicator": each.id, "project_vi": each.project.vi, "project_en": each.project.en,
        "text_vi": each.text.vi, "text_en": each.text.en, "target": each.target, "verdict": "none",
        "source": each.source, "reason_vi": each.reason.vi, "reason_en": each.reason.en,
    }  # fmt: skip
