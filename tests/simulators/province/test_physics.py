"""The physics hang together: storms wet slopes, rivers take their time, lakes keep their balance, batteries end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.province.fleet import by_id
from simulators.province.grid import Series, cascade, later
from simulators.province.rivers import ratings
from simulators.province.soil import slope
from tests.simulators.province.stories import ms, small

STORM = {
    "begin": "2026-08-11T02:00:00+07:00", "end": "2026-08-11T12:00:00+07:00", "at": [21.50, 104.45], "radius_km": 25,
    "peak_mm_h": 45,
}  # fmt: skip
CUT = {"begin": "2026-08-11T18:00:00+07:00", "end": "2026-08-12T01:00:00+07:00", "areas": ["phuong-nghia-lo"]}
CAMERA, CABINET, LAMPS = "cam-phuong-nghia-lo-1-1", "ups-phuong-nghia-lo-1-1", "chieu-sang-phuong-nghia-lo-1-1"
FRIDGE, FAR = "tu-lanh-phuong-nghia-lo-1-1", "cam-phuong-yen-bai-1-1"


def test_any_moment_says_the_same_in_any_order() -> None:
    moments = [ms(f"2026-08-11 {hour:02}:00") for hour in range(0, 24, 3)]
    devices = ["mua-xa-tram-tau-1-1", "song-thao-yen-bai", "sat-lo-xa-phinh-ho-1-1", "kiosk-tinh", CAMERA]
    there = small(storms=[STORM])
    forward = [there.values(device, at) for device in devices for at in moments]
    again = small(storms=[STORM])
    back = [again.values(device, at) for device in reversed(devices) for at in reversed(moments)]
    assert forward == back[::-1]


def test_a_storm_fills_gauges_soil_and_rivers_where_it_is() -> None:
    here = small(storms=[STORM], wet=0.7)
    before, after = ms("2026-08-11 01:00"), ms("2026-08-11 13:00")
    gauge, far = "mua-xa-tram-tau-1-1", "mua-xa-luc-yen-1-1"
    fell = float(here.values(gauge, after)["rain_total_mm"]) - float(here.values(gauge, before)["rain_total_mm"])
    assert 120 < fell < 350
    assert here.values(far, after)["rain_total_mm"] == here.values(far, before)["rain_total_mm"]
    node = "sat-lo-xa-phinh-ho-1-1"
    assert float(here.values(node, after)["soil_sat_pct"]) > float(here.values(node, before)["soil_sat_pct"]) + 15
    assert float(here.values("ngoi-thia", after)["level_m"]) > float(here.values("ngoi-thia", before)["level_m"]) + 0.5


def test_a_report_is_what_its_counter_gained() -> None:
    here = small(storms=[STORM])
    for minute in range(0, 600, 10):
        at = ms("2026-08-11 02:00") + minute * 60_000
        now, before = (here.values("mua-xa-tram-tau-1-1", each) for each in (at, at - 600_000))
        gained = round(float(now["rain_total_mm"]) - float(before["rain_total_mm"]), 1)
        assert now["rain_mm"] == min(gained, 40.0)


def test_a_measured_sum_comes_out() -> None:
    rain = {"id": "x", "name": {"vi": "x", "en": "x"}, "window_mm": 222, "device": "mua-xa-tram-tau-1-1", "source": "x"}
    window = ["2026-08-11T02:00:00+07:00", "2026-08-11T12:00:00+07:00"]
    here = small(storms=[STORM], rain=[rain], rain_window=window)
    assert round(here.world.rain.total_mm(by_id()["mua-xa-tram-tau-1-1"].position, 20 * 3600)) == 222


def test_a_wave_needs_its_time_down_the_thao_and_loses_no_water() -> None:
    wave = [200.0] * 12 + [3000.0] * 12 + [200.0] * 240
    knots = [
        {"at": f"2026-08-11T{hour:02}:00:00+07:00", "m3_s": flow} for hour, flow in ((0, 200), (3, 3000), (6, 200))
    ]
    here = small(inflows=[{"river": "lao_cai", "knots": knots, "source": "x"}])
    flows = here.world.flows
    peaks = {gauge: flows[gauge].index(max(flows[gauge])) / 6 for gauge in ("lao_cai", "bao_ha", "yen_bai", "phu_tho")}
    assert 5 <= peaks["bao_ha"] - peaks["lao_cai"] <= 7
    assert 7 <= peaks["yen_bai"] - peaks["bao_ha"] <= 10
    assert 6 <= peaks["phu_tho"] - peaks["yen_bai"] <= 8
    assert abs(sum(cascade(wave, hours=3, stores=2)) - sum(wave)) < 0.001 * sum(wave)
    assert later(wave, hours=2)[24] == wave[12]


@settings(deadline=None)
@given(st.sampled_from(sorted(ratings())), st.floats(1, 20_000))
def test_level_and_discharge_are_one(gauge: str, flow: float) -> None:
    rating = ratings()[gauge]
    assert abs(rating.m3_s(rating.level_m(flow)) - flow) < 1e-6 * flow


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 120), min_size=2, max_size=80), st.floats(0, 1))
def test_ground_is_never_more_than_full_and_slopes_never_tilt_back(rates: list[float], begin: float) -> None:
    ground = slope(rates, begin=begin, strength_pct=86)
    assert all(0 <= each <= 1 for each in ground.wetness.values)
    tilts = list(ground.tilt_deg.values)
    assert tilts == sorted(tilts)


def test_weak_ground_moves_when_full_and_strong_ground_stays() -> None:
    rates = [30.0] * 60 + [0.0] * 60
    weak, strong = (slope(rates, begin=0.8, strength_pct=each) for each in (86, 103))
    assert max(weak.rate_deg_h.values) > 0.5
    assert max(strong.rate_deg_h.values) == 0


def test_a_cut_takes_lamps_at_once_cameras_soon_and_fridges_slowly() -> None:
    here = small(power_cuts=[CUT])
    dark, shed, late = (ms(f"2026-08-11 {clock}") for clock in ("18:50", "18:50", "21:30"))
    assert here.values(LAMPS, dark)["contactor"] is False
    assert small().values(LAMPS, dark)["contactor"] is True
    assert here.values(CAMERA, ms("2026-08-11 18:15"))["online"] is True
    assert here.values(CAMERA, shed)["online"] is False
    assert here.values(CABINET, shed)["mains"] is False
    assert float(here.values(CABINET, shed)["battery_min"]) > float(here.values(CABINET, late)["battery_min"])
    assert float(here.values(FRIDGE, late)["temp_c"]) > float(here.values(FRIDGE, dark)["temp_c"])
    assert here.values(FAR, shed)["online"] is True


def test_a_cabinet_whose_battery_ends_is_not_heard_until_mains_are_back() -> None:
    here, gateway = small(power_cuts=[CUT]), by_id()[CAMERA].gateway
    assert here.link(gateway, ms("2026-08-11 20:00"))
    ended = ms("2026-08-12 00:50")
    assert not here.link(gateway, ended)
    assert here.values(CABINET, ended) == {}
    back = here.values(CABINET, ms("2026-08-12 01:10"))
    assert back["mains"] is True
    assert float(back["battery_pct"]) < 20 < float(here.values(CABINET, ms("2026-08-12 08:00"))["battery_pct"])


def test_a_line_that_is_cut_keeps_its_gateway_running() -> None:
    here, gateway = small(link_cuts=[CUT]), by_id()[CAMERA].gateway
    at = ms("2026-08-11 20:00")
    assert (here.link(gateway, at), here.runs(gateway, at)) == (False, True)
    assert here.values(CAMERA, at)["online"] is True


def test_lamps_follow_the_sun_and_rooms_the_lessons() -> None:
    here = small()
    lit = [hour for hour in range(24) if here.values(LAMPS, ms(f"2026-08-11 {hour:02}:30"))["contactor"]]
    assert lit == [0, 1, 2, 3, 4, 5, *range(19, 24)]
    room = "lop-phuong-nghia-lo-1-1"
    lesson, evening = (here.values(room, ms(f"2026-08-11 {clock}"))["co2_ppm"] for clock in ("11:00", "20:00"))
    assert float(lesson) > 700
    assert float(evening) < 500
    assert float(small(holiday=True).values(room, ms("2026-08-11 11:00"))["co2_ppm"]) < 450


def test_people_of_a_festival_fill_sights_and_streets() -> None:
    crowd = {"begin": "2026-08-11T06:00:00+07:00", "end": "2026-08-11T18:00:00+07:00", "area": "xa-mu-cang-chai",
             "capacity_pct": 130}  # fmt: skip
    noon, here = ms("2026-08-11 12:00"), small(crowds=[crowd])
    assert float(here.values("dem-khach-xa-mu-cang-chai-1-1", noon)["capacity_pct"]) > 100
    assert float(here.values("giao-thong-xa-mu-cang-chai-1-1", noon)["speed_kmh"]) < 15
    assert float(here.values("dem-khach-xa-thac-ba-1-1", noon)["capacity_pct"]) < 50


def test_series_before_their_begin_and_after_their_end_stand_still() -> None:
    series = Series([1.0, 3.0])
    assert [series.at(at) for at in (-100, 0, 300, 600, 9e9)] == [1, 1, 2, 3, 3]


def test_after_rain_none_falls_rather_than_less_than_none() -> None:
    world, place = small(storms=[STORM]).world, by_id()["lu-quet-phuong-nghia-lo-1-1"].position
    begin = world.elapsed_s(ms("2026-08-11 14:00"))
    fell = [world.rain.since_mm(place, begin + 7 * each, 0.75) for each in range(500)]
    assert min(fell) == 0
