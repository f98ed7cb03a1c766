"""A visit over plain HTTP, as a phone without scripts would make it: every step, and every wrong turn."""

from __future__ import annotations

import re

import pytest

from device_profiles.wire.claims import Claim, code_of, link_of
from edge_agent.page.cabinet import RESTART
from tests.edge_agent.page.demo_agent import GAUGE
from tests.edge_agent.page.rig import Rig
from tests.waiting import eventually

CODE = code_of(25_817_364_920_571)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50cf0000038101"
    "80f6d5a1ca0000000049454e44ae426082"
)


async def test_a_new_box_says_what_to_do_first(inside: Rig) -> None:
    text = await inside.see("/")
    assert "Làm bước 1: ghi danh." in text
    assert 'href="/join">Lắp đặt tủ này' in text


async def test_a_claim_from_the_label_makes_the_box_a_gateway(inside: Rig) -> None:
    link = link_of(Claim("https://centre.example", CODE, "a" * 64))
    answer = await inside.client.post("/join", data={"link": link})
    assert answer.status_code == 303
    assert ("join", {"claim": link, "centre": "", "anew": False, "wait_s": 0}) in inside.agent.asked
    text = await inside.see("/join")
    assert "Tủ cầu Mù Cang Chải" in text
    assert "gw-mu-cang-chai" in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Nhập mã ghi danh"),
        ({"code": "ABC"}, "10 chữ và số"),
        ({"code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "Mã không đúng"),
        ({"code": CODE, "centre": "http://centre.example"}, "phải có dạng https://"),
        ({"link": f"http://thacba.local:8090/#centre=https://c.example&claim={CODE}&pin=12"}, "Mã QR bị hỏng"),
    ],
)
async def test_a_wrong_claim_gets_a_clear_sentence(inside: Rig, fields: dict[str, str], sentence: str) -> None:
    answer = await inside.client.post("/join", data=fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert all(verb != "join" for verb, _ in inside.agent.asked)


async def test_without_a_link_the_claim_is_kept_and_the_next_steps_are_open(inside: Rig) -> None:
    inside.agent.joined = {
        "state": "queued",
        "next_try_in_s": 42,
        "fault": {"code": "unreachable", "what_vi": "Không nối được tới trung tâm.", "hint_vi": "Kiểm tra sóng."},
    }
    await inside.client.post("/join", data={"code": CODE, "centre": "https://centre.example"})
    text = await inside.see("/join")
    assert "mã đã lưu trên máy" in text
    assert "Không nối được tới trung tâm." in text
    assert "42 giây" in text
    assert 'href="/devices">Tiếp tục' in text


async def test_a_member_joins_again_only_by_intent(inside: Rig) -> None:
    inside.agent.identity = dict(inside.agent.joined)
    text = await inside.see("/join")
    assert 'id="by-link"' not in text, "who scans the label again finds no button that moves the cabinet"
    assert "sẽ chuyển nó sang trạm khác" in await inside.see("/join?other=true")
    link = link_of(Claim("https://centre.example", CODE, "a" * 64))
    await inside.client.post("/join", data={"link": link, "anew": "1"})
    assert inside.agent.asked[-1][1]["anew"] is True


async def test_what_is_found_is_used_and_read_at_once(inside: Rig) -> None:
    await inside.see("/devices")
    text = await eventually(lambda: _found(inside))
    assert "192.168.8.20" in text
    answer = await inside.client.post("/devices", data={"found": "0", "profile-0": "river_gauge_radar"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/values")
    assert inside.agent.devices[0]["connection"] == GAUGE["connection"]
    assert ("read", {"device": "river-gauge-radar"}) in inside.agent.asked
    text = await inside.see("/values")
    assert "3,42" in text
    assert "phải từ 0 đến 200 m" in text
    assert "192.168.8.20:502/1" not in await inside.see("/part/search"), "what is in use is not offered again"


async def test_nothing_ticked_or_no_model_chosen_is_said(inside: Rig) -> None:
    await inside.see("/devices")
    await eventually(lambda: _found(inside))
    answer = await inside.client.post("/devices", data={})
    assert answer.status_code == 422
    assert "Chưa chọn thiết bị nào" in answer.text
    answer = await inside.client.post("/devices", data={"found": "0", "profile-0": "no_such"})
    assert "Chọn loại thiết bị cho 192.168.8.20" in answer.text
    assert inside.agent.devices == []


HAND = {"profile": "river_gauge_radar", "kind": "tcp", "host": "192.168.8.21", "port": "502", "unit": "3"}


async def test_a_device_by_hand_is_read_before_it_is_used(inside: Rig) -> None:
    answer = await inside.client.post("/devices/hand", data=HAND)
    assert "Thiết bị trả lời." in answer.text
    assert "3,42" in answer.text
    assert inside.agent.devices == []
    await inside.client.post("/devices/hand", data={**HAND, "use": "1"})
    await inside.client.post("/devices/hand", data={**HAND, "unit": "4", "use": "1"})
    assert [each["id"] for each in inside.agent.devices] == ["river-gauge-radar", "river-gauge-radar-2"]
    await inside.client.post("/devices/remove", data={"device": "river-gauge-radar"})
    assert [each["id"] for each in inside.agent.devices] == ["river-gauge-radar-2"]


async def test_a_silent_device_by_hand_may_be_used_all_the_same(inside: Rig) -> None:
    answer = await inside.client.post("/devices/hand", data={**HAND, "host": "192.168.8.99"})
    assert "Thiết bị không trả lời: quá thời gian chờ." in answer.text
    assert "Vẫn dùng" in answer.text


async def test_what_is_found_in_part_is_completed_by_hand(inside: Rig) -> None:
    await inside.see("/devices")
    assert 'href="/devices?hand=1#hand"' in await eventually(lambda: _found(inside))
    text = await inside.see("/devices?hand=1")
    assert 'value="/dev/ttyUSB0"' in text
    assert '<option value="rtu" selected>' in text


async def test_the_password_of_a_camera_goes_to_the_agent_alone(inside: Rig) -> None:
    camera = {"profile": "ip_camera", "kind": "camera", "url": "rtsp://192.168.8.30/live"}
    fields = {**camera, "username": "thacba", "secret": "mật khẩu 9"}
    answer = await inside.client.post("/devices/hand", data=fields)
    assert "mật khẩu 9" not in answer.text
    await inside.client.post("/devices/hand", data={**camera, "username": "thacba", "use": "1"})
    connection = inside.agent.devices[0]["connection"]
    assert connection == {
        "kind": "camera", "url": "rtsp://192.168.8.30/live", "username": "thacba",
        "password_file": "sealed:ip-camera-secret",
    }  # fmt: skip
    assert [arguments["secrets"] for verb, arguments in inside.agent.asked if verb == "apply"] == [
        {"ip-camera-secret": "mật khẩu 9"}
    ]


async def test_a_search_leaves_the_gateways_own_networks_alone(inside: Rig) -> None:
    answer = await inside.client.post("/devices/search", data={"network": "8.8.8.0/24"})
    assert answer.status_code == 422
    assert "Không tìm được ở đó" in answer.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"profile": ""}, "Chọn một loại thiết bị"),
        ({"host": ""}, "Nhập địa chỉ"),
        ({"host": "a b"}, "Nhập địa chỉ"),
        ({"port": "99999"}, "từ 1 đến 65535"),
        ({"unit": "x"}, "từ 0 đến 255"),
        ({"kind": "http"}, "không hợp với loại thiết bị"),
        ({"kind": "rtu", "serial_port": "/etc/passwd"}, "Nhập địa chỉ"),
    ],
)
async def test_a_wrong_entry_by_hand_is_said(inside: Rig, change: dict[str, str], sentence: str) -> None:
    answer = await inside.client.post("/devices/hand", data={**HAND, **change})
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_values_are_judged_by_word_and_shape(inside: Rig) -> None:
    inside.agent.devices = [dict(GAUGE)]
    inside.agent.readings["river_gauge_radar"]["batt_v"] = 5.1
    inside.agent.qualities = {"velocity_m_s": "uncertain:rate", "batt_v": "bad:range"}
    text = await inside.see("/part/values")
    marks = dict(re.findall(r'data-point="(\w+)" data-mark="(\w+)"', text))
    assert marks == {"level_m": "good", "velocity_m_s": "watch", "batt_v": "wrong"}
    for said in ("Đúng", "Ngờ", "Sai", "đổi quá nhanh", "ngoài khoảng đo", "phải từ 8 đến 16 V"):
        assert said in text
    inside.agent.faults = {"river-gauge-radar": "timeout"}
    assert "Không trả lời: quá thời gian chờ." in await inside.see("/part/values")


async def test_a_visit_ends_in_a_record_that_waits_for_the_centre(inside: Rig) -> None:
    inside.agent.devices = [dict(GAUGE)]
    await inside.see("/checks")
    photo = await inside.client.post("/files/photo?device=river-gauge-radar", content=PIXEL)
    assert photo.status_code == 201
    assert (await inside.client.get(f"/files/{photo.text}")).content == PIXEL
    checks = {"check-river-gauge-radar-mounted": "yes", "check--earthed": "no", "note-river-gauge-radar": "Sơn lại"}
    assert (await inside.client.post("/checks", data=checks)).headers["location"] == "/finish"
    answer = await inside.client.post("/finish", data={"technician": "Giàng A Chu"})
    assert answer.status_code == 422
    assert "Còn thiếu: chữ ký." in answer.text
    await inside.client.post("/files/signature", content=PIXEL + b"\0")
    place = {"lat": "21,8467", "lon": "104.0853", "accuracy": "6"}
    answer = await inside.client.post("/finish", data={"technician": "Giàng A Chu", **place})
    assert answer.headers["location"] == "/done"
    visit = inside.cabinet.desk.visits()[0]
    assert (visit.state, visit.technician, visit.verdict) == ("waiting", "Giàng A Chu", "fail")
    record = inside.cabinet.desk.record(visit.id)
    assert record.place is not None
    assert (record.place.lat, record.devices[0].note) == (21.8467, "Sơn lại")
    assert [file.kind for file in record.files] == ["photo", "signature"]
    assert "Sẽ tự gửi khi có đường về trung tâm" in await inside.see("/done")


async def test_a_place_that_is_none_on_earth_is_said(inside: Rig) -> None:
    inside.agent.devices = [dict(GAUGE)]
    for place in ({"lat": "91", "lon": "1"}, {"lat": "x", "lon": "1"}, {"lat": "nan", "lon": "1"}, {"lat": "1"}):
        answer = await inside.client.post("/finish", data=place)
        assert answer.status_code == 422
        assert "Vị trí chưa đúng" in answer.text


async def test_what_is_no_picture_is_refused(inside: Rig) -> None:
    inside.agent.devices = [dict(GAUGE)]
    answer = await inside.client.post("/files/photo", content=b"<svg onload=alert(1)>")
    assert (answer.status_code, answer.text) == (422, "Tệp này không phải ảnh.")


async def test_the_page_stays_up_without_the_agent_and_says_what_to_do(inside: Rig) -> None:
    await inside.stop_agent()
    text = await inside.see("/")
    assert "Phần mềm đọc thiết bị không chạy" in text
    assert "Khởi động lại phần mềm đọc" in text
    for path in ("/join", "/devices", "/values", "/done", "/part/done", "/part/status", "/part/values", "/part/search"):
        await inside.see(path)
    answer = await inside.client.post("/devices", data={"found": "0"})
    assert answer.status_code == 503
    assert "không trả lời" in answer.text
    answer = await inside.client.post("/restart")
    assert answer.headers["location"] == "/?asked=true"
    assert (inside.cabinet.data_dir / RESTART).exists(), "the system's own service sees this file"
    assert "tắt điện tủ 10 giây" in (await inside.see("/?asked=true")).lower()


async def _found(rig: Rig) -> str:
    text = await rig.see("/part/search")
    return text if 'data-search="done"' in text else ""
