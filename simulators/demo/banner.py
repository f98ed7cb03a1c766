"""What a demonstration says to the people in front of it, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to look, and how to get in."""

    url: str
    user: str
    password: str
    devices: int
    gateways: int
    protocols: Sequence[str]
    broker: str
    store: str
    folder: str
    seconds: float | None


def invitation_text(here: Invitation) -> str:
    """The address, the user, and what is worth a look."""
    end = f"Ends by itself after {here.seconds:.0f} s." if here.seconds else "Ctrl-C ends everything. / Ctrl-C để dừng."
    return f"""
  Thacba · {here.devices} devices, {here.gateways} gateways, {", ".join(here.protocols)}
  broker {here.broker} · store {here.store} · logs in {here.folder}

    {here.url}
    user / tài khoản     {here.user}
    password / mật khẩu  {here.password}

  Xem gì: nước sông Thao tại Yên Bái lên theo cơn bão Yagi (9/2024), vượt báo động I, II, III trong vòng một phút;
          trang Cảnh báo hiện một cảnh báo duy nhất, tăng cấp dần: hãy xác nhận và ghi chú; xem biểu đồ mực nước 24 giờ,
          và trang Gateway với số đo đã nhận, đã lưu, còn chờ.
  Look:   the Thao at Yên Bái rises as in typhoon Yagi (Sept 2024) and passes alarm levels I, II, III within a minute;
          the Alarms page shows one alarm that escalates: acknowledge it with a comment; see the level's chart,
          and the Gateways page with what was accepted, stored and is still awaited.

  {end}
"""
