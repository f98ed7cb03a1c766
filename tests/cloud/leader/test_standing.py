"""Where figures stand against their targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.leader.plan import LeaderPlan, Target, read_leader_plan
from cloud.leader.standing import Figure, Word, overall, share, standings, word_of
from device_profiles.load import FileFaultsError
from tests.readme_check import assert_documented

PLAN = read_leader_plan(None)
BY_MEASURE = {each.measure: each for each in PLAN.targets}
WAITING, CAMERAS = BY_MEASURE["waiting_min"], BY_MEASURE["cameras_good_pct"]


@pytest.mark.parametrize(
    ("target", "value", "word"),
    [
        (WAITING, 5.0, "good"),
        (WAITING, 5.1, "watch"),
        (WAITING, 15.0, "poor"),
        (CAMERAS, 97.0, "good"),
        (CAMERAS, 96.9, "watch"),
        (CAMERAS, 90.0, "watch"),
        (CAMERAS, 89.9, "poor"),
        (CAMERAS, None, "none"),
    ],
)
def test_a_figure_is_good_needs_attention_or_is_poor(target: Target, value: float | None, word: Word) -> None:
    assert word_of(target, value) == word


def test_what_needs_somebody_comes_first_and_what_is_unknown_is_not_good() -> None:
    figures = {each.measure: Figure(each.good) for each in PLAN.targets}
    assert overall(standings(PLAN, figures)) == "good"
    del figures["vn_aqi"]
    found = standings(PLAN, figures)
    assert (found[0].target.measure, found[0].word, overall(found)) == ("vn_aqi", "none", "none")
    found = standings(PLAN, {**figures, "critical_unacknowledged": Figure(2), "waiting_min": Figure(7)})
    assert [each.word for each in found[:3]] == ["poor", "watch", "none"]
    assert overall(found) == "poor"


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(0, 0).value is None
    assert share(29, 30).value == pytest.approx(96.667, abs=0.001)


def test_a_wrong_plan_is_refused_with_its_faults(tmp_path: Path) -> None:
    one = """[[targets]]
measure = "vn_aqi"
text = { vi = "AQI", en = "AQI" }
good = 100
poor = 100
page = "/environment"
source = "x"
confirmed = false
"""
    (tmp_path / "plan.toml").write_text(one, encoding="utf-8")
    with pytest.raises(FileFaultsError, match="which way is better"):
        read_leader_plan(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").write_text(2 * one.replace("poor = 100", "poor = 150"), encoding="utf-8")
    with pytest.raises(FileFaultsError, match="twice"):
        read_leader_plan(tmp_path / "plan.toml")


def test_every_field_and_measure_is_documented() -> None:
    assert_documented("cloud/leader", Target, LeaderPlan)
    text = (Path(__file__).parents[3] / "cloud/leader/README.md").read_text(encoding="utf-8")
    assert all(f"| `{each.measure}` |" in text for each in PLAN.targets)
