"""A commissioning record with pictures, as the sample province has one."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace
from PIL import Image, ImageDraw

from cloud.commissioning.office import CommissioningOffice, rows_of
from device_profiles.wire.commissioning import ChecklistItem, CommissioningRecord, Place, sign_record
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import Desk, Opening
from edge_agent.commissioning.steps import Model, Seen
from tests.edge_agent.commissioning.visits import CATALOGUE, EARTHED, GAUGE, GOOD

CABINET = Model(CATALOGUE["cabinet_ups_router"])
BEAM = ChecklistItem(
    "beam", "Cảm biến gắn chắc, không vật cản trong chùm tia", "The sensor sits firmly, nothing in its beam", "yes",
    note="đã siết lại hai bu lông",
)  # fmt: skip
LABEL = ChecklistItem("label", "Nhãn của tủ đọc được", "The label of the cabinet can be read", "yes")
SEEN = {
    "mains": Seen(True), "battery_pct": Seen(98.0), "battery_min": Seen(240.0), "output_source": Seen(1),
    "temp_c": Seen(None, "bad:timeout"), "signal_dbm": Seen(-84), "cpu_pct": Seen(22.5), "link": Seen(True),
}  # fmt: skip


def photo(shade: int) -> bytes:
    """A cabinet in front of a hill."""
    picture = Image.new("RGB", (1600, 1200), (150, 180, 205))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 900), (500, 380), (900, 760), (1250, 300), (1600, 800), (1600, 1200), (0, 1200)], (60, shade, 70))
    draw.rectangle((560, 420, 1040, 1120), (176, 182, 186), outline=(90, 96, 100), width=10)
    draw.rectangle((620, 490, 980, 1040), (150, 156, 160))
    draw.ellipse((930, 740, 965, 775), (40, 40, 40))
    return _saved(picture, "JPEG")


def handwriting() -> bytes:
    """A signature on nothing."""
    picture = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    line = [(40 + 5 * step, 100 + 55 * math.sin(step / 4) * math.cos(step / 9)) for step in range(104)]
    ImageDraw.Draw(picture).line(line, (16, 28, 96, 255), width=6)
    return _saved(picture, "PNG")


def sample_record(folder: Path, now: int, *, gateway: str, site: str) -> tuple[CommissioningRecord, dict[str, bytes]]:
    """A visit to a gauge that is well and a cabinet that is not, and the contents of its files."""
    desk = Desk(folder, lambda: now)
    visit = desk.begin(Opening(serial="TB-0042", technician="Lò Thị Hồng Ánh", agent="thacba-edge 0.1.0")).id
    note = "Đường vào trạm bị sạt lở ở km 3, phải đi bộ. Ắc quy mới thay, còn bảo hành đến 2028."
    for step in (
        lambda draft: steps.placed(draft, Place(21.85271, 104.09123, 8.0)),
        lambda draft: steps.told(draft, note=note),
        lambda draft: steps.answered(draft, [LABEL]),
        lambda draft: steps.with_device(draft, "muc-nuoc", GAUGE, address="modbus://192.168.10.20:502/1"),
        lambda draft: steps.measured(draft, "muc-nuoc", GAUGE, GOOD),
        lambda draft: steps.answered(draft, [EARTHED, BEAM], device="muc-nuoc"),
        lambda draft: steps.with_device(draft, "tu-nguon", CABINET, address="http://192.168.10.1/data"),
        lambda draft: steps.measured(draft, "tu-nguon", CABINET, SEEN),
    ):
        desk.change(visit, step)
    desk.attach(visit, photo(110), kind="photo", device="muc-nuoc", caption="Cột đo nhìn từ bờ trái")
    desk.attach(visit, photo(96), kind="photo", device="muc-nuoc", caption="Cảm biến ra-đa và hộp nối")
    desk.attach(visit, photo(80), kind="photo", caption="Toàn cảnh trạm")
    desk.attach(visit, handwriting(), kind="signature")
    record = desk.finish(visit)
    contents = {file.sha256: desk.content(visit, file.sha256) for file in record.files}
    return replace(record, gateway=gateway, site=site), contents


def keep(office: CommissioningOffice, record: CommissioningRecord, contents: dict[str, bytes], *, now: int) -> str:
    """Puts a record where the office would have put it, with those of its files that have come."""
    signed = sign_record(record, ec.generate_private_key(ec.SECP256R1()))
    office.store.add(*rows_of(record, signed, now=now))
    for sha256, content in contents.items():
        office.contents.add(record.id, sha256, content)
        office.contents.settle(record.id, sha256)
        office.store.received(record.id, sha256, at=now)
    return record.id


def _saved(picture: Image.Image, form: str) -> bytes:
    out = BytesIO()
    picture.save(out, form)
    return out.getvalue()
