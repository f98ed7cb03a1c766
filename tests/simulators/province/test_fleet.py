"""The pilot fleet: as many devices as the province counts, on its real communes, of models that exist."""

from __future__ import annotations

from collections import Counter

from device_profiles.schema import Sector
from simulators.province.climate import Climate
from simulators.province.fleet import FleetFile, Group, Station, by_id, fleet, gateways
from simulators.province.places import Commune, CommuneFile, all_communes, communes, km_between
from simulators.province.province import models
from simulators.province.rivers import Basin, Gauge, LakeShape, Rating, RiverFile, Upstream
from tests.readme_check import assert_documented

COUNTS = {
    "ip_camera": 155, "rain_gauge_tipping": 20 + 100, "ford_gauge": 5, "flash_flood_siren": 1, "river_gauge_radar": 8,
    "reservoir": 1, "air_station": 1, "air_node": 12, "water_sonde": 3, "landslide_node": 15 * 3, "classroom_iaq": 60,
    "vaccine_fridge": 40, "traffic_counter": 16, "street_light_cabinet": 80, "waste_bin": 120, "water_dma": 20,
    "street_flood": 12, "kiosk_queue": 51 + 1, "people_counter": 6, "field_station": 8, "power_meter_sdm630": 24,
    "field_switch": 58, "cabinet_ups_router": 58,
}  # fmt: skip


def test_the_fleet_is_the_pilots() -> None:
    counted = Counter(device.profile for device in fleet())
    assert {profile: counted[profile] for profile in COUNTS} == COUNTS
    points = {device.site for device in fleet() if device.profile == "ip_camera"}
    assert len(points) == 58
    slopes = Counter(device.site for device in fleet() if device.profile == "landslide_node")
    assert set(slopes.values()) == {3}


def test_every_device_has_its_own_name_and_a_known_model() -> None:
    assert len(by_id()) == len(fleet())
    assert {device.profile for device in fleet()} <= set(models().profiles)
    for devices in gateways().values():
        assert len({device.site for device in devices}) == 1


def test_every_sector_of_the_scheme_has_devices() -> None:
    assert {models()[device.profile].sector for device in fleet()} == set(Sector)


def test_the_fleet_stands_on_all_communes_of_the_former_province() -> None:
    assert len(communes()) == 51
    assert {device.area for device in fleet()} >= set(communes())
    for device in fleet():
        seat = all_communes()[device.area]
        assert km_between(device.position, (seat.lat, seat.lon)) < 15


def test_every_field_of_the_files_is_described() -> None:
    assert_documented("simulators/province", Commune, CommuneFile, Group, Station, FleetFile, Climate)
    assert_documented("simulators/province", RiverFile, Basin, Gauge, Upstream, Rating, LakeShape)
