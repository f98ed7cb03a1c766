"""Values beside what they should be, and the verdicts that follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from device_profiles.schema import Limits
from device_profiles.wire.commissioning import ChecklistItem, PointCheck
from device_profiles.wire.verdicts import contradictions, device_verdict, record_verdict
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import Opening
from edge_agent.commissioning.steps import Model, Seen, StepError
from tests.edge_agent.commissioning.visits import CATALOGUE, EARTHED, GAUGE, GOOD, desk_in, worked_on

LEVEL = GAUGE.profile.points[0]
CABINET = Model(CATALOGUE["cabinet_ups_router"])


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (Seen(3.2), "pass"),
        (Seen(0.0), "pass"),  # the limit itself is inside
        (Seen(200.1), "fail"),
        (Seen(None, "bad:timeout"), "fail"),
        (Seen(3.2, "uncertain:clock"), "pass"),  # a box that never saw a clock can still be wired rightly
        (Seen(3.2, "bad:range"), "fail"),
    ],
)
def test_a_value_is_judged_by_the_range_of_its_profile(seen: Seen, verdict: str) -> None:
    check = steps.check(LEVEL, seen, GAUGE)
    assert (check.verdict, check.low, check.high) == (verdict, 0.0, 200.0)


def test_limits_of_this_device_replace_those_of_the_model() -> None:
    model = Model(GAUGE.profile, limits={"level_m": Limits(minimum=20, maximum=40)})
    assert steps.check(LEVEL, Seen(3.2), model).verdict == "fail"


@pytest.mark.parametrize(("value", "verdict"), [(1, "pass"), (7, "fail")])
def test_an_enum_must_say_something_that_it_knows(value: int, verdict: str) -> None:
    point = CABINET.profile.point("output_source")
    assert point is not None
    assert steps.check(point, Seen(value), CABINET).verdict == verdict


def test_nothing_to_judge_by_is_not_a_pass() -> None:
    free = PointCheck("x", "x", "x", "1", 3, "unjudged")
    assert device_verdict([free], []) == "unjudged"
    assert device_verdict([], [EARTHED]) == "unjudged"  # a tick without a single value proves nothing


def test_one_objection_fails_the_device_and_the_visit(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = worked_on(desk)
    assert record_verdict(desk.record(visit)) == "pass"
    loose = ChecklistItem("earthed", "Tủ đã nối đất", "The cabinet is earthed", "no", note="chờ dây")
    record = desk.change(visit, lambda draft: steps.answered(draft, [loose], device="muc-nuoc"))
    assert (record.devices[0].verdict, record_verdict(record)) == ("fail", "fail")


def test_a_changed_verdict_is_seen(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    record = desk.finish(worked_on(desk))
    assert contradictions(record) == []
    point = replace(record.devices[0].points[0], value=999.0)
    device = replace(record.devices[0], points=[point, *record.devices[0].points[1:]])
    assert contradictions(replace(record, devices=[device])) == ["muc-nuoc.level_m", "muc-nuoc", "record"]


def test_another_model_for_a_device_forgets_what_the_former_one_read(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = worked_on(desk)
    record = desk.change(visit, lambda draft: steps.with_device(draft, "muc-nuoc", CABINET, address="http://x/"))
    assert (record.devices[0].profile, record.devices[0].points) == ("cabinet_ups_router", [])
    with pytest.raises(StepError, match="not a river_gauge_radar"):
        steps.measured(record, "muc-nuoc", GAUGE, GOOD)


def test_what_is_missing_is_named_at_once(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = desk.begin(Opening()).id
    desk.change(visit, lambda draft: steps.with_device(draft, "a", GAUGE, address="x"))
    with pytest.raises(StepError, match="technician's name, the signature, values of a"):
        desk.finish(visit)
