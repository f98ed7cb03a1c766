"""A visit as tests make it: a river gauge, a photo and a signature."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from device_profiles.wire.commissioning import ChecklistItem, CommissioningRecord, Place
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import Desk, Opening
from edge_agent.commissioning.steps import Model, Seen

CATALOGUE = load_catalogue()
GAUGE = Model(CATALOGUE["river_gauge_radar"], CATALOGUE.hash_of("river_gauge_radar"))
GOOD = {"level_m": Seen(29.87), "velocity_m_s": Seen(1.2), "batt_v": Seen(12.6)}
EARTHED = ChecklistItem("earthed", "Tủ đã nối đất", "The cabinet is earthed", "yes")


def png(width: int = 40, height: int = 30, shade: int = 128) -> bytes:
    """A real picture of one grey."""
    lines = (b"\x00" + bytes([shade]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(lines)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(size: int, seed: int = 1) -> bytes:
    """Something that begins like a photo and is so large."""
    return b"\xff\xd8\xff\xe0" + (bytes([seed]) + bytes(range(256)) * (size // 256 + 1))[: size - 4]


def desk_in(data_dir: Path) -> Desk:
    return Desk(data_dir, SystemClock().now_ms)


def worked_on(desk: Desk, **opening: str) -> str:
    """A draft to which nothing is missing but its end; gives its id."""
    visit = desk.begin(Opening(technician="Lò Văn Ánh", serial="TB-0042", **opening)).id
    desk.change(visit, lambda draft: steps.placed(draft, Place(21.85, 104.09, 8.0)))
    desk.change(visit, lambda draft: steps.with_device(draft, "muc-nuoc", GAUGE, address="modbus://192.168.10.20/1"))
    desk.change(visit, lambda draft: steps.measured(draft, "muc-nuoc", GAUGE, GOOD))
    desk.change(visit, lambda draft: steps.answered(draft, [EARTHED], device="muc-nuoc"))
    desk.attach(visit, png(), kind="photo", device="muc-nuoc", caption="Cột đo nhìn từ bờ trái")
    desk.attach(visit, png(120, 40, 0), kind="signature")
    return visit


def finished(desk: Desk) -> CommissioningRecord:
    return desk.finish(worked_on(desk))
