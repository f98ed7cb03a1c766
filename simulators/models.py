"""A signal for each device model of the catalogue: what such a device would say on an ordinary day. Pure, seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from device_profiles.schema import DeviceProfile
from simulators.device import Signal
from simulators.ordinary import air_water, people, power, streets, weather

Model: TypeAlias = Callable[[int], Signal]  # seed -> signal; one seed is one place

MODELS: Mapping[str, Model] = {
    # security
    "anpr_camera": streets.plates,
    "fire_panel": streets.fire_panel,
    "sos_post": streets.sos_post,
    # traffic
    "ford_gauge": weather.ford,
    "road_weather": weather.road_weather,
    "signal_controller": streets.crossing,
    "traffic_counter": streets.traffic,
    # environment
    "air_node": air_water.air_node,
    "air_station": air_water.air_station,
    "noise_meter": air_water.noise_meter,
    "wastewater_station": air_water.waste_water,
    "water_sonde": air_water.water_sonde,
    # disaster
    "flash_flood_siren": weather.flash_flood,
    "irrigation_dam": weather.irrigation_dam,
    "landslide_node": weather.slope,
    "rain_gauge_tipping": weather.rain_gauge,
    "reservoir": weather.lake,
    "river_gauge_radar": weather.river,
    "weather_station": weather.weather_station,
    # education
    "classroom_iaq": air_water.classroom,
    "school_gate": people.school_gate,
    "school_meter": power.school_meter,
    # health
    "hospital_indicators": people.hospital,
    "oxygen_generator": power.oxygen,
    "vaccine_fridge": streets.fridge,
    # tourism
    "lodging_feed": people.lodging,
    "people_counter": people.visitors,
    "pier_wind": weather.pier_wind,
    # economy
    "budget_indicators": people.budget,
    "eastron_sdm120": power.small_meter,
    "market_price": people.market,
    "power_meter_sdm630": power.power_meter,
    "transformer": power.transformer,
    # urban management
    "lamp_node": power.lamp,
    "parking_lot": streets.parking,
    "pump_station": power.pump,
    "siren_relay": power.siren,
    "street_flood": weather.street_flood,
    "street_light_cabinet": power.street_lights,
    "waste_bin": streets.bin_,
    "water_dma": air_water.water_district,
    "water_plant": air_water.water_plant,
    # agriculture, land and resources
    "field_station": weather.field,
    "fish_cage": air_water.fish_cage,
    "forest_fire_post": weather.forest,
    "truck_scale": people.quarry,
    # labour and social affairs
    "heat_stress_node": air_water.heat_stress,
    "job_exchange": people.job_exchange,
    "payout_point": people.payout,
    # public services
    "dossier_feed": people.dossiers,
    "kiosk_queue": people.kiosk,
    "satisfaction_tablet": people.tablet,
    # cyber security
    "cabinet_ups_router": streets.cabinet,
    "apc_switched_pdu": streets.outlet,
    "canal_gate": air_water.canal_gate,
    "hydropower_unit": air_water.hydropower_unit,
    "field_switch": streets.switch,
    "firewall_events": streets.firewall,
    "lorawan_link": streets.radio,
    "platform_status": streets.platform,
}


def model_of(profile: DeviceProfile) -> Model | None:
    """What such a device would say; a vendor's model that reports as another one says the same. None: nothing known."""
    return MODELS.get(profile.profile) or MODELS.get(profile.reports_as or "")


def signal_of(profile: DeviceProfile, seed: int) -> Signal:
    """The signal of a device of this model; KeyError when nobody has invented one."""
    model = model_of(profile)
    if model is None:
        raise KeyError(profile.profile)
    return model(seed)
