"""A small report of June 2026 for tests and pictures: something met, something missed, something not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cloud.reports.collect import Line, ModuleLine, MonthlyReport, ReactionLine
from cloud.reports.coming import Coming
from cloud.reports.figures import Figure
from cloud.reports.month import month_of
from cloud.reports.operation import Standing
from cloud.reports.plan import Reaction, read_report_plan
from cloud.reports.promise import Promise
from cloud.reports.reactions import Timing
from cloud.reports.shelf import ReportShelf
from tests.cloud.api.fake_centre import FakeCentre

JUNE: Final = month_of("2026-06")
VALUES: Final[Mapping[str, float]] = {
    "camera_online": 99.82, "air_hours_over_100": 96.0, "classroom_co2_over_1500": 12.5, "fridges_in_range": 99.86,
    "kiosk_wait": 6.5, "camera_back_h": 6.4, "corridor_speed": 38.9, "air_valid": 91.87, "fridge_excursions": 22.6,
    "lamp_saved": 26.0, "water_lost": 35.3, "dossiers_on_time": 98.4,
}  # fmt: skip
TIMES: Final[Mapping[str, float]] = {
    "detect": 2.4, "detect_p90": 61.5, "acknowledge": 3.2, "acknowledge_p90": 14.8, "dispatch": 7.5,
    "dispatch_p90": 26.0, "withdrawn": 0.42, "rejected": 4.1, "environment_action": 18.5, "cyber_detect": 0.2,
    "cyber_resolve": 5.6, "repair_cameras": 6.2, "repair_lights": 51.0, "repair_gateways": 1.4,
}  # fmt: skip
PROMISE: Final = Promise(accepted=6_613_843, stored=6_610_800, dropped=3_043, gateways=58)
JULY: Final = month_of("2026-07")
COMING: Final = Coming(JULY, JULY.end + 3 * 3_600_000)
SHA256: Final = "d3418be09b5680abf1c922c8651f8dee66deb070133d1691114643fb0dddd35c"


def sample_report() -> MonthlyReport:
    """The packaged plan with figures."""
    plan = read_report_plan(None)
    nothing = Figure(None, None, 0, 0, 0)
    lines = []
    for each in plan.indicators:
        value = VALUES.get(each.id)
        now = nothing if value is None else Figure(value, 99.6, 155, 2, 444_726)
        before = nothing if value is None else replace(now, value=value * 0.98)
        lines.append(Line(each, now, before, Promise() if value is None else PROMISE, _trend(before.value)))
    worked = Standing(155, 99.464, stops=32, unended=1, repair_h=18.7, vnd_per_device=1_250_000.0)
    idle = Standing(0, None, stops=0, unended=0, repair_h=None, vnd_per_device=None)
    modules = [ModuleLine(each, idle, idle) for each in plan.modules]
    modules[0] = ModuleLine(plan.modules[0], worked, replace(worked, available_pct=99.1), _trend(99.1))
    ledger = {"accepted": 6_613_843, "stored": 6_610_800, "dead_lettered": 0, "dropped": 3_043, "awaited": 0}
    made_at = JUNE.end + 3_600_000
    return MonthlyReport(
        JUNE, made_at, tuple(lines), tuple(modules), plan.pending, PROMISE, ledger, SHA256, _reactions(plan.reactions)
    )


def _trend(before: float | None) -> tuple[float | None, ...]:
    """Eight months until May; in one of them the centre stood still."""
    if before is None:
        return ()
    return (None,) * 3 + tuple(None if step == 3 else before * (1 - (7 - step) / 200) for step in range(8))


def _reactions(reactions: Sequence[Reaction]) -> tuple[ReactionLine, ...]:
    lines = []
    for each in reactions:
        value = TIMES.get(each.id)
        now = (
            Timing(value, 0, 0, known=True)
            if value is None
            else Timing(value, 214, 0 if each.unit == "%" else 3, known=True)
        )
        before = Timing(None, 0, 0, known=False) if value is None else replace(now, value=value * 1.2)
        lines.append(ReactionLine(each, now, before, _trend(before.value)))
    return tuple(lines)


def add_report(centre: FakeCentre, folder: Path) -> None:
    """Keeps it in a centre."""
    shelf = ReportShelf(folder)
    shelf.put(sample_report())
    centre.settings = replace(centre.settings, reports=shelf, coming_report=lambda: COMING)
