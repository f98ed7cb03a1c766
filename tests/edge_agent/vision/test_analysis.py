"""Zones, counts and levels together, and what a spoilt picture does to them."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.vision import analysis
from edge_agent.vision.analysis import Analysis, Plan, doubt_of
from edge_agent.vision.config import Box, CountConfig, GaugeBoard, Line, SightConfig, Zone
from edge_agent.vision.picture import Frame, view_of
from edge_agent.vision.sight import BLACK, FROZEN, MASKED, UNDECIDED, Findings
from simulators.devices.rtsp.board import BOTTOM_M, BOTTOM_PX, TOP_M, TOP_PX, gauge_picture
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, place, with_box

SIGHT = SightConfig.model_validate({})
LEFT = Zone(name="left", outline=((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
CORNER = Zone(name="corner", outline=((0.6, 0), (1, 0), (1, 1)))
WELL = Findings({"brightness": 120.0, "frozen": False, "moved": False}, {})


def shown(plan: Plan, frames: list[Frame], health: Findings = WELL, *, gap_s: float = 0.5) -> Analysis:
    state = Analysis()
    for number, frame in enumerate(frames):
        state = analysis.step(plan, state, frame, number * gap_s, health)
    return state


def test_motion_belongs_to_the_zone_that_it_is_in() -> None:
    plan = analysis.plan_of(SIGHT, WHOLE, zones=(LEFT, CORNER))
    seen = shown(plan, [place(), with_box(place(), 40, 40, size=40)]).findings
    assert seen.values["zone_motion.left"] == pytest.approx(40 * 40 / (WIDTH / 2 * HEIGHT), rel=0.3)
    assert seen.values["zone_motion.corner"] == 0.0


def test_a_zone_without_a_picture_before_or_behind_a_mask_is_unknown() -> None:
    view = view_of([Box(left=0.5, top=0, width=0.5, height=1)], width=WIDTH, height=HEIGHT)
    plan = analysis.plan_of(SIGHT, view, zones=(LEFT, CORNER))
    first = shown(plan, [place()]).findings
    assert first.unknown == {"zone_motion.left": UNDECIDED, "zone_motion.corner": MASKED}
    assert not first.values


@pytest.mark.parametrize(
    ("health", "doubt"),
    [
        (WELL, ""),
        (Findings({"moved": True}), "moved"),
        (Findings({"rain_on_lens": True}), "rain_on_lens"),
        (Findings({"frozen": True, "black": True}), "frozen"),
        (Findings({"brightness": 3.0}, {"motion": BLACK}), BLACK),
        (Findings({}, {"motion": FROZEN}), FROZEN),
        (Findings({"moved": False}, {"blurred": "no_reference"}), ""),
    ],
    ids=["well", "moved", "wet", "frozen", "already black", "already frozen", "learning"],
)
def test_what_spoils_a_picture(health: Findings, doubt: str) -> None:
    assert doubt_of(health) == doubt


def test_a_spoilt_picture_measures_nothing_and_a_good_one_goes_on() -> None:
    board = GaugeBoard(
        name="pier", top=(0.5, TOP_PX / 360), top_m=TOP_M, bottom=(0.5, BOTTOM_PX / 360), bottom_m=BOTTOM_M, settle_s=2
    )
    plan = analysis.plan_of(SIGHT, view_of((), width=640, height=360), boards=(board,))
    frames = [gauge_picture(2.4, seed=number) for number in range(6)]
    assert shown(plan, frames).findings.values["gauge_level.pier"] == pytest.approx(2.4, abs=0.02)
    turned = shown(plan, frames, Findings({"moved": True}))
    assert turned.findings == Findings({}, {"gauge_level.pier": "moved", "gauge_quality.pier": "moved"})


def test_counts_come_at_the_end_of_each_interval_only() -> None:
    line = Line(name="gate", start=(0.5, 1), end=(0.5, 0), metre=0.05)
    count = CountConfig.model_validate({"learn_s": 1, "interval_s": 10})
    plan = analysis.plan_of(SIGHT, WHOLE, lines=(line,), count=count)
    assert not plan.is_empty
    state, told = Analysis(), []
    for number in range(60):
        state = analysis.step(plan, state, place(), number * 0.5, WELL)
        if state.findings.values or state.findings.unknown:
            told.append((number * 0.5, state.findings.values.get("vehicles_forth.gate")))
    assert told == [(10.0, None), (20.0, 0.0)]
    resumed = analysis.resumed(state)
    assert resumed.count is state.count
    assert resumed.before is None


def test_nothing_asked_nothing_measured() -> None:
    plan = analysis.plan_of(SIGHT, WHOLE)
    assert plan.is_empty
    assert shown(plan, [np.zeros((HEIGHT, WIDTH), dtype=np.uint8)] * 2).findings == Findings()
