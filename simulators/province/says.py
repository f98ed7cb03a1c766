"""Which physics speak for which device model; those of an ordinary day for models that no story touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from simulators.encoding import Value
from simulators.models import MODELS
from simulators.province import indoors, outdoors
from simulators.province.calendar import midnight_ms
from simulators.province.world import Here

Says: TypeAlias = Callable[[Here], Mapping[str, Value]]

SAYS: Mapping[str, Says] = {
    "air_node": outdoors.air_node,
    "air_station": outdoors.air_station,
    "cabinet_ups_router": indoors.cabinet,
    "classroom_iaq": indoors.classroom,
    "field_station": outdoors.field,
    "field_switch": indoors.switch,
    "firewall_events": indoors.firewall,
    "flash_flood_siren": outdoors.flash_flood,
    "ford_gauge": outdoors.ford,
    "forest_fire_post": outdoors.forest,
    "ip_camera": indoors.camera,
    "irrigation_dam": outdoors.irrigation_dam,
    "kiosk_queue": indoors.kiosk,
    "landslide_node": outdoors.slope_node,
    "lodging_feed": indoors.lodging,
    "parking_lot": indoors.parking,
    "people_counter": indoors.visitors,
    "pier_wind": outdoors.pier_wind,
    "power_meter_sdm630": indoors.meter,
    "rain_gauge_tipping": outdoors.rain_gauge,
    "reservoir": outdoors.reservoir,
    "river_gauge_radar": outdoors.river,
    "road_weather": outdoors.road,
    "street_flood": outdoors.street,
    "street_light_cabinet": indoors.lights,
    "traffic_counter": indoors.traffic,
    "vaccine_fridge": indoors.fridge,
    "waste_bin": indoors.bin_,
    "water_sonde": outdoors.sonde,
    "weather_station": outdoors.weather_station,
}


def said(here: Here) -> Mapping[str, Value]:
    """What the device would say if nothing were wrong with it; nothing when it has no power."""
    says = SAYS.get(here.device.profile)
    if says is not None:
        return says(here)
    begin = midnight_ms(round(here.world.story.begin.timestamp() * 1000))
    return MODELS[here.device.profile](here.grain)((here.at_ms - begin) / 1000)
