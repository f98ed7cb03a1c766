"""What the fleet looks like: kept while it holds, new with a reading, and new when a value is no longer fresh."""

from __future__ import annotations

from cloud.display import Display
from cloud.ingest.admission import Admission, AdmissionConfig
from cloud.inventory.fleet import Fleet
from cloud.inventory.freshness import stale_after_ms
from cloud.inventory.sites import Inventory
from cloud.rules.rule import Rule
from cloud.store.base import Columns
from cloud.views import Levels, threshold_views
from device_profiles.load import load_catalogue
from device_profiles.schema import PointType
from tests.fakes import ManualClock

PROFILES = load_catalogue().profiles
GAUGE = PROFILES["river_gauge_radar"]


def said(fleet: Fleet, clock: ManualClock, level: float) -> None:
    """A reading of the gauge arrives."""
    now = clock.now_ms()
    types = {"level_m": PointType.FLOAT}
    columns = Columns("site-1", "gw-1", "gauge-1", GAUGE.profile, [now], {"level_m": [level]}, {}, types)
    fleet.observed(columns, received_at=now)


async def test_a_view_is_kept_until_a_reading_or_the_time_changes_it() -> None:
    clock, fleet = ManualClock(), Fleet()
    inventory = Inventory({}, {})
    admission = Admission(AdmissionConfig(), inventory.gateways)
    display = Display(fleet, inventory, PROFILES, clock=clock, admission=admission)
    said(fleet, clock, 31.4)
    (first,) = display.devices()
    assert display.device("gw-1", "gauge-1") is first
    await clock.advance(1)
    said(fleet, clock, 31.5)
    (second,) = display.devices()
    level = {point.key: point for point in second.points}["level_m"]
    assert (level.value, level.freshness) == (31.5, "measured")
    await clock.advance(stale_after_ms(GAUGE.period_s) / 1000)
    assert display.devices() == [second]
    await clock.advance(0.001)
    (third,) = display.devices()
    assert {point.key: point.freshness for point in third.points}["level_m"] == "stale"


def test_the_levels_of_a_point_are_those_of_the_rules_that_run_now() -> None:
    fleet, clock, levels = Fleet(), ManualClock(), Levels()
    said(fleet, clock, 31.4)
    standing = fleet.device("gw-1", "gauge-1")
    assert standing is not None
    rules = {"flood": rule(31.0)}
    watching = levels.watching(rules, GAUGE.profile, "level_m")
    assert [each.value for each in threshold_views(watching, standing, areas=[])] == [31.0]
    assert levels.watching(rules, GAUGE.profile, "batt_v") == ()
    assert [each.kind for each in levels.watching({"flood": rule(32.0)}, GAUGE.profile, "level_m")] == [rule(32.0).kind]


def rule(above: float) -> Rule:
    """A flood level."""
    return Rule.model_validate(
        {
            "id": "flood",
            "version": 1,
            "text": {"vi": "Mực nước {value}", "en": "Level {value}"},
            "instruction": {"vi": "Xem", "en": "Look"},
            "owner": "test",
            "source": "test",
            "confirmed": True,
            "selector": {"profile": GAUGE.profile, "point": "level_m"},
            "kind": {"kind": "threshold", "unit": "m", "levels": [{"name": "I", "severity": 3, "above": above}]},
        }
    )
