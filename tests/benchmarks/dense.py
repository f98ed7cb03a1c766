"""A province of ten thousand devices with two thousand open alarms: what its centre knows, and what its gateways say.

Rules, sectors and indices are those of `deploy/`; 200 more sites have five gateways with ten devices each. As a program
(`python -m tests.benchmarks.dense BROKER`) it is the fleet: everybody speaks once, then a sixtieth of them each second.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import tomli_w

from cloud.access.passwords import hash_password
from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.store.base import AlarmHistoryRow, AlarmRow, BirthRow, Commit, UserRow
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from device_profiles.wire import Batch, BirthDevice, Channel, DeviceBlock, State, encode, topic_for
from device_profiles.wire.messages import Cell
from simulators.load.client import LoadClient
from simulators.load.traffic import EPOCH, gateway_id

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
SITES, AT_A_SITE = 200, 5
GATEWAYS = SITES * AT_A_SITE
PERIOD_S = 60  # between two messages of a gateway
AT_ONCE = 100  # gateways that speak at the same time when all do
USERS = 50
PASSWORD: Final = "sông Hồng dâng cao 35,73"
INDICES: Final = ("rain", "rain_risk", "river", "vn_aqi_hour", "vn_aqi_day", "water_class")
AREAS: Final = ("phuong-yen-bai", "phuong-nghia-lo", "xa-mu-cang-chai")
# What each model says. Points that the rules of the open alarms look at are left out, so that they stay open.
SAID: Final[dict[str, dict[str, Cell]]] = {
    "power_meter_sdm630": {"u1_v": 228.1, "u2_v": 229.4, "u3_v": 227.7, "p_w": 1540.0, "pf": 0.93, "freq_hz": 49.98},
    "street_light_cabinet": {"u1_v": 224.1, "i1_a": 9.2, "p_w": 6120.0, "energy_kwh": 9120.4, "contactor": True},
    "lamp_node": {"dim_pct": 70.0, "p_w": 61.0, "lamp_fail": False},
    "ip_camera": {"online": True, "fps": 14.8, "frozen": False, "black": False, "blurred": False, "moved": False},
    "cabinet_ups_router": {"mains": True, "battery_pct": 98.0, "temp_c": 31.4, "signal_dbm": -71.0, "link": True},
    "classroom_iaq": {"co2_ppm": 640.0, "temp_c": 25.3, "rh": 61.0, "pm25": 12.0, "lux": 410.0},
    "kiosk_queue": {"online": True, "tickets": 41, "waiting": 3, "wait_min": 6.5, "served": 38, "rating": 4.6},
    "vaccine_fridge": {"temp_c": 5.1, "door": False, "mains": True, "battery_pct": 97.0},
    "traffic_counter": {"flow_vph": 312.0, "speed_kmh": 38.0, "occupancy_pct": 6.0, "motorbike_pct": 81.0},
    "river_gauge_radar": {"level_m": 29.4, "velocity_m_s": 1.2, "batt_v": 12.6},
    "rain_gauge_tipping": {"rain_mm": 0.2, "rain_total_mm": 812.4, "batt_v": 12.7},
    "landslide_node": {"tilt_x_deg": 0.1, "tilt_y_deg": 0.2, "tilt_rate_deg_h": 0.0, "crack_mm": 2.1, "batt_v": 3.6},
    "air_node": {"pm25": 18.2, "pm10": 31.4, "temp_c": 27.9, "rh": 71.0, "noise_dba": 52.3},
    "water_sonde": {"temp_c": 26.1, "ph": 7.2, "do_mg_l": 6.4, "tss_mg_l": 31.0, "ec_us_cm": 210.0, "nh4_mg_l": 0.2},
}  # fmt: skip
EVERYWHERE: Final = ("power_meter_sdm630", "cabinet_ups_router", "ip_camera") + ("street_light_cabinet",) * 2 + (
    "lamp_node",) * 3  # fmt: skip
SOMEWHERE: Final = (
    ("river_gauge_radar", "rain_gauge_tipping"), ("landslide_node", "rain_gauge_tipping"), ("air_node", "water_sonde"),
    ("classroom_iaq",) * 2, ("classroom_iaq", "air_node"), ("kiosk_queue", "traffic_counter"),
    ("vaccine_fridge",) * 2, ("traffic_counter",) * 2, ("lamp_node",) * 2, ("classroom_iaq", "vaccine_fridge"),
)  # fmt: skip
# Open alarms of these, so many each, by the place of the device at its gateway.
OPEN: Final = (("power_meter_sdm630", "thd_u_pct", 0, 700), ("ip_camera", "motion", 2, 600),
               ("street_light_cabinet", "pf", 3, 600), ("landslide_node", "pore_kpa", 8, 100))  # fmt: skip
ALARMS = sum(number for *_, number in OPEN)
FLOOD: Final = "bench_flood"


def devices_of(number: int) -> tuple[str, ...]:
    """The models of the devices at a gateway."""
    return EVERYWHERE + SOMEWHERE[number % len(SOMEWHERE)]


def write_province(folder: Path, *, port: int, broker: str) -> Path:
    """The configuration of its centre."""
    for part in ("sites", "rules", "sectors"):
        shutil.copytree(DEPLOY / part, folder / part, ignore=shutil.ignore_patterns("pilot-*", "*.py", "*.md"))
    (folder / "indices").mkdir()
    for name in INDICES:
        shutil.copy(DEPLOY / "indices" / f"{name}.toml", folder / "indices")
    for number in range(SITES):
        _write(folder / "sites" / f"bench-{number:03d}.toml", _site(number))
    for profile, point, _, _ in OPEN:
        rule = f"bench_{point}"
        _write(folder / "rules" / f"{rule}.toml", _rule(rule, profile, point, [("high", 3, 1e6)]))
    marks = [("I", 3, 30.0), ("II", 2, 31.0), ("III", 1, 32.0)]
    _write(folder / "rules" / f"{FLOOD}.toml", _rule(FLOOD, "river_gauge_radar", "level_m", marks))
    centre = {
        "data_dir": "data", "sites_dir": "sites", "rules_dir": "rules", "sectors_dir": "sectors",
        "indices_dir": "indices", "http": {"host": "127.0.0.1", "port": port, "cookie_secure": False},
        "broker": {"url": broker}, "store": {"kind": "sqlite"},
    }  # fmt: skip
    return _write(folder / "centre.toml", centre)


def fill(folder: Path) -> list[str]:
    """What the province has after years: users, gateways that introduced their devices, open alarms. Gives tokens."""
    (folder / "data").mkdir(parents=True)
    state = SqlStateStore(f"sqlite:///{folder / 'data' / 'centre.sqlite3'}")
    state.migrate()
    now, password, tokens = SystemClock().now_ms(), hash_password(PASSWORD), []
    for number in range(USERS):
        name = f"operator-{number:02d}"
        state.put_user(UserRow(name, Role.OPERATOR.value, password, now))
        secret, row = begin_token(name, Role.OPERATOR, now=now, days=1)
        state.put_secret(row)
        tokens.append(secret)
    state.put_user(UserRow("admin", Role.ADMIN.value, password, now))
    state.put_births([_birth(number, now) for number in range(GATEWAYS)])
    alarms = list(_alarms(now))
    history = [AlarmHistoryRow(each.id, each.raised_at, each.raised_at, "raised", "", 1.0, "", "") for each in alarms]
    state.commit(Commit(alarms=alarms, history=history))
    state.close()
    return tokens


def messages(gateways: range, turn: int) -> Iterator[tuple[str, bytes]]:
    """Every device of these gateways says something, for the `turn`th time."""
    now = SystemClock().now_ms()
    for number in gateways:
        said = [SAID[profile] for profile in devices_of(number)]
        blocks = [
            DeviceBlock(device=f"device-{each}", profile=profile, times=[now], points=_moved(SAID[profile], number))
            for each, profile in enumerate(devices_of(number))
        ]
        base = turn * sum(map(len, said))
        batch = Batch(v=1, epoch=EPOCH, sequence=turn + 1, base=base, devices=blocks)
        yield topic_for(gateway_id(number), Channel.READINGS), encode(batch, "zstd")


async def speak(broker: str) -> None:
    """The fleet, until somebody ends it."""
    for first in range(0, GATEWAYS, AT_ONCE):
        await LoadClient(broker).run(list(messages(range(first, first + AT_ONCE), 0)))
    sys.stdout.write("all have spoken\n")
    sys.stdout.flush()
    share, turn = -(-GATEWAYS // PERIOD_S), 0
    while True:
        turn += 1
        for first in range(0, GATEWAYS, share):
            due = range(first, min(first + share, GATEWAYS))
            async with asyncio.TaskGroup() as group:
                group.create_task(LoadClient(broker).run(list(messages(due, turn))))
                group.create_task(asyncio.sleep(1.0))


def readings_per_s() -> float:
    """How much the fleet says."""
    each = [len(SAID[profile]) for number in range(GATEWAYS) for profile in devices_of(number)]
    return sum(each) / PERIOD_S


def _moved(said: dict[str, Cell], number: int) -> dict[str, list[Cell]]:
    """Places differ a little."""
    return {key: [round(value + number % 9 / 10, 2) if isinstance(value, float) else value]
            for key, value in said.items()}  # fmt: skip


def _birth(number: int, now: int) -> BirthRow:
    devices = [
        BirthDevice(f"device-{each}", profile, "0" * 12, f"Thiết bị {each} của tủ {number}", f"Device {number}-{each}")
        for each, profile in enumerate(devices_of(number))
    ]
    said = State(v=1, state="online", since=now, epoch=EPOCH, agent="0.1.0", devices=devices)
    return BirthRow(gateway_id(number), encode(said).decode(), "", now)


def _alarms(now: int) -> Iterator[AlarmRow]:
    places = [
        (point, gateway, f"device-{place}")
        for profile, point, place, number in OPEN
        for gateway in [each for each in range(GATEWAYS) if devices_of(each)[place] == profile][:number]
    ]
    for number, (point, gateway, device) in enumerate(places):
        at = now - (ALARMS - number) * 1_000
        texts = (f"Tủ {gateway}: {point} là 12.400, vượt ngưỡng", f"Gateway {gateway}: {point} is 12,400, too much")
        yield AlarmRow(
            f"{at:013d}-{number:04d}", f"bench_{point}", "1", _site_id(gateway // AT_A_SITE), gateway_id(gateway),
            device, point, "unacked", True, "high", number % 4 + 1, 12_400.0, 10_000.0, *texts, at, at, at,
        )  # fmt: skip


def _site_id(number: int) -> str:
    return f"bench-{number:03d}"


def _site(number: int) -> dict[str, Any]:
    first = number * AT_A_SITE
    names = {gateway_id(each): f"Tủ {each}" for each in range(first, first + AT_A_SITE)}
    return {
        "id": _site_id(number),
        "name": {"vi": f"Điểm quan trắc {number}", "en": f"Site {number}"},
        "area": AREAS[number % len(AREAS)],
        "lat": 21.5 + number % 20 * 0.03,
        "lon": 104.3 + number // 20 * 0.08,
        "gateways": [{"id": each, "name": {"vi": name, "en": name}} for each, name in names.items()],
    }


def _rule(rule: str, profile: str, point: str, levels: Sequence[tuple[str, int, float]]) -> dict[str, Any]:
    found = load_catalogue()[profile].point(point)
    assert found is not None
    return {
        "id": rule, "version": 1, "text": {"vi": "{value} vượt ngưỡng", "en": "{value} is too much"},
        "instruction": {"vi": "Xem", "en": "Look"}, "owner": "bench", "source": "bench", "confirmed": True,
        "selector": {"profile": profile, "point": point},
        "kind": {"kind": "threshold", "unit": found.unit, "hold_s": 60.0,
                 "levels": [{"name": name, "severity": severity, "above": above} for name, severity, above in levels]},
    }  # fmt: skip


def _write(path: Path, table: dict[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


if __name__ == "__main__":
    asyncio.run(speak(sys.argv[1]))
