"""An ordinary Tuesday in every sector, with all rules of the province: nobody is woken."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

from cloud.rules.judge import Judge, Places
from cloud.rules.rule import Rule
from cloud.rules.trial import Memory
from cloud.store.base import Columns
from device_profiles.schema import Point, PointType
from device_profiles.wire.messages import Cell
from tests.deploy.rules.province import CATALOGUE, RULES

HOURS, STEP_MS = 24, 600_000
BEGIN = round(datetime(2026, 3, 10, tzinfo=timezone(timedelta(hours=7))).timestamp() * 1000)
LIT = (range(18, 24), range(6))  # hours of street light
ORDINARY: dict[str, dict[str, float | bool]] = {
    "air_node": {"pm25": 22, "pm10": 40, "temp_c": 19, "rh": 80, "noise_dba": 50},
    "air_station": {
        "pm25": 24, "pm10": 45, "so2": 12, "no2": 25, "o3": 60, "co": 900, "vn_aqi": 48, "temp_c": 19, "rh": 80,
        "pressure_hpa": 1008, "wind_m_s": 2,
    },
    "anpr_camera": {"passes_5min": 40, "read_pct": 94, "speeding_5min": 1, "red_light_5min": 0},
    "budget_indicators": {"revenue_pct": 22, "disbursed_pct": 14, "behind_plan_pct": 4},
    "cabinet_ups_router": {
        "mains": True, "battery_pct": 100, "battery_min": 240, "output_source": 1, "temp_c": 35, "signal_dbm": -80,
        "cpu_pct": 30, "link": True,
    },
    "classroom_iaq": {"co2_ppm": 650, "temp_c": 20, "rh": 75, "pm25": 20, "lux": 400},
    "counting_camera": {
        "online": True, "moved": False, "rain_on_lens": False, "vehicles_forth": 30, "vehicles_back": 28,
        "people_forth": 4, "people_back": 5, "flow_vph": 350, "speed_kmh": 32, "occupancy_pct": 12,
        "count_quality": 0.9,
    },
    "dossier_feed": {"received": 60, "overdue": 1, "on_time_pct": 99, "online_pct": 70},
    "field_station": {"temp_c": 19, "rh": 82, "soil_temp_c": 18, "soil_vwc_pct": 32, "soil_reserve_pct": 15},
    "field_switch": {"uplink": True, "ports_down": 0, "util_pct": 35, "cpu_pct": 20, "temp_c": 40},
    "fire_panel": {"fire": False, "fault": False, "batt_v": 13.5},
    "firewall_events": {
        "login_failures_5min": 2, "ids_high": 0, "iot_to_internet": 0, "admins_added": 0, "config_changes": 0,
    },
    "fish_cage": {"do_mg_l": 6, "temp_c": 22},
    "flash_flood_siren": {"stage_m": 1.2, "siren": 0, "batt_v": 12.8},
    "ford_gauge": {"depth_cm": 0, "warning_on": False, "batt_v": 3.9},
    "forest_fire_post": {"danger_level": 2, "smoke": False},
    "heat_stress_node": {"temp_c": 19, "rh": 80, "globe_c": 24, "wbgt_c": 18},
    "hospital_indicators": {"beds_pct": 78, "er_waiting": 6, "ambulances_free": 3},
    "ip_camera": {
        "online": True, "fps": 25, "frozen": False, "black": False, "over_exposed": False, "blurred": False,
        "moved": False, "rain_on_lens": False, "motion": 0.1, "brightness": 120,
    },
    "index_camera": {
        "online_1h_pct": 100, "online_24h_pct": 99.8, "usable_1h_pct": 100, "usable_24h_pct": 99.5, "known_1h_pct": 100,
        "known_24h_pct": 100,
    },
    "index_power_quality": {
        "state": 0, "deviation_pct": 0.4, "good_24h_pct": 100, "unbalance_pct": 0.5, "thd_pct": 3, "pf": 0.95,
        "frequency_hz": 50,
    },
    "index_rain_risk": {"rain_risk": 0, "slide_risk": 0, "wet_days": 0},
    "index_vn_aqi_day": {
        "aqi": 48, "band": 1, "main": 1, "aqi_pm25": 48, "aqi_pm10": 45, "aqi_so2": 5, "aqi_no2": 13, "aqi_co": 5,
        "aqi_o3": 19,
    },
    "index_water_class": {"water_class": 2, "worst": 6, "class_without_tss": 1, "parameters": 4, "nh4_over": False},
    "index_water_loss": {
        "volume_m3": 480, "night_flow": 6, "night_growth_pct": 2, "loss_m3": 80, "nrw_pct": 17,
    },
    "interlock": {"tripped": False, "armed": True, "failed": False, "blind": False, "trips": 2},
    "irrigation_dam": {"over_spillway_m": -2.5, "seepage_l_s": 1, "gate_pct": 20},
    "job_exchange": {"vacancies": 1200, "visitors": 40, "claims_waiting": 35, "claims_overdue_pct": 2},
    "kiosk_queue": {
        "online": True, "tickets": 80, "waiting": 4, "wait_min": 7, "served": 76, "counters_open": 8, "paper_pct": 60,
        "rating": 4.6,
    },
    "lamp_node": {"dim_pct": 100, "p_w": 90, "lamp_fail": False},
    "landslide_node": {
        "tilt_x_deg": 1, "tilt_y_deg": 1, "tilt_rate_deg_h": 0, "crack_mm": 12, "soil_sat_pct": 60, "pore_kpa": -5,
        "batt_v": 3.9,
    },
    "lodging_feed": {"guests_vn": 800, "guests_foreign": 60, "rooms_pct": 45},
    "lorawan_link": {
        "rssi_dbm": -95, "snr_db": 7, "spreading_factor": 8, "gateways": 2, "frames_lost": 0, "battery_pct": 90,
        "margin_db": 10,
    },
    "market_price": {"price_vnd": 62000, "change_7d_pct": 2},
    "noise_meter": {"laeq_1min_dba": 50, "laeq_1h_dba": 50},
    "onvif_camera": {
        "online": True, "stream": True, "clock_offset_s": 0.2, "width": 1920, "height": 1080, "motion": False,
        "tamper": False,
    },
    "oxygen_generator": {"o2_bar": 120, "line_bar": 4.5, "fuel_pct": 80, "generator": 0},
    "parking_lot": {"occupied_pct": 60, "free_count": 40},
    "payout_point": {"open": True, "waiting": 6, "paid": 40, "cash_pct": 60},
    "people_counter": {"people_in": 20, "people_out": 18, "capacity_pct": 35},
    "pier_wind": {"wind_m_s": 3, "gust_m_s": 5},
    "platform_status": {
        "cert_days": 200, "device_auth_failures": 0, "ingest_lag_s": 1, "disk_free_pct": 60, "clock_drift_s": 0.02,
    },
    "power_meter_sdm630": {
        "u1_v": 229, "u2_v": 230, "u3_v": 231, "i1_a": 20, "i2_a": 20, "i3_a": 20, "p1_w": 4300, "p2_w": 4300,
        "p3_w": 4300, "p_w": 13000, "pf": 0.95, "freq_hz": 50, "thd_u_pct": 3, "import_kwh": 100, "total_kwh": 100,
    },
    "pump_station": {"running": True, "permitted": True, "current_pct": 80, "bearing_c": 55, "vibration_mm_s": 2},
    "rain_gauge_tipping": {"rain_mm": 0, "rain_total_mm": 10, "batt_v": 3.9},
    "reservoir": {
        "level_up_m": 54, "level_down_m": 23.3, "q_in_m3_s": 300, "q_out_m3_s": 250, "q_turbine_m3_s": 250,
        "gates_open": 0, "volume_mcm": 2200,
    },
    "river_gauge_radar": {"level_m": 26, "velocity_m_s": 0.8, "batt_v": 12.6},
    "road_weather": {"visibility_m": 3000, "road_temp_c": 18, "batt_v": 3.9},
    "satisfaction_tablet": {"score": 5, "satisfied_pct_50": 95},
    "school_gate": {"present": 480, "attendance_pct": 96},
    "school_meter": {"p_w": 6000, "energy_kwh": 100, "flow_m3_h": 0.05, "water_m3": 10},
    "signal_controller": {"mode": 0, "phase": 1, "cycle_s": 90, "lamp_fault": False},
    "siren_relay": {"sounding": False, "batt_v": 12.8},
    "sos_post": {"sos": False, "fault": False, "batt_v": 12.8},
    "street_flood": {"depth_cm": 0, "manhole_pct": 15},
    "street_light_cabinet": {
        "u1_v": 230, "u2_v": 230, "u3_v": 229, "i1_a": 12, "i2_a": 12, "i3_a": 12, "p_w": 8000, "energy_kwh": 100,
        "pf": 0.93, "door": False, "mode": 1,
    },
    "traffic_counter": {"flow_vph": 600, "speed_kmh": 32, "occupancy_pct": 18, "motorbike_pct": 80, "wrong_way": 0},
    "transformer": {"load_pct": 55, "oil_temp_c": 60},
    "truck_scale": {"tonnes_today": 300, "licence_pct": 40, "trucks_today": 17, "trucks_off_hours": 0},
    "vaccine_fridge": {"temp_c": 4.5, "door": False, "mains": True, "battery_pct": 95},
    "waste_bin": {"fill_pct": 45, "temp_c": 25, "tilted": False},
    "wastewater_station": {"flow_m3_h": 60, "ph": 7.2, "tss_mg_l": 40, "cod_mg_l": 60, "nh4_mg_l": 4, "temp_c": 28},
    "water_dma": {"pressure_bar": 2.5, "flow_m3_h": 20},
    "water_plant": {"chlorine_mg_l": 0.5, "turbidity_ntu": 0.5, "ph": 7.2},
    "water_sonde": {
        "temp_c": 20, "ph": 7.4, "do_mg_l": 6.5, "tss_mg_l": 45, "ec_us_cm": 180, "cod_mg_l": 9, "nh4_mg_l": 0.1,
    },
    "weather_station": {
        "temp_c": 19, "rh": 80, "wind_m_s": 3, "gust_m_s": 6, "wind_dir_deg": 120, "pressure_hpa": 1008,
    },
}  # fmt: skip


def _cell(point: Point, value: float | bool, hour: float) -> Cell:
    """The ordinary value, a little higher by day than by night where it is a measured one."""
    if point.type is PointType.FLOAT:
        return round(value * (1 + 0.03 * math.sin((hour - 9) / 24 * 2 * math.pi)), 3)
    return value if point.type is PointType.BOOL else int(value)


def _block(profile: str, at: int) -> Columns:
    hour = (at - BEGIN) / 3_600_000
    values: dict[str, float | bool] = dict(ORDINARY[profile])
    if profile == "street_light_cabinet":
        values["contactor"] = any(int(hour) % 24 in hours for hours in LIT)
    points = {point.key: point for point in CATALOGUE.profiles[profile].points}
    return Columns(
        site=f"site-{profile}",
        gateway=f"gw-{profile}",
        device=f"device-{profile}",
        profile=profile,
        times=[at],
        points={key: [_cell(points[key], value, hour)] for key, value in values.items()},
        quality={},
        types={key: points[key].type for key in values},
    )


def _looked_at(rule: Rule) -> set[str]:
    return {rule.selector.profile} - {""}


def test_an_ordinary_day_of_every_device_raises_no_alarm() -> None:
    memory, sites = Memory(), [f"site-{profile}" for profile in ORDINARY]
    places = Places(areas=dict.fromkeys(sites, ("lao-cai",)), sites={f"gw-{name}": f"site-{name}" for name in ORDINARY})
    judge: Judge = memory.judge(list(RULES.values()), places)
    for at in range(BEGIN, BEGIN + HOURS * 3_600_000, STEP_MS):
        memory.keep(judge.observe([_block(profile, at) for profile in ORDINARY], received_at=at))
        memory.keep(judge.tick(at))
    assert not judge.faults
    assert [(alarm.rule, alarm.text_en) for alarm in memory.alarms.values()] == []


def test_every_device_that_a_rule_looks_at_has_its_ordinary_day() -> None:
    looked_at = set().union(*(_looked_at(rule) for rule in RULES.values()))
    assert looked_at <= set(ORDINARY)
    for profile, values in ORDINARY.items():
        points = {point.key for point in CATALOGUE.profiles[profile].points} - {"contactor"}
        assert set(values) == points, profile
