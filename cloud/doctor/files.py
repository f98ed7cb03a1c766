"""What the centre has on its own machine: files that are right, room on the disk, a key, and enough handles."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import tempfile
from pathlib import Path

from cloud.errors import ConfigurationError
from cloud.keys import read_command_key
from cloud.settings import read_settings
from device_profiles.checkup import Finding, error, ok, warning
from device_profiles.schema import Text

GB = 1024**3
LITTLE_GB, LOW_GB = 0.5, 5.0
HANDLES = 4096
MOST_SHOWN = 8
DISK_STEP = Text(
    vi="Giải phóng đĩa hoặc giảm thời gian lưu (store.retention_days); cảm biến vẫn được giữ trên các cổng.",
    en="Free the disk or shorten retention (store.retention_days); meanwhile the gateways keep the readings.",
)


async def check_files(path: Path) -> Finding:
    """Whether the configuration and all files that it names are right."""
    try:
        settings = read_settings(path)
    except ConfigurationError as fault:
        lines = str(fault).splitlines()
        shown = "; ".join(lines[:MOST_SHOWN]) + (f" (+{len(lines) - MOST_SHOWN})" if len(lines) > MOST_SHOWN else "")
        said = Text(vi=f"{len(lines)} lỗi: {shown}", en=f"{len(lines)} faults: {shown}")
        step = Text(
            vi="Sửa từng dòng trong tệp đã nêu, rồi `thacba-cloud check`.",
            en="Mend each line in the file that it names, then `thacba-cloud check`.",
        )
        return error("configuration", said, step, faults=len(lines))
    sites, rules = len(settings.inventory.sites), len(settings.rules.rules)
    if not settings.config.notify.channels and not settings.people.persons:
        said = Text(
            vi="Không ai được báo tin: chưa có kênh, chưa có người.", en="Nobody is told: no channel, no people."
        )
        step = Text(vi="Thêm [[notify.channels]] hoặc people_dir.", en="Add [[notify.channels]], or people_dir.")
        return warning("nobody_told", said, step, sites=sites, rules=rules)
    return ok(f"{sites} trạm, {rules} quy tắc.", f"{sites} sites, {rules} rules.", sites=sites, rules=rules)


async def check_folder(folder: Path) -> Finding:
    """Whether the data folder takes what we write, and for how long it may."""
    try:
        free_gb = await asyncio.to_thread(_write, folder)
    except OSError as fault:
        why = fault.strerror or str(fault)
        said = Text(vi=f"Không ghi được vào {folder}: {why}.", en=f"{folder} cannot be written to: {why}.")
        return error("disk", said, DISK_STEP)
    said = Text(vi=f"Còn {free_gb:g} GB.", en=f"{free_gb:g} GB left.")
    if free_gb < LITTLE_GB:
        return error("disk_full", said, DISK_STEP, free_gb=free_gb)
    if free_gb < LOW_GB:
        return warning("disk_low", said, DISK_STEP, free_gb=free_gb)
    return ok(said.vi, said.en, free_gb=free_gb)


async def check_key(folder: Path) -> Finding:
    """Whether the centre can sign commands and configurations."""
    try:
        key = read_command_key(folder)
    except ConfigurationError as fault:
        step = Text(vi="Khôi phục tệp từ bản sao lưu.", en="Restore the file from a backup.")
        return error("command_key", Text(vi=str(fault), en=str(fault)), step)
    if key is None:
        said = Text(vi="Chưa có khoá ký lệnh.", en="There is no key that signs commands.")
        step = Text(
            vi="`thacba-cloud keys` tạo khoá; chép khoá công khai vào các cổng.",
            en="`thacba-cloud keys` makes it; give its public half to the gateways.",
        )
        return warning("no_command_key", said, step)
    return ok("Có khoá ký lệnh.", "There is a key that signs commands.")


async def check_handles() -> Finding:
    """Whether the process may open enough files: a page that stays open takes one, so does a log-in."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < HANDLES:
        said = Text(vi=f"Chỉ được mở {soft} tệp.", en=f"Only {soft} files may be open.")
        step = Text(vi=f"LimitNOFILE={HANDLES} trong tệp dịch vụ.", en=f"LimitNOFILE={HANDLES} in the unit file.")
        return warning("few_handles", said, step, files=soft)
    return ok(f"Được mở {soft} tệp.", f"{soft} files may be open.", files=soft)


def _write(folder: Path) -> float:
    """Writes, brings it to the disk, takes it away again; says how many GB are left."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="doctor-") as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())
    return round(shutil.disk_usage(folder).free / GB, 2)
