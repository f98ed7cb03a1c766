"""Rules for a fast story: the same thresholds, shorter times, and still rules that the centre accepts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cloud.rules.load import load_rules
from device_profiles.load import load_catalogue
from simulators.demo.rules import TOLD, quickened, write_rules

ROOT = Path(__file__).parents[3]
SPEED = 0.5  # hours per second: 1,800 times


def _rule(profile: str, **kind: object) -> dict[str, object]:
    return {"id": "r", "selector": {"profile": profile}, "kind": kind}


def test_the_provinces_rules_stay_rules_at_any_speed(tmp_path: Path) -> None:
    write_rules(ROOT / "deploy" / "rules", tmp_path, hours_per_second=SPEED)
    rules = load_rules(tmp_path, load_catalogue(), channels=["demo"])
    flood = rules.rules["flood_thao_yen_bai"]
    real = tomllib.loads((ROOT / "deploy/rules/flood_thao_yen_bai.toml").read_text(encoding="utf-8"))
    assert list(flood.kind.ladder.enter) == [level["above"] for level in real["kind"]["levels"]]
    assert not list(tmp_path.glob("*.test.toml"))
    assert rules.rules["rain_24h"].kind.model_dump()["window_s"] == 48.0
    assert set(rules.rules) == set(TOLD)
    assert not {rule.kind.kind for rule in rules.rules.values()} & {"schedule", "baseline"}, "its nights are its own"


def test_a_hold_of_the_story_shrinks_and_one_of_real_time_stays_bearable() -> None:
    river = quickened(_rule("river_gauge_radar", kind="threshold", hold_s=1800, levels=[]), hours_per_second=SPEED)
    camera = quickened(_rule("ip_camera", kind="threshold", hold_s=60, levels=[]), hours_per_second=SPEED)
    assert river["kind"]["hold_s"] == 1.0
    assert camera["kind"]["hold_s"] == 10.0


def test_a_speed_is_told_per_second_of_the_demonstration() -> None:
    level = {"name": "fast", "severity": 3, "above": 0.3, "clear": 0.2}
    rule = _rule("river_gauge_radar", kind="rate_of_change", unit="m/h", window_s=3600, min_span_s=1200, levels=[level])
    kind = quickened(rule, hours_per_second=SPEED)["kind"]
    assert kind["unit"] == "m/s"
    assert kind["levels"] == [{"name": "fast", "severity": 3, "above": 0.15, "clear": 0.1}]
    assert kind["window_s"] == 6.0
    assert kind["min_span_s"] == 2.0


def test_silence_is_never_shorter_than_news_of_a_gateway() -> None:
    levels = [{"name": "a", "severity": 3, "after_s": 600}, {"name": "b", "severity": 2, "after_s": 7200}]
    kind = quickened(_rule("kiosk_queue", kind="stale", levels=levels), hours_per_second=SPEED)["kind"]
    assert [level["after_s"] for level in kind["levels"]] == [40.0, 80.0]


@pytest.mark.parametrize("speed", [0.1, 24.0])
def test_quickening_changes_nothing_in_the_rule_that_it_was_given(speed: float) -> None:
    rule = _rule("river_gauge_radar", kind="threshold", hold_s=60, levels=[{"above": 1.0}])
    before = repr(rule)
    quickened(rule, hours_per_second=speed)
    assert repr(rule) == before
