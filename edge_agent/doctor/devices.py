"""Whether the devices answer, and with what they should: read once, or as the running agent says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device_profiles.checkup import Finding, error, ok, warning
from device_profiles.schema import Text
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.device import Device
from edge_agent.once import Outcome

MOST_SHOWN = 6
BAD = "bad:"
CAUSES = {
    "no_answer": "address_conflict",
    "garbled": "address_conflict",
    "checksum": "address_conflict",
    "unauthorised": "device_refuses",
    "refused": "device_refuses",
    "wrong_device": "wrong_profile",
    "silent": "device_sends_nothing",
    "busy": "door_closed",
    "own_certificate": "door_closed",
    "folder": "door_closed",
}
STEPS: Mapping[str, Text] = {
    "device_silent": Text(
        vi="Kiểm tra nguồn, dây A/B, tốc độ, địa chỉ (hai thiết bị trùng địa chỉ cùng im); thử `thacba-edge discover`.",
        en="Check power, A/B wires, speed, address (two with one address are both silent); try `thacba-edge discover`.",
    ),
    "address_conflict": Text(
        vi="Trả lời không hiểu được: hai thiết bị trùng địa chỉ, sai tốc độ hoặc nhiễu. Rút từng thiết bị và đọc lại.",
        en="Its answers make no sense: two devices with one address, a wrong speed, or noise. Unplug them one by one.",
    ),
    "device_sends_nothing": Text(
        vi="Thiết bị tự gửi mà chưa gửi gì: xem địa chỉ và cổng của gateway khai trên thiết bị; `senders`, `folder`.",
        en="It sends by itself, and has not: check the gateway's address and port on it; `senders`, `folder`.",
    ),
    "door_closed": Text(
        vi="Cổng mạng bị chương trình khác chiếm, chứng chỉ không đọc được, hoặc thư mục không cho ghi: xem nhật ký.",
        en="Another program has the port, a certificate cannot be read, or a folder may not be written: see the log.",
    ),
    "device_refuses": Text(
        vi="Thiết bị từ chối: sai tên, mật khẩu hoặc cổng.", en="The device refuses: wrong name, password or port."
    ),
    "wrong_profile": Text(
        vi="Không phải mẫu thiết bị này: chọn lại mẫu thiết bị.",
        en="It is another device than its profile says: choose another profile.",
    ),
    "odd_values": Text(
        vi="Giá trị ngoài khoảng: sai mẫu thiết bị, sai thanh ghi, hoặc cảm biến hỏng.",
        en="Values out of range: the wrong profile, the wrong register, or a broken sensor.",
    ),
}
OTHER = Text(
    vi="Đọc riêng nó: `thacba-edge try URL`; so địa chỉ với nhãn trên thiết bị.",
    en="Read it alone: `thacba-edge try URL`; compare the address with the label on the device.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one device is: `fault` empty when it answers, `bad` the points whose values cannot be right."""

    device: str
    fault: str = ""
    bad: Sequence[str] = ()


def standings_of(outcomes: Iterable[Outcome]) -> list[Standing]:
    """What reading everything once has shown; a device of which no point can be read does not answer."""
    return [_standing(outcome) for outcome in outcomes]


def _standing(outcome: Outcome) -> Standing:
    bad = [each for each in outcome.readings if each.quality.startswith(BAD)]
    if not outcome.answered:
        return Standing(outcome.device.id, outcome.fault or "nothing")
    if bad and len(bad) == len(outcome.readings):
        return Standing(outcome.device.id, bad[0].quality.removeprefix(BAD))
    return Standing(outcome.device.id, bad=[each.point for each in bad])


def same_address(devices: Iterable[Device]) -> list[tuple[str, str]]:
    """Modbus devices of one model at one address: one of them was never given an address of its own."""
    first: dict[tuple[str, int, str], str] = {}
    pairs = []
    for device in devices:
        connection = device.connection
        if isinstance(connection, ModbusConnection):
            key = (connection.bus, connection.unit, device.profile.profile)
            other = first.setdefault(key, device.id)
            pairs += [(other, device.id)] if other != device.id else []
    return pairs


def judge_addresses(pairs: Sequence[tuple[str, str]]) -> Finding | None:
    """What is wrong with addresses, before anything is read; None when nothing is."""
    if not pairs:
        return None
    names = _names(f"{one} = {other}" for one, other in pairs)
    said = Text(vi=f"Trùng địa chỉ Modbus: {names}.", en=f"One Modbus address for two devices: {names}.")
    return error("address_conflict", said, STEPS["address_conflict"], pairs=len(pairs))


def judge_devices(standings: Sequence[Standing]) -> Finding:
    """One finding for all devices: which are silent, and which say what cannot be."""
    if not standings:
        said = Text(vi="Chưa có thiết bị nào.", en="There is no device yet.")
        step = Text(
            vi="Thêm thiết bị trên trang của cổng, hoặc `thacba-edge discover`.",
            en="Add devices on the gateway's page, or `thacba-edge discover`.",
        )
        return warning("no_device", said, step)
    silent = [each for each in standings if each.fault]
    odd = [each for each in standings if each.bad and not each.fault]
    facts = {"devices": len(standings), "silent": len(silent), "odd": len(odd)}
    if silent:
        names = _names(f"{each.device} ({each.fault})" for each in silent)
        cause = _cause_of(silent[0].fault)
        said = Text(vi=f"Không đọc được: {names}.", en=f"Cannot be read: {names}.")
        return error(cause, said, STEPS.get(cause, OTHER), **facts)
    if odd:
        names = _names(f"{each.device} ({', '.join(each.bad)})" for each in odd)
        said = Text(vi=f"Giá trị vô lý: {names}.", en=f"Values that cannot be: {names}.")
        return warning("odd_values", said, STEPS["odd_values"], **facts)
    count = len(standings)
    return ok(f"{count} thiết bị đều trả lời.", f"All {count} devices answer.", **facts)


def _cause_of(fault: str) -> str:
    return "wrong_profile" if fault.startswith("exception_") else CAUSES.get(fault, "device_silent")


def _names(texts: Iterable[str]) -> str:
    names = list(texts)
    return ", ".join(names[:MOST_SHOWN]) + (f" (+{len(names) - MOST_SHOWN})" if len(names) > MOST_SHOWN else "")
