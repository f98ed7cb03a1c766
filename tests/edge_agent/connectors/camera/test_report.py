"""What goes out each second."""

from __future__ import annotations

from device_profiles.load import load_catalogue
from edge_agent.connectors.camera.changes import OFFLINE, ONLINE
from edge_agent.connectors.camera.report import NO_PICTURE, Report, samples_of
from edge_agent.vision.sight import Findings
from tests.edge_agent.connectors.camera.watching import ip_camera

SEEN = Findings({"black": False, "motion": 0.123456, "brightness": 99.96}, {"moved": "dark"})


def test_the_strongest_motion_and_the_newest_of_everything_else() -> None:
    report = Report(due=1.0).with_findings(SEEN).with_findings(Findings({"black": True, "motion": 0.05}, {}))
    assert report.values == {"black": True, "motion": 0.123456}
    assert not report.unknown


def test_what_one_picture_of_many_measured_is_not_forgotten() -> None:
    counted = Findings({"vehicles_forth.gate": 7.0, "zone_motion.door": 0.2}, {"speed_kmh.gate": "no_vehicle"})
    quiet = Findings({"zone_motion.door": 0.05})
    report = Report(due=1.0).with_findings(SEEN, counted).with_findings(SEEN, quiet)
    assert report.all_values() == {**SEEN.values, "vehicles_forth.gate": 7.0, "zone_motion.door": 0.2}
    assert report.all_unknown() == {"moved": "dark", "speed_kmh.gate": "no_vehicle"}
    turned = report.with_findings(SEEN, Findings(unknown={"zone_motion.door": "frozen"}))
    assert turned.all_unknown()["zone_motion.door"] == "frozen"
    assert "zone_motion.door" not in turned.all_values()


def test_where_zones_are_drawn_motion_is_an_event_in_them_only() -> None:
    outside = Report(due=1.0).with_findings(SEEN, Findings({"zone_motion.door": 0.0}))
    inside = Report(due=1.0).with_findings(SEEN, Findings({"zone_motion.door": 0.0, "zone_motion.gate": 0.3}))
    unknown = Report(due=1.0).with_findings(SEEN, Findings(unknown={"zone_motion.door": "masked"}))
    assert outside.flags(0.1)["motion"] is False
    assert inside.flags(0.1)["motion"] is True
    assert "motion" not in unknown.flags(0.1)


def test_flags_leave_out_what_is_unknown() -> None:
    flags = Report(due=1.0).with_findings(SEEN).flags(motion_share=0.1)
    assert flags == {OFFLINE: False, ONLINE: True, "black": False, "motion": True}
    assert "motion" not in Report(due=1.0).flags(motion_share=0.1)


def test_a_point_has_a_value_or_a_reason_or_is_left_out() -> None:
    told = samples_of(ip_camera(), "cam-1", values=SEEN.values, unknown=SEEN.unknown, at_ms=7)
    assert {one.point: one.value for one in told} == {
        "black": False,
        "motion": 0.1235,
        "brightness": 100.0,
        "moved": None,
    }
    assert {one.fault for one in told} == {"", "dark"}
    assert {one.observed_at for one in told} == {7}


def test_without_a_picture_only_offline_is_known() -> None:
    told = samples_of(ip_camera(), "cam-1", values={"online": False}, unknown=None, at_ms=7)
    assert len(told) == len(ip_camera().points)
    assert all(one.fault == NO_PICTURE and one.value is None for one in told if one.point != "online")


def test_points_of_other_protocols_are_not_the_cameras() -> None:
    gauge = load_catalogue()["river_gauge_radar"]
    assert samples_of(gauge, "gauge-1", values={"online": True}, unknown=None, at_ms=1) == []
