"""Virtual gateways report as agents do: what changed, and now and then that nothing did."""

from __future__ import annotations

from device_profiles.load import load_catalogue
from simulators.exercise.reporting import Reporter

HOUR_MS = 3_600_000


def test_a_steady_camera_is_told_once_and_by_heartbeat_and_a_change_at_once() -> None:
    profile = load_catalogue()["ip_camera"]
    reporter = Reporter(profile)
    heartbeat_s = next(point.report.heartbeat_s for point in profile.points if point.key == "online")
    told = [reporter.worth_sending(at, {"online": True}, {}) for at in range(0, 6 * HOUR_MS, 300_000)]
    assert told[0] == {"online": True}
    assert sum(map(bool, told)) == 6 * 3600 / max(heartbeat_s, 300)
    assert reporter.worth_sending(6 * HOUR_MS + 1, {"online": False}, {}) == {"online": False}
    assert reporter.worth_sending(6 * HOUR_MS + 2, {"online": False}, {"online": "bad:timeout"}) == {"online": False}
    assert reporter.worth_sending(6 * HOUR_MS + 3, {"online": False}, {"online": "bad:timeout"}) == {}
