"""The pages of disaster and environment: what is grave comes first, what is not known is said to be not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from cloud.disaster.outlook import HOUR_MS, MINUTE_MS
from cloud.errors import StoreUnavailableError
from cloud.rules.load import load_rules
from cloud.store.base import Bucket, SeriesKey
from cloud.web.disaster_parts import rain_marks
from cloud.web.environment import FIRST_STATIONS
from cloud.web.environment_parts import Cell, strip
from cloud.web.sketch import Span, sketch
from device_profiles.load import load_catalogue
from tests.cloud.api.fake_centre import FakeCentre, FloodStore
from tests.cloud.marks import mark
from tests.cloud.web.sample_situation import add_situation, made

Clients = dict[str, httpx.AsyncClient]
NOW = 1_725_850_800_000
SPAN = Span(NOW - 24 * HOUR_MS, NOW, NOW + 6 * HOUR_MS)


class AwayStore(FloodStore):
    """A store that does not answer."""

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """Never."""
        raise StoreUnavailableError("the store is away")


def test_the_marks_of_rain_are_those_of_the_rules_in_service() -> None:
    rules = load_rules(Path("deploy/rules"), load_catalogue(), channels=(), inventory=None).rules
    found = {hours: [(each.value, each.severity) for each in levels] for hours, levels in rain_marks(rules).items()}
    assert found[1] == [(30.0, 3), (50.0, 2)]
    assert found[24] == [(50.0, 4), (100.0, 3), (200.0, 2), (400.0, 1)]
    assert set(found) >= {1, 3, 6, 12, 24, 72}


def test_a_drawing_breaks_where_nothing_came_and_leaves_out_what_is_far() -> None:
    minutes = (300, 290, 280, 120, 110, 100)
    levels = [(NOW - m * MINUTE_MS, 31.0 - m / 1000) for m in minutes]
    marks = [
        mark("r", "II", 31.0, 2),
        mark("r", "III", 40.0, 1),
    ]
    drawing = sketch(levels, SPAN, marks, course=None, silence_ms=45 * MINUTE_MS)
    assert drawing is not None
    assert len(drawing.observed) == 2
    assert [line.mark.level for line in drawing.lines] == ["II"]
    assert drawing.ahead == ""
    assert [hour for _, hour in drawing.hours] == ["12:00", "18:00", "09/09", "06:00", "12:00"]
    assert sketch([], SPAN, marks, course=None, silence_ms=1) is None
    one = sketch(levels[:1], SPAN, [], course=None, silence_ms=1)
    assert one is not None
    assert one.observed[0].count("L") == 1, "a single reading is a dot, not nothing"


def test_an_hour_without_readings_has_no_state() -> None:
    states = [Bucket(HOUR_MS, 2.0, 3.0, 2.5, 3.0, 2)]
    assert strip(states, [], begin=0, cells=3, step_ms=HOUR_MS) == (Cell(0), Cell(HOUR_MS, 3, None), Cell(2 * HOUR_MS))


async def test_without_the_store_the_present_is_shown_and_the_past_is_said_to_be_missing(
    clients: Clients, centre: FakeCentre
) -> None:
    add_situation(centre)
    centre.readings = AwayStore(centre.clock)
    disaster = (await clients["viewer"].get("/disaster")).text
    assert "Chưa đọc được số liệu 24 giờ qua" in disaster
    assert "58,97" in disaster
    assert 'id="do-copy"' not in disaster, "a viewer copies nothing"
    assert "data-open=" not in disaster
    environment = (await clients["viewer"].get("/environment")).text
    assert "Chưa đọc được số liệu những giờ qua" in environment
    assert "159" in environment
    assert "Lớp 1A" not in environment, "dust in a classroom is no air of the town"


async def test_of_many_stations_the_first_are_shown_and_the_rest_is_one_click_away(
    clients: Clients, centre: FakeCentre
) -> None:
    for number in range(FIRST_STATIONS + 2):
        centre.introduce(made(NOW, "gw-mcc", f"air-{number:02d}", f"Trạm {number}", "air_node", {"pm25": 12.0}))
    first = (await clients["viewer"].get("/environment")).text
    everything = (await clients["viewer"].get("/environment?stations=all")).text
    assert first.count("data-station=") == FIRST_STATIONS
    assert 'href="/environment?stations=all#air"' in first
    assert everything.count("data-station=") >= FIRST_STATIONS + 2


async def test_a_site_with_many_alarms_takes_one_line_and_leads_to_the_others(
    clients: Clients, centre: FakeCentre
) -> None:
    def level(text: str) -> str:
        return text.partition('id="told"')[2].partition("</section>")[0]

    before = level((await clients["viewer"].get("/disaster")).text)
    now = centre.clock.now_ms()
    for number in (2, 3, 4):
        centre.raise_alarm("II", at=now - number * MINUTE_MS, severity=number, rule=f"river_{number}")
    after = level((await clients["viewer"].get("/disaster")).text)
    assert after.count("<li") == max(1, before.count('<li class="edge'))
    assert "cảnh báo tại đây" in after
    assert 'href="/alarms?site=site-cau-yen-bai"' in after


async def test_sums_of_rain_that_are_old_are_not_taken_for_a_dry_day(clients: Clients, centre: FakeCentre) -> None:
    add_situation(centre)
    for device in centre.devices():
        if device.profile == "index_rain":
            points = tuple(replace(each, freshness="stale") for each in device.points)
            centre.introduce(replace(device, points=points))
    page = (await clients["viewer"].get("/disaster")).text
    assert "Chưa rõ: không trạm nào có số liệu còn mới" in page
    assert "Không trạm nào có mưa" not in page


async def test_slopes_that_stand_still_make_room_for_those_that_move_or_are_silent(
    clients: Clients, centre: FakeCentre
) -> None:
    add_situation(centre)
    assert 'id="calm-slopes"' not in (await clients["viewer"].get("/disaster")).text
    still = {"tilt_rate_deg_h": 0.01, "crack_mm": 3.0, "soil_sat_pct": 71.0, "pore_kpa": -4.0}
    for number in range(4):
        node = made(centre.clock.now_ms(), "gw-thao", f"slope-{number}", f"Nút {number}", "landslide_node", still)
        centre.introduce(replace(node, site=f"site-suon-{number}"))
    seen, _, calm = (await clients["viewer"].get("/disaster")).text.partition('id="calm-slopes"')
    assert "4 điểm chưa thấy dịch chuyển" in calm
    assert calm.count('<article class="slope') == 4
    assert [name in seen for name in ("Nút 1 Trạm Tấu", "Nút 1 Khau Phạ", "Nút 0")] == [True, True, False]


async def test_an_empty_province_says_what_it_does_not_have(clients: Clients, centre: FakeCentre) -> None:
    disaster = (await clients["operator"].get("/disaster")).text
    for text in ("Chưa có trạm nào có lượng mưa", "Chưa có trạm cảnh báo sạt lở", "Chưa có bản tin nào còn hiệu lực"):
        assert text in disaster
    assert "Chưa có trạm nước nào." in (await clients["operator"].get("/environment")).text


async def test_an_evacuation_that_is_over_can_be_read_with_everything_that_was_taken_back(
    clients: Clients, centre: FakeCentre
) -> None:
    add_situation(centre)
    operator, path = clients["operator"], "/api/v1/disaster/evacuations/01"
    await operator.post(f"{path}/tick", json={"step": "decision", "done": False, "note": "chưa ký"})
    await operator.post(f"{path}/close", json={"note": "nước rút"})
    listed = (await clients["viewer"].get("/disaster")).text
    assert "Vừa kết thúc" in listed
    assert 'href="/disaster/evacuations/01"' in listed
    page = (await clients["viewer"].get("/disaster/evacuations/01")).text
    for text in ("1/9 bước đã xong", "nước rút", "program-operator bỏ dấu", "chưa ký", "<b>412</b> hộ"):
        assert text in page, text
    assert (await clients["viewer"].get("/disaster/evacuations/none")).status_code == 404
