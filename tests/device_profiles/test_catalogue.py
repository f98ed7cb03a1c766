"""The packaged device models: complete, named in both languages, and unchanged in the points that rules rely on."""

from __future__ import annotations

import itertools
import re
import unicodedata
from pathlib import Path

import pytest

from device_profiles.load import CATALOGUE, load_catalogue
from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.modbus import REGISTERS, ModbusSource
from tests.readme_check import assert_documented

PROFILES = load_catalogue()
EACH = pytest.mark.parametrize("profile", PROFILES.profiles.values(), ids=lambda profile: profile.profile)
RELIED_ON = {
    "river_gauge_radar": "level_m velocity_m_s batt_v",
    "rain_gauge_tipping": "rain_mm rain_total_mm batt_v",
    "power_meter_sdm630": "u1_v u2_v u3_v i1_a i2_a i3_a p1_w p2_w p3_w p_w pf freq_hz thd_u_pct import_kwh total_kwh",
    "air_node": "pm25 pm10 temp_c rh noise_dba",
    "street_light_cabinet": "u1_v u2_v u3_v i1_a i2_a i3_a p_w energy_kwh pf contactor door mode",
    "ip_camera": "online fps frozen black over_exposed blurred moved rain_on_lens motion brightness",
    "kiosk_queue": "online tickets waiting wait_min served counters_open paper_pct rating",
    "cabinet_ups_router": "mains battery_pct battery_min output_source temp_c signal_dbm cpu_pct link",
    "sos_post": "sos fault batt_v",
    "fire_panel": "fire fault batt_v",
    "traffic_counter": "flow_vph speed_kmh occupancy_pct motorbike_pct wrong_way",
    "signal_controller": "mode phase cycle_s lamp_fault",
    "road_weather": "visibility_m road_temp_c batt_v",
    "ford_gauge": "depth_cm warning_on batt_v",
    "air_station": "pm25 pm10 so2 no2 o3 co vn_aqi temp_c rh pressure_hpa wind_m_s",
    "water_sonde": "temp_c ph do_mg_l tss_mg_l ec_us_cm cod_mg_l nh4_mg_l",
    "noise_meter": "laeq_1min_dba laeq_1h_dba",
    "wastewater_station": "flow_m3_h ph tss_mg_l cod_mg_l nh4_mg_l temp_c",
    "reservoir": "level_up_m level_down_m q_in_m3_s q_out_m3_s q_turbine_m3_s gates_open volume_mcm",
    "irrigation_dam": "over_spillway_m seepage_l_s gate_pct",
    "landslide_node": "tilt_x_deg tilt_y_deg tilt_rate_deg_h crack_mm soil_sat_pct pore_kpa batt_v",
    "flash_flood_siren": "stage_m siren batt_v",
    "weather_station": "temp_c rh wind_m_s gust_m_s wind_dir_deg pressure_hpa",
    "classroom_iaq": "co2_ppm temp_c rh pm25 lux",
    "school_meter": "p_w energy_kwh flow_m3_h water_m3",
    "school_gate": "present attendance_pct",
    "vaccine_fridge": "temp_c door mains battery_pct",
    "oxygen_generator": "o2_bar line_bar fuel_pct generator",
    "hospital_indicators": "beds_pct er_waiting ambulances_free",
    "people_counter": "people_in people_out capacity_pct",
    "pier_wind": "wind_m_s gust_m_s",
    "market_price": "price_vnd change_7d_pct",
    "transformer": "load_pct oil_temp_c",
    "lamp_node": "dim_pct p_w lamp_fail",
    "waste_bin": "fill_pct temp_c tilted",
    "parking_lot": "occupied_pct free_count",
    "water_dma": "pressure_bar flow_m3_h",
    "water_plant": "chlorine_mg_l turbidity_ntu ph",
    "pump_station": "running current_pct bearing_c vibration_mm_s permitted",
    "street_flood": "depth_cm manhole_pct",
    "field_station": "temp_c rh soil_temp_c soil_vwc_pct soil_reserve_pct",
    "fish_cage": "do_mg_l temp_c",
    "forest_fire_post": "danger_level smoke",
    "satisfaction_tablet": "score satisfied_pct_50",
    "firewall_events": "login_failures_5min ids_high iot_to_internet admins_added config_changes",
    "field_switch": "uplink ports_down util_pct cpu_pct temp_c",
    "platform_status": "cert_days device_auth_failures ingest_lag_s disk_free_pct clock_drift_s",
    "index_flood_level": "flood_level delta_to_next_m",
}


def test_points_that_others_rely_on_keep_their_names() -> None:
    kept = {name: " ".join(point.key for point in PROFILES[name].points) for name in RELIED_ON}
    assert kept == RELIED_ON


@EACH
def test_every_point_is_named_in_both_languages_and_composed(profile: DeviceProfile) -> None:
    for text in (profile.name, *(point.name for point in profile.points)):
        assert text.vi == unicodedata.normalize("NFC", text.vi)
        assert text.en.isprintable()
    names = "".join(point.name.vi for point in profile.points)
    assert not names.isascii(), "Vietnamese carries its diacritics"


@EACH
def test_a_number_of_a_device_has_limits(profile: DeviceProfile) -> None:
    if profile.protocol in ("derived", "interlock"):  # no device measures these
        return
    for point in profile.points:
        if point.type in (PointType.INT, PointType.FLOAT):
            assert point.limits.minimum is not None, point.key
            assert point.limits.maximum is not None, point.key


@EACH
def test_modbus_points_do_not_overlap(profile: DeviceProfile) -> None:
    taken = sorted(
        (source.table, source.address, source.address + REGISTERS[source.encoding])
        for source in (point.source for point in profile.points)
        if isinstance(source, ModbusSource)
    )
    for (table, _, end), (next_table, begin, _) in itertools.pairwise(taken):
        assert table != next_table or end <= begin


@EACH
def test_an_unconfirmed_profile_says_where_its_facts_come_from(profile: DeviceProfile) -> None:
    assert len(profile.source) > 20


def test_the_meter_lies_where_its_maker_says() -> None:
    addresses = {
        point.key: point.source.address
        for point in PROFILES["power_meter_sdm630"].points
        if isinstance(point.source, ModbusSource)
    }
    assert addresses["u1_v"] == 0x0000
    assert addresses["i3_a"] == 0x000A
    assert addresses["p3_w"] == 0x0010
    assert addresses["p_w"] == 0x0034
    assert addresses["total_kwh"] == 0x0156


def test_files_are_named_after_vendor_and_model() -> None:
    for path in Path(CATALOGUE).glob("*.toml"):
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+\.toml", path.name)


def test_every_key_of_a_profile_is_described() -> None:
    assert_documented("device_profiles", DeviceProfile)
