"""An officer at work in a real browser: shelves, opens an incident and brings it to its end, plans, hands over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.store.base import AlarmRow
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import incident_of, log_in
from tests.browser.test_pages import CONTRAST
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province behind a real server."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser."""
    with browser(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre) -> Page:
    """An engineer's page, in Vietnamese, on a desk: the shift leader, who may do all of this."""
    page = context.pages[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    if "/login" in page.url:
        log_in(page, running.url, "engineer", PASSWORD)
    return page


def raised(running: RunningCentre, rule: str, **more: object) -> AlarmRow:
    """A new alarm of the river gauge."""
    return running.call(
        lambda centre: centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule=rule, **more)
    )


def send(page: Page, said: str) -> None:
    """Presses the open dialog's button."""
    page.locator("dialog[open]").get_by_role("button", name=said, exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_an_alarm_is_shelved_until_a_time_and_taken_back(page: Page, running: RunningCentre) -> None:
    alarm = raised(running, "shelf")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.get_by_role("button", name="Tạm ẩn").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[name=reason]")).to_be_focused()
    page.keyboard.type("Đang thay cảm biến radar")
    dialog.locator("[name=until]").select_option("own")
    dialog.locator("[name=own_time]").fill("2031-02-01T07:30")
    expect(dialog).to_contain_text("01/02/2031 07:30:00")
    dialog.locator("[name=until]").select_option("28800")
    send(page, "Tạm ẩn")
    expect(page.locator(".quiets")).to_contain_text("Đang thay cảm biến radar")
    expect(page.locator(".quiets")).to_contain_text("engineer")
    expect(page.locator("#said")).to_have_text("Đã ghi.")
    page.get_by_role("button", name="Thôi tạm ẩn").click()
    send(page, "Thôi tạm ẩn")
    expect(page.locator(".quiets")).to_have_count(0)
    expect(page.locator("[data-focus]")).to_be_focused()


def test_what_was_typed_survives_a_refusal_and_a_cancel(page: Page, running: RunningCentre) -> None:
    alarm = raised(running, "refusal")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.route("**/shelve", lambda route: route.abort())
    page.get_by_role("button", name="Tạm ẩn").click()
    page.keyboard.type("Bảo trì")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open] .mistake")).to_have_text("Không gửi được. Hãy thử lại.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tạm ẩn").click()
    expect(page.locator("dialog[open] [name=reason]")).to_have_value("Bảo trì")
    page.unroute("**/shelve")
    send(page, "Tạm ẩn")
    expect(page.locator(".quiets")).to_contain_text("Bảo trì")


def test_an_incident_is_opened_from_an_alarm_and_brought_to_its_end(
    page: Page, running: RunningCentre, tmp_path: Path
) -> None:
    alarm = raised(running, "story")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.get_by_role("button", name="Mở sự cố").click()
    title = page.locator("dialog[open] [name=title]")
    expect(title).to_have_value(alarm.text_vi)
    title.fill("Sông Thao vượt báo động II tại Yên Bái")
    page.locator("dialog[open] [type=submit]").click()
    page.wait_for_url("**/incidents/*")
    expect(page.locator("h1")).to_have_text("Sông Thao vượt báo động II tại Yên Bái")
    expect(page.locator("time[data-due]").first).to_contain_text("còn")
    take(page, "Tiếp nhận", "Tiếp nhận")
    take(page, "Phân loại", "Phân loại", sector="thiên tai")
    take(page, "Chuyển xử lý", "Chuyển xử lý", assignee="UBND phường Yên Bái")
    take(page, "Tạm dừng", "Tạm dừng, chờ", comment="Chờ nước rút")
    expect(page.locator("#deadline-table")).to_contain_text("đang tạm dừng, không tính giờ")
    take(page, "Tiếp tục", "Chuyển xử lý")
    take(page, "Bắt đầu xử lý", "Đang xử lý")
    report = tmp_path / "bien-ban.txt"
    report.write_text("Đã gia cố 40 m đê bối.", encoding="utf-8")
    page.set_input_files("[name=file]", report)
    page.get_by_role("button", name="Gửi tệp").click()
    expect(page.locator(".files a")).to_have_text("bien-ban.txt")
    page.locator("#comment textarea").fill("Nước bắt đầu rút")
    page.locator("#comment [type=submit]").click()
    expect(page.locator(".history")).to_contain_text("Nước bắt đầu rút")
    page.locator("#move-resolve").click()
    page.locator("dialog[open] [name=comment]").fill("Đã gia cố đê bối")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(1)  # nobody has said what it proved to be
    page.locator("dialog[open] [data-part=cancel]").click()
    take(page, "Báo đã xử lý", "Đã xử lý", conclusion="real")
    expect(page.locator(".history")).to_contain_text("Có thật")
    take(page, "Kiểm tra", "Kiểm tra")
    take(page, "Đóng sự cố", "Đóng")
    expect(page.locator("[data-focus]")).to_be_focused()
    page.goto(f"{running.url}/incidents?show=ended&view=list")
    expect(page.locator("#incident-table tbody")).to_contain_text("Sông Thao vượt báo động II tại Yên Bái")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    expect(page.get_by_role("link", name="Tới sự cố")).to_be_visible()


def take(page: Page, step: str, then: str, **fields: str) -> None:
    """Makes one move, and sees where it leads."""
    page.locator("#incident .buttons").get_by_role("button", name=step, exact=True).click()
    for name, value in fields.items():
        control = page.locator(f"dialog[open] [name={name}]")
        control.select_option(value) if name == "conclusion" else control.fill(value)
    send(page, step)
    expect(page.locator("#incident-state")).to_have_text(then)


def test_work_is_planned_for_a_device_from_its_alarm_and_ended_early(page: Page, running: RunningCentre) -> None:
    alarm = raised(running, "radar", device="gauge-thac-ba")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.get_by_role("link", name="Lập kế hoạch bảo trì").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[name=device]")).to_have_value("gw-thac-ba/gauge-thac-ba")
    dialog.locator("[name=until]").fill(running.call(lambda centre: tomorrow(centre.clock.now_ms())))
    dialog.locator("[name=reason]").fill("Thay ra-đa mực nước hồ")
    send(page, "Lập kế hoạch bảo trì")
    row = page.locator("[data-group=now] tr", has_text="Thay ra-đa mực nước hồ")
    expect(row).to_contain_text("Mực nước hồ Thác Bà")
    page.goto(f"{running.url}/silenced")
    expect(page.locator("#silenced-table")).to_contain_text("Thay ra-đa mực nước hồ")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    expect(page.locator(".quiets")).to_contain_text("Ngừng phục vụ theo kế hoạch")
    page.goto(f"{running.url}/planned-work")
    row.get_by_role("button", name="Kết thúc sớm").click()
    send(page, "Kết thúc sớm")
    expect(page.locator("[data-group=past]")).to_contain_text("kết thúc sớm bởi engineer")


def tomorrow(now: int) -> str:
    """The same time of the next day in Vietnam, as a field for times takes it."""
    return datetime.fromtimestamp(now / 1000 + 86_400, timezone(timedelta(hours=7))).strftime("%Y-%m-%dT%H:%M")


def test_many_alarms_are_acknowledged_with_one_reason_and_what_is_refused_stays_ticked(
    page: Page, running: RunningCentre
) -> None:
    alarms = [raised(running, f"many-{n}", device="rain-yen-bai") for n in range(4)]
    page.goto(f"{running.url}/alarms?severity=2")
    expect(page.locator("#bulk")).to_be_hidden()
    for alarm in alarms[:3]:
        page.locator(f"[data-pick='{alarm.id}']").check()
    expect(page.locator("#bulk")).to_contain_text("3 cảnh báo đã chọn")
    raised(running, "many-new", device="rain-yen-bai")
    expect(page.locator("tbody tr").first).to_contain_text("Trạm đo mưa Yên Bái")
    expect(page.locator(f"[data-pick='{alarms[0].id}']")).to_be_checked()
    act = running.centre.acknowledge(alarms[2].id, actor="operator", comment="")
    asyncio.run_coroutine_threadsafe(act, running.loop).result(10)
    page.get_by_role("button", name="Xác nhận tất cả").click()
    page.keyboard.type("Cùng một trận mưa")
    send(page, "Xác nhận tất cả")
    expect(page.locator("#said")).to_have_text("Đã làm 2, không làm được 1.")
    expect(page.locator("#bulk")).to_contain_text("1 cảnh báo đã chọn")
    expect(page.locator(f"tr[data-alarm='{alarms[0].id}']")).to_contain_text("Đã xác nhận")
    expect(page.locator(f"tr[data-alarm='{alarms[3].id}']")).to_contain_text("Chưa xác nhận")
    page.get_by_role("button", name="Bỏ chọn").click()
    page.locator("#pick-all").check()
    page.get_by_role("button", name="Giao tất cả").click()
    page.locator("dialog[open] [name=assignee]").select_option("operator")
    page.locator("dialog[open] [name=reason]").fill("Ca chiều theo dõi")
    send(page, "Giao tất cả")
    expect(page.locator(f"tr[data-alarm='{alarms[3].id}']")).to_contain_text("Người xử lý: operator")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_an_incident_fits_on_a_phone_and_can_be_read(page: Page, running: RunningCentre, theme: str) -> None:
    alarm = raised(running, f"phone-{theme}")
    incident = running.call(lambda centre: incident_of(centre, alarm))
    page.goto(f"{running.url}/preferences?theme={theme}&language=vi")
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        for path in (f"/incidents/{incident}", "/incidents", f"/alarms/{alarm.id}"):
            page.goto(running.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.evaluate(CONTRAST) == [], (path, width)


def test_the_shift_is_handed_over_with_a_note(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/handover")
    page.locator("[name=to]").select_option("operator")
    page.locator("[name=note]").fill("Sông Thao còn lên; đã báo UBND phường Hồng Hà")
    page.locator("#handover [type=submit]").click()
    expect(page.locator("#handovers")).to_contain_text("engineer → operator")
    expect(page.locator("#handovers")).to_contain_text("Sông Thao còn lên; đã báo UBND phường Hồng Hà")
    expect(page.locator("[name=note]")).to_have_value("")


def test_an_alarm_right_after_another_is_shown_too(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/alarms")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    with page.expect_response(f"{running.url}/alarms", timeout=8_000):
        page.evaluate(TWICE)
    with page.expect_response(f"{running.url}/alarms", timeout=8_000):
        pass


TWICE = """() => [0, 50].forEach((wait) => setTimeout(
  () => document.body.dispatchEvent(new CustomEvent("thacba:alarm", { detail: {} })), wait))"""
