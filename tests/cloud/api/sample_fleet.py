"""A small province: sites, gateways and devices as the pages and their pictures need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cloud.api.views import (
    AccountView,
    DeviceView,
    Freshness,
    GatewayView,
    PointView,
    SiteView,
    SpanView,
)
from cloud.inventory.passages import Passage
from device_profiles.load import load_catalogue
from device_profiles.schema import Text
from device_profiles.wire.messages import Cell
from tests.cloud.marks import mark

PROFILES = load_catalogue().profiles
HOUR_MS = 3_600_000

SITES = (
    SiteView("site-cau-yen-bai", Text(vi="Cầu Yên Bái", en="Yên Bái bridge"), "132", 21.706, 104.871, ("gw-thao",)),
    SiteView("site-pvhcc", Text(vi="TT PVHCC", en="Public service centre"), "132", 21.724, 104.911, ("gw-pvhcc",)),
    SiteView("site-thac-ba", Text(vi="Đập Thác Bà", en="Thác Bà dam"), "141", 21.74, 105.03, ("gw-thac-ba",),
             {"gates": 3.0}),
    SiteView("site-nghia-lo", Text(vi="Nghĩa Lộ", en="Nghĩa Lộ"), "133", 21.596, 104.509, ("gw-nghia-lo",)),
    SiteView("site-mu-cang-chai", Text(vi="Mù Cang Chải", en="Mù Cang Chải"), "137", 21.85, 104.09, ("gw-mcc",)),
)  # fmt: skip

LEVELS = (
    mark("flood_yen_bai", "I", 30.0, 3),
    mark("flood_yen_bai", "II", 31.0, 2),
    mark("flood_yen_bai", "III", 32.0, 1),
)

Values = Mapping[str, Cell]
DEVICES: tuple[tuple[str, str, str, str, str, Values], ...] = (
    ("gw-thao", "gauge-yen-bai", "Trạm đo mực nước Yên Bái", "Yên Bái river gauge", "river_gauge_radar",
     {"level_m": 31.42, "velocity_m_s": 2.31, "batt_v": 12.9}),
    ("gw-thao", "rain-yen-bai", "Trạm đo mưa Yên Bái", "Yên Bái rain gauge", "rain_gauge_tipping",
     {"rain_mm": 4.2, "rain_total_mm": 231.6, "batt_v": 12.7}),
    ("gw-thao", "cam-hong-ha", "Camera phường Hồng Hà", "Hồng Hà camera", "ip_camera",
     {"online": True, "fps": 2.0, "frozen": False, "black": False, "blurred": True, "moved": False, "motion": 0.12,
      "brightness": 84.5}),
    ("gw-thao", "ups-thao", "Nguồn tủ trạm Thao", "Thao cabinet power", "cabinet_ups_router",
     {"mains": False, "battery_pct": 64.0, "battery_min": 212.0, "output_source": 1, "temp_c": 38.5, "signal_dbm": -87,
      "cpu_pct": 12.0, "link": True}),
    ("gw-pvhcc", "kiosk-01", "Kiosk lấy số 01", "Queue kiosk 01", "kiosk_queue",
     {"online": True, "tickets": 148, "waiting": 12, "wait_min": 9.5, "served": 131, "counters_open": 5,
      "paper_pct": 42.0, "rating": 4.6}),
    ("gw-pvhcc", "meter-pvhcc", "Công tơ tòa nhà", "Building meter", "power_meter_sdm630",
     {"u1_v": 229.4, "u2_v": 231.0, "u3_v": 228.2, "i1_a": 18.31, "i2_a": 16.02, "i3_a": 20.11, "p_w": 11873.0,
      "pf": 0.94, "freq_hz": 50.01, "import_kwh": 48211.3}),
    ("gw-pvhcc", "air-yen-bai", "Quan trắc không khí Yên Bái", "Yên Bái air node", "air_node",
     {"pm25": 38.2, "pm10": 61.4, "temp_c": 27.9, "rh": 91.0, "noise_dba": 57.3}),
    ("gw-thac-ba", "gauge-thac-ba", "Mực nước hồ Thác Bà", "Thác Bà lake level", "river_gauge_radar",
     {"level_m": 58.97, "velocity_m_s": 0.0, "batt_v": 13.1}),
    ("gw-nghia-lo", "lights-nghia-lo", "Tủ chiếu sáng Nghĩa Lộ", "Nghĩa Lộ lighting cabinet", "street_light_cabinet",
     {"u1_v": 224.1, "u2_v": 226.0, "u3_v": 225.4, "i1_a": 9.2, "i2_a": 8.8, "i3_a": 9.5, "p_w": 6120.0,
      "energy_kwh": 9120.4, "pf": 0.91, "contactor": True, "door": False, "mode": 1}),
    ("gw-mcc", "rain-mcc", "Trạm đo mưa Mù Cang Chải", "Mù Cang Chải rain gauge", "rain_gauge_tipping", {}),
)  # fmt: skip
# What a point was so many hours ago; others ripple.
COURSES: Mapping[str, Callable[[float], float]] = {
    "level_m": lambda hours: 31.42 - 0.22 * hours,
    "level_up_m": lambda hours: 58.97 - 0.03 * hours,
    "aqi": lambda hours: max(40.0, 160.0 - 8 * hours),
    "band": lambda hours: float(4 if hours < 2 else 3 if hours < 7 else 2),
    "water_class": lambda hours: float(3 if hours < 30 else 2),
}
READ_AGO_MS = {"gw-nghia-lo": 3 * HOUR_MS}  # its link is cut; the others were read two seconds ago


def gateways(now: int) -> tuple[GatewayView, ...]:
    """Four that were heard, in different states, and one that never was."""

    def heard(identifier: str, vi: str, site: str, **more: object) -> GatewayView:
        common = {"epoch": "6f3a", "agent": "0.1.0", "configuration": "c81f2b", "clock": "good", "state": "online"}
        return GatewayView(identifier, Text(vi=vi, en=vi), site, **{**common, **more})  # type: ignore[arg-type]

    late = now - READ_AGO_MS["gw-nghia-lo"]
    return (
        heard("gw-thao", "Tủ sông Thao", "site-cau-yen-bai", since=now - 30 * HOUR_MS, health_at=now - 4_000, devices=4,
              backlog_batches=2, backlog_readings=180, backlog_bytes=9_400, hours_left=1_610.0,
              withheld={"bytes": 12}),
        heard("gw-pvhcc", "Tủ Trung tâm PVHCC", "site-pvhcc", since=now - 52 * HOUR_MS, health_at=now - 6_000,
              devices=3, hours_left=2_100.5, clock="doubtful"),
        heard("gw-thac-ba", "Tủ đập Thác Bà", "site-thac-ba", since=now - HOUR_MS, health_at=now - HOUR_MS,
              devices=1, state="stopped"),
        heard("gw-nghia-lo", "Tủ Nghĩa Lộ", "site-nghia-lo", since=late, health_at=late, devices=1, state="lost",
              backlog_batches=412, backlog_readings=41_230, backlog_bytes=2_400_000, hours_left=161.5,
              dropped_readings=1_200, reconnects=7),
        GatewayView("gw-mcc", Text(vi="Tủ Mù Cang Chải", en="Mù Cang Chải cabinet"), "site-mu-cang-chai", devices=1),
    )  # fmt: skip


def accounts(now: int) -> tuple[AccountView, ...]:
    """One account per gateway and epoch; the Thao gave some readings up five hours ago."""
    full = SpanView("full", 90, now - 5 * HOUR_MS, now - 5 * HOUR_MS + HOUR_MS // 3)
    full_too = SpanView("full", 1_200, now - 30 * HOUR_MS, now - 29 * HOUR_MS)
    return (
        AccountView("gw-thao", "6f3a", 182_400, 182_130, 0, 90, 180, ((0, 4_120),), (),
                    dropped_by_reason={"full": 90}, drops=(full,)),
        AccountView("gw-thao", "41c0", 9_120, 9_117, 3, 0, 0, ((0, 201),), (), {"type": 1, "unmapped_point": 2}),
        AccountView("gw-pvhcc", "6f3a", 96_311, 96_311, 0, 0, 0, ((0, 2_003),), ()),
        AccountView("gw-thac-ba", "6f3a", 20_400, 20_400, 0, 0, 0, ((0, 861),), ()),
        AccountView("gw-nghia-lo", "6f3a", 84_000, 41_570, 0, 1_200, 41_230, ((0, 730), (745, 801)), ((731, 744),),
                    dropped_by_reason={"full": 1_200}, drops=(full_too,), held_ranges=((790, 801),)),
    )  # fmt: skip


def passages(now: int) -> tuple[Passage, ...]:
    """What of the Thao gauge came late, and what came with a clock that nobody trusts."""
    late = now - 3 * HOUR_MS
    doubted = now - 12 * HOUR_MS
    return (
        Passage("late", late, late + HOUR_MS // 2, 1_080, late + 2_400_000, late + 2_460_000),
        Passage("doubtful", doubted, doubted + HOUR_MS, 2_160, doubted + 5_000, doubted + HOUR_MS),
    )


def devices(now: int) -> dict[tuple[str, str], DeviceView]:
    """Every device with its values, read a moment ago."""
    return {
        (gateway, device): _device((gateway, device, profile), Text(vi=vi, en=en), values, now)
        for gateway, device, vi, en, profile, values in DEVICES
    }


def _device(name: tuple[str, str, str], text: Text, values: Values, now: int) -> DeviceView:
    gateway, device, profile = name
    site = next(site.id for site in SITES if gateway in site.gateways)
    read_at = now - READ_AGO_MS.get(gateway, 2_000)
    known = PROFILES[profile]
    points = tuple(
        PointView(
            point.key,
            point.name,
            point.unit,
            point.type,
            value=values.get(point.key),
            quality="uncertain:rate" if point.key == "velocity_m_s" else "good",
            freshness=_freshness(gateway, point.key in values, steady=point.key.startswith("batt")),
            observed_at=read_at - 400 if point.key in values else None,
            received_at=read_at if point.key in values else None,
            stale_after_ms=45_000,
        )
        for point in known.points
    )
    return DeviceView(
        gateway, device, text, profile, site, fault="" if values else "timeout", read_at=read_at if values else None,
        points=points,
    )  # fmt: skip


def _freshness(gateway: str, known: bool, *, steady: bool) -> Freshness:
    if not known:
        return "never"
    if gateway in READ_AGO_MS:
        return "stale"
    return "doubtful" if gateway == "gw-pvhcc" else "unchanged" if steady else "measured"
