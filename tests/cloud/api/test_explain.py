"""Why an alarm fired, over the API: what was read, how it was judged, by which version, and who was told."""

from __future__ import annotations

import httpx

from cloud.store.base import AlarmHistoryRow, Columns, Commit, NoticeRow
from cloud.store.memory import MemoryStore
from device_profiles.schema import PointType
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_rules import FLOOD, FLOOD_TESTS

MINUTE = 60_000
Clients = dict[str, httpx.AsyncClient]
VALUES = [29.0, 29.5, 30.2, 30.3, 30.4, 31.2, 30.0, 29.0]  # the seventh is doubtful


async def flood(centre: FakeCentre) -> tuple[int, str]:
    """Readings every ten minutes, and the alarm that they made; the begin, and the alarm's id."""
    begin = centre.clock.now_ms() - 90 * MINUTE
    store = MemoryStore()
    times = [begin + number * 10 * MINUTE for number in range(len(VALUES))]
    columns = Columns(
        site="site-cau-yen-bai", gateway="gw-thao", device="gauge-yen-bai", profile="river_gauge_radar", times=times,
        points={"level_m": list(VALUES)}, quality={"level_m": [(6, "uncertain:rate")]},
        types={"level_m": PointType.FLOAT},
    )  # fmt: skip
    await store.write([columns], [])
    centre.readings = store  # type: ignore[assignment]
    raised = times[3]
    row = centre.raise_alarm("I", at=raised, severity=3, value=30.3, state="normal", cleared_at=times[7])
    shelved = AlarmHistoryRow(row.id, raised + 5, raised + 5, "shelved", "I", None, "lan", "thay cảm biến")
    notice = NoticeRow("k", row.id, "ops", "{}", raised + 3, raised + 3, 1, "sent")
    centre.state.commit(Commit(history=[shelved], notices=[notice]))
    return begin, row.id


async def test_an_alarm_is_explained_by_its_readings_holds_and_moments(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    begin, alarm = await flood(centre)
    told = (await operator.get(f"/api/v1/alarms/{alarm}/explain")).json()
    assert (told["rule"], told["version"], told["rule_known"], told["kind"]) == (
        "flood_yen_bai", "1", "exact", "threshold",
    )  # fmt: skip
    assert "từ 30 m trở lên" in told["sentences"]["vi"]
    assert [(each["value"], each["level"]) for each in told["readings"]] == [
        (29.0, ""), (29.5, ""), (30.2, ""), (30.3, "I"), (30.4, "I"), (31.2, "I"), (29.0, ""),
    ]  # fmt: skip
    assert told["doubtful"] == 1
    assert told["holds"] == [
        {"level": "I", "begin": begin + 20 * MINUTE, "end": begin + 30 * MINUTE, "held": True, "before": False},
        {"level": "II", "begin": begin + 50 * MINUTE, "end": begin + 70 * MINUTE, "held": False, "before": False},
    ]
    assert (told["moments"][0]["what"], told["moments"][0]["at"]) == ("raised", begin + 30 * MINUTE)
    mute = {"why": "shelved", "begin": begin + 30 * MINUTE + 5, "end": None, "comment": "thay cảm biến"}
    assert told["mutes"] == [mute]
    assert [(each["channel"], each["state"]) for each in told["notices"]] == [("ops", "sent")]
    assert [each["threshold"] for each in told["levels"]] == [30.0, 31.0, 32.0]


async def test_the_version_of_that_day_explains_and_not_the_one_of_today(
    clients: Clients, operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    await centre.sample_rules.office.open()
    _, alarm = await flood(centre)
    engineer, path = clients["engineer"], "/api/v1/rules/flood_yen_bai"
    etag = (await engineer.get(path)).headers["etag"]
    text = FLOOD.replace("version = 1", "version = 2").replace("above = 31.00", "above = 31.50")
    answer = await engineer.put(
        path, json={"text": text, "tests": FLOOD_TESTS.replace('"40 escalated II", "50 cleared II"', '"50 cleared I"')},
        headers={"If-Match": etag},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    told = (await operator.get(f"/api/v1/alarms/{alarm}/explain")).json()
    assert (told["rule_known"], told["levels"][1]["threshold"]) == ("exact", 31.0)


async def test_an_alarm_of_no_single_device_or_of_a_rule_that_is_gone_is_still_told(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    now = centre.clock.now_ms()
    row = centre.raise_alarm("", at=now, severity=1, rule="gateway_away")
    told = (await operator.get(f"/api/v1/alarms/{row.id}/explain")).json()
    assert (told["rule_known"], told["sentences"], told["readings"]) == ("none", None, [])
    assert [each["what"] for each in told["moments"]] == ["raised"]
    assert (await operator.get("/api/v1/alarms/nothing/explain")).status_code == 404


async def test_silence_is_explained_by_the_readings_that_stayed_away(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    now = centre.clock.now_ms()
    row = centre.raise_alarm("", at=now, severity=3, rule="silence", device="rain-yen-bai", rule_version="2")
    told = (await operator.get(f"/api/v1/alarms/{row.id}/explain")).json()
    assert (told["kind"], told["unit"], told["judged_apart"]) == ("stale", "s", True)
    assert told["figures"] == {"vi": "thời gian không có số liệu", "en": "the time without any sign of life"}
