"""Who takes part in a demonstration: gateways at four sites, their devices, and what each of them measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from device_profiles.schema import Text
from simulators.demo.physics import Physics
from simulators.device import Signal
from simulators.hall import Visit

Kind = Literal["modbus", "http_json", "http_push", "kiosk", "camera"]

# Time runs fast: a metre may rise in seconds, and a night's rain fall in a minute. Limits for real time do not apply.
QUICK_RIVER = {
    "level_m": {"minimum": 0.0, "maximum": 200.0, "rate_per_s": 10.0},
    "velocity_m_s": {"minimum": -2.0, "maximum": 25.0},
}
QUICK_RAIN = {"rain_mm": {"minimum": 0.0, "maximum": 400.0}}


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One device: its model, how it is reached, how often it is read, and the signal that drives it."""

    id: str
    profile: str
    name: Text
    kind: Kind
    period_s: float
    signal: Signal
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    raters: Sequence[Visit] = ()


@dataclass(frozen=True, slots=True)
class DemoGateway:
    """One gateway of a site, as deploy/sites names it."""

    id: str
    name: Text
    devices: tuple[DemoDevice, ...]


def fleet(physics: Physics) -> tuple[DemoGateway, ...]:
    """The gateways of the demonstration."""
    return (
        DemoGateway(
            "gw-tram-yen-bai", _text("Tủ trạm thủy văn Yên Bái", "Cabinet of the Yên Bái station"), _station(physics)
        ),
        DemoGateway(
            "gw-pvhcc", _text("Tủ mạng Trung tâm PVHCC", "Cabinet of the public service centre"), _hall(physics)
        ),
        DemoGateway(
            "gw-nghia-lo", _text("Tủ trung tâm chiếu sáng Nghĩa Lộ", "Lighting cabinet of Nghĩa Lộ"), _town(physics)
        ),
        DemoGateway(
            "gw-mu-cang-chai", _text("Tủ quan trắc Mù Cang Chải", "Cabinet of Mù Cang Chải"), _mountain(physics)
        ),
    )


def devices_of(gateways: Sequence[DemoGateway]) -> int:
    """How many devices there are."""
    return sum(len(gateway.devices) for gateway in gateways)


def kinds_of(gateways: Sequence[DemoGateway]) -> list[str]:
    """The protocols that they speak."""
    return sorted({device.kind for gateway in gateways for device in gateway.devices})


def _station(physics: Physics) -> tuple[DemoDevice, ...]:
    return (
        _river("muc-nuoc-thao", "Mực nước sông Thao", "Level of the Thao", physics.river("yen_bai", seed=11)),
        _rain("mua-yen-bai", "Mưa Yên Bái", "Rain at Yên Bái", physics.rain("yen_bai")),
        _rain(
            "mua-khanh-thien", "Mưa Khánh Thiện", "Rain at Khánh Thiện", physics.rain("khanh_thien"), kind="http_push"
        ),
        _camera("cam-bo-song", "Camera bờ sông", "Camera on the bank", physics.view("yen_bai")),
        _meter("dien-tram", "Điện trạm", "Power of the station", physics.meter(seed=21, peak_kw=4)),
        _cabinet("tu-tram", "Tủ trạm", "Cabinet", physics.cabinet("yen_bai", seed=31)),
    )


def _hall(physics: Physics) -> tuple[DemoDevice, ...]:
    kiosks = tuple(
        DemoDevice(
            f"kiosk-{n}",
            "kiosk_queue",
            _text(f"Ki-ốt số {n}", f"Kiosk {n}"),
            "kiosk",
            2.0,
            physics.kiosk(seed=40 + n),
            raters=physics.raters(seed=40 + n),
        )
        for n in (1, 2, 3)
    )
    return (
        *kiosks,
        _camera("cam-sanh", "Camera sảnh", "Camera in the hall", physics.view("yen_bai")),
        _air("kk-pvhcc", "Không khí sảnh", "Air in the hall", physics.air("yen_bai", seed=51)),
        _meter("dien-pvhcc", "Điện tòa nhà", "Power of the building", physics.meter(seed=61, peak_kw=60)),
        _cabinet("tu-pvhcc", "Tủ mạng", "Cabinet", physics.cabinet("yen_bai", seed=71)),
    )


def _town(physics: Physics) -> tuple[DemoDevice, ...]:
    lights = tuple(
        DemoDevice(
            f"chieu-sang-{n}",
            "street_light_cabinet",
            _text(f"Tủ chiếu sáng {n}", f"Light cabinet {n}"),
            "modbus",
            2.0,
            physics.lights(seed=80 + n, lamps=40 + 10 * n),
        )
        for n in (1, 2, 3, 4)
    )
    return (
        *lights,
        _river("muc-nuoc-thia", "Mực nước Ngòi Thia", "Level of Ngòi Thia", physics.river("ngoi_thia", seed=91)),
        _air("kk-nghia-lo", "Không khí Nghĩa Lộ", "Air in Nghĩa Lộ", physics.air("lieu_do", seed=93)),
        _cabinet("tu-nghia-lo", "Tủ trung tâm", "Cabinet", physics.cabinet("lieu_do", seed=95)),
    )


def _mountain(physics: Physics) -> tuple[DemoDevice, ...]:
    return (
        _rain("mua-mu-cang-chai", "Mưa Mù Cang Chải", "Rain at Mù Cang Chải", physics.rain("an_phu")),
        _rain("mua-la-pan-tan", "Mưa La Pán Tẩn", "Rain at La Pán Tẩn", physics.rain("minh_tien"), kind="http_push"),
        _air("kk-mu-cang-chai", "Không khí Mù Cang Chải", "Air", physics.air("an_phu", seed=101, mean_c=20.5)),
        _meter("dien-mu-cang-chai", "Điện điểm quan trắc", "Power", physics.meter(seed=103, peak_kw=3)),
        _cabinet("tu-mu-cang-chai", "Tủ quan trắc", "Cabinet", physics.cabinet("an_phu", seed=105)),
    )


def _text(vi: str, en: str) -> Text:
    return Text(vi=vi, en=en)


def _river(identifier: str, vi: str, en: str, signal: Signal) -> DemoDevice:
    return DemoDevice(identifier, "river_gauge_radar", _text(vi, en), "modbus", 1.0, signal, QUICK_RIVER)


def _rain(identifier: str, vi: str, en: str, signal: Signal, *, kind: Kind = "http_json") -> DemoDevice:
    return DemoDevice(identifier, "rain_gauge_tipping", _text(vi, en), kind, 2.0, signal, QUICK_RAIN)


def _air(identifier: str, vi: str, en: str, signal: Signal) -> DemoDevice:
    return DemoDevice(identifier, "air_node", _text(vi, en), "http_json", 2.0, signal)


def _meter(identifier: str, vi: str, en: str, signal: Signal) -> DemoDevice:
    return DemoDevice(identifier, "power_meter_sdm630", _text(vi, en), "modbus", 2.0, signal)


def _cabinet(identifier: str, vi: str, en: str, signal: Signal) -> DemoDevice:
    return DemoDevice(identifier, "cabinet_ups_router", _text(vi, en), "http_json", 3.0, signal)


def _camera(identifier: str, vi: str, en: str, signal: Signal) -> DemoDevice:
    return DemoDevice(identifier, "ip_camera", _text(vi, en), "camera", 2.0, signal)
