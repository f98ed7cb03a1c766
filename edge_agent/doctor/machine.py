"""What the gateway itself must have: room on its disk, and a clock that is right."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from device_profiles.checkup import Finding, error, ok, warning
from device_profiles.schema import Text
from edge_agent.clockwatch import EARLIEST_MS

MB = 1024 * 1024
LITTLE = 64 * MB  # less than this, and the outbox cannot work
APART_WARNING_S = 5
APART_ERROR_S = 300  # the centre takes nothing that is further ahead
FREE_STEP = Text(
    vi="Xoá nhật ký và tệp lạ trên thẻ nhớ, hoặc thay thẻ lớn hơn.",
    en="Remove old logs and strange files from the card, or put in a larger one.",
)
CLOCK_STEP = Text(
    vi="Bật NTP (`timedatectl set-ntp true`), thay pin đồng hồ; đặt giờ bằng tay nếu không có mạng.",
    en="Switch NTP on (`timedatectl set-ntp true`), replace the clock's battery; without a network set it by hand.",
)


def check_disk(folder: Path, *, wanted: int) -> Finding:
    """Whether the data folder takes what the outbox may need; `wanted` bytes, what it holds already not counted."""
    try:
        free = shutil.disk_usage(folder).free
        _write(folder, min(LITTLE, max(free, 1) // 64, 64 * 1024))
    except FileNotFoundError:
        said = Text(vi=f"Chưa có thư mục {folder}.", en=f"The folder {folder} is not there.")
        step = Text(vi="Khởi động tác tử một lần: nó tạo thư mục.", en="Start the agent once: it makes the folder.")
        return error("no_folder", said, step)
    except OSError as fault:
        why = fault.strerror or str(fault)
        if isinstance(fault, PermissionError):
            said = Text(vi=f"Không được ghi vào {folder}.", en=f"{folder} may not be written to.")
            step = Text(
                vi="Chạy bằng người dùng `thacba`, hoặc sửa quyền thư mục.",
                en="Run as the user `thacba`, or mend the folder's rights.",
            )
            return error("not_writable", said, step)
        said = Text(vi=f"Không ghi được vào {folder}: {why}.", en=f"{folder} cannot be written to: {why}.")
        return error("disk_full" if "space" in why.lower() else "disk_broken", said, FREE_STEP)
    facts = {"free_mb": free // MB}
    if free < LITTLE:
        said = Text(vi=f"Đĩa gần đầy: còn {free // MB} MB.", en=f"The disk is nearly full: {free // MB} MB left.")
        return error("disk_full", said, FREE_STEP, **facts)
    if free < wanted:
        said = Text(
            vi=f"Còn {free // MB} MB, ít hơn {wanted // MB} MB mà hộp thư đi có thể cần.",
            en=f"{free // MB} MB left, less than the {wanted // MB} MB that the outbox may need.",
        )
        return warning("disk_low", said, FREE_STEP, **facts)
    return ok(f"Còn {free // MB} MB, ghi được.", f"{free // MB} MB left, writable.", **facts)


def check_clock(wall_ms: int, *, others_ms: int | None, whose: str) -> Finding:
    """Whether the clock is right; `others_ms` is what somebody else's says at the same moment, None = nobody said."""
    if wall_ms < EARLIEST_MS:
        said = Text(vi="Đồng hồ chưa được đặt (năm cũ).", en="The clock is not set (a year long past).")
        return error("clock_1970", said, CLOCK_STEP, wall_ms=wall_ms)
    if others_ms is None:
        said = Text(
            vi="Không so được đồng hồ với ai: chưa có liên lạc với trung tâm.",
            en="The clock could not be compared: no word from the centre yet.",
        )
        step = Text(
            vi="Nhìn giờ trên điện thoại; kiểm tra lại khi có mạng.",
            en="Compare it with a phone; check again with a link.",
        )
        return warning("clock_unknown", said, step, wall_ms=wall_ms)
    apart_s = (wall_ms - others_ms) // 1000
    said = Text(
        vi=f"Đồng hồ lệch {apart_s:+d} s so với {whose}.", en=f"The clock is {apart_s:+d} s apart from that of {whose}."
    )
    if abs(apart_s) >= APART_ERROR_S:
        return error("clock_wrong", said, CLOCK_STEP, apart_s=apart_s)
    if abs(apart_s) > APART_WARNING_S:
        return warning("clock_apart", said, CLOCK_STEP, apart_s=apart_s)
    return ok(f"Đồng hồ đúng (lệch {apart_s:+d} s).", f"The clock is right ({apart_s:+d} s).", apart_s=apart_s)


def _write(folder: Path, size: int) -> None:
    """Writes, brings it to the disk, and takes it away again."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix="doctor-") as file:
        file.write(b"\0" * size)
        file.flush()
        os.fsync(file.fileno())
