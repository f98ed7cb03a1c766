"""The plan's file, and an evacuation that keeps the checklist it began with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.disaster.evacuation import standing, written
from cloud.disaster.office import DisasterOffice, read_plan
from cloud.store.disaster_port import BulletinRow, EvacuationLine, EvacuationRow
from cloud.store.sql import SqlStateStore
from device_profiles.load import FileFaultsError
from tests.fakes import ManualClock


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


def test_whoever_sees_one_commune_finds_nothing_of_another(tmp_path: Path) -> None:
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    clock, plan = ManualClock(), read_plan(None)
    office = DisasterOffice(state.disaster, lambda: plan, clock)
    for number, area in enumerate(("a", "b", "")):
        row = BulletinRow(f"0{number}", 1, "lan", "KTTV", "", "flood", 0, area, clock.now_ms(), None, "t", "x", "s")
        state.disaster.put_bulletin(row)
    for number, area in enumerate(("a", "b")):
        state.disaster.open_evacuation(EvacuationRow(f"0{number}", area, "", written(plan.steps), 1, "lan"))
    seen = office.within(lambda area: area == "a")
    assert [row.area for row in seen.bulletins()] == ["", "a"]
    assert [row.area for row in seen.former_bulletins(before=None, limit=9)[0]] == ["", "a"]
    assert [seen.bulletin(each) is not None for each in ("00", "01", "02")] == [True, False, False]
    assert [each.row.area for each in seen.evacuations()] == ["a"]
    assert seen.evacuation("01") is None
    assert len(office.evacuations()) == 2
    state.close()
