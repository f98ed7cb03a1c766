"""The plan's file, and an evacuation that keeps the checklist it began with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.disaster.evacuation import standing, written
from cloud.disaster.office import read_plan
from cloud.store.disaster_port import EvacuationLine, EvacuationRow
from device_profiles.load import FileFaultsError


def test_a_wrong_plan_tells_every_fault_at_once(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    text = Path("cloud/disaster/plan.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("ahead_h = 6", "ahead_h = 600").replace("bulletin_days", "bulletin_day"), "utf-8")
    with pytest.raises(FileFaultsError) as error:
        read_plan(path)
    assert "ahead_h" in str(error.value)
    assert "did you mean" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [("least_min = 60", "least_min = 600"), ("fast_m_h = 0.3", "fast_m_h = 0.9"), ('id = "moved"', 'id = "empty"')],
)
def test_figures_that_contradict_each_other_are_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(Path("cloud/disaster/plan.toml").read_text(encoding="utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(FileFaultsError):
        read_plan(path)


def test_the_newest_line_of_a_step_counts_and_all_stay() -> None:
    plan = read_plan(None)
    row = EvacuationRow("01", "phuong-yen-bai", "BĐ III", written(plan.steps[:3]), 100, "lan")
    lines = [
        EvacuationLine(1, "01", "decision", True, None, 110, "lan", ""),
        EvacuationLine(2, "01", "warned", True, 400, 120, "lan", ""),
        EvacuationLine(3, "01", "decision", False, None, 130, "minh", "chưa ký"),
        EvacuationLine(4, "01", "warned", True, 412, 140, "minh", ""),
        EvacuationLine(5, "01", "of a former plan", True, None, 150, "minh", ""),
    ]
    found = standing(row, lines)
    assert [(each.step.id, each.done) for each in found.steps] == [
        ("decision", False),
        ("warned", True),
        ("shelter", False),
    ]
    assert found.done == 1
    assert [each.line.count if each.line else None for each in found.steps] == [None, 412, None]
    assert len(found.lines) == 5
    assert found.step("moved") is None, "of the plan of today, not of that day"
