"""What the store does with every answer that a server can give; the servers here are scripted stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.store.influx import InfluxSettings, InfluxStore
from device_profiles.schema import PointType
from tests.cloud.store.blocks import LEVEL, NOW, block, rating
from tests.cloud.store.scripted_influx import Generation, Reply, ScriptedInflux
from tests.servers import free_port


@pytest.fixture(params=get_args(Generation))
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ScriptedInflux]:
    async with ScriptedInflux(request.param) as running:
        yield running


@pytest.fixture
async def store(server: ScriptedInflux) -> AsyncIterator[InfluxStore]:
    settings = InfluxSettings(server.url, "thacba", "centre", "good", organisation="tinh", timeout_s=0.5)
    opened = InfluxStore(settings)
    yield opened
    await opened.close()


async def test_opening_makes_the_database(store: InfluxStore, server: ScriptedInflux) -> None:
    await store.open()
    await store.open()
    if server.generation == "1.8":
        asked = [each.params["q"] for each in server.requests if each.path == "/query"]
        assert 'CREATE DATABASE "thacba" WITH DURATION 30d REPLICATION 1 NAME "raw"' in asked
    elif server.generation == "2.7":
        rules = server.buckets["thacba"]["retentionRules"]
        assert rules == [{"type": "expire", "everySeconds": 30 * 86_400}]
        assert not server.mappings, "2.x maps a bucket by its name itself"
    else:
        assert server.buckets["thacba"] == {"db": "thacba", "retention_period": "30d"}


async def test_a_policy_of_a_name_is_mapped_once_on_2() -> None:
    async with ScriptedInflux("2.7") as server:
        policy = {"retention_policy": "week", "organisation": "tinh"}
        store = InfluxStore(InfluxSettings(server.url, "thacba", "centre", "good", **policy))
        await store.open()
        await store.open()
        await store.close()
    (mapping,) = server.mappings
    assert (mapping["database"], mapping["retention_policy"]) == ("thacba", "week")
    assert (mapping["bucketID"], mapping["default"]) == ("000b", True)


async def test_lines_are_written_in_the_common_form(store: InfluxStore, server: ScriptedInflux) -> None:
    marks = {"level_m": [(1, "uncertain:rate")]}
    assert await store.write([block(1.5, 2.0, quality=marks)], [rating("e1", rating=4, word="tốt")]) == []
    readings, events = server.writes
    assert readings.params == {"db": "thacba", "precision": "ms"}
    assert readings.headers["authorization"] == "Basic Y2VudHJlOmdvb2Q="
    prefix = "river_gauge,device=river,gateway=gw1,site=yen-bai"
    assert [line.decode() for line in readings.lines] == [
        f"{prefix} level_m=1.5 {NOW}",
        f"{prefix} level_m=2.0 {NOW + 1000}",
        f'quality,device=river,gateway=gw1,point=level_m,site=yen-bai code="uncertain:rate" {NOW + 1000}',
    ]
    assert events.params == {"db": "thacba", "precision": "ns"}
    (line,) = events.lines
    assert line.decode().startswith('event,device=kiosk,gateway=gw1,kind=rating,site=yen-bai facts="{\\"rating\\":4,')


async def test_large_writes_are_packed_and_cut(store: InfluxStore, server: ScriptedInflux) -> None:
    blocks = [block(*map(float, range(200)), gateway=f"gw{n}") for n in range(200)]
    assert await store.write(blocks, []) == []
    assert len(server.writes) > 3
    assert all(each.headers["content-encoding"] == "gzip" for each in server.writes)
    assert sum(len(each.lines) for each in server.writes) == len(server.stored) == 40_000


@pytest.mark.parametrize(("gzip", "asked"), [(True, "gzip"), (False, "identity")])
async def test_answers_are_packed_only_where_that_saves_time(server: ScriptedInflux, gzip: bool, asked: str) -> None:
    store = InfluxStore(InfluxSettings(server.url, "thacba", gzip=gzip))
    await store.raw(LEVEL, begin=0, end=NOW)
    await store.close()
    assert all(asked in request.headers["accept-encoding"] for request in server.requests)


async def test_bad_lines_are_found_and_all_others_stored(store: InfluxStore, server: ScriptedInflux) -> None:
    profiles = ["bad_line" if n in (3, 17) else "river_gauge" for n in range(30)]
    blocks = [block(*map(float, range(8)), gateway=f"gw{n}", profile=name) for n, name in enumerate(profiles)]
    events = [rating("e1"), rating("bad_line"), rating("e3")]
    rejections = await store.write(blocks, events)
    assert [(each.index, each.readings) for each in rejections] == [(3, 8), (17, 8), (31, 1)]
    assert rejections[0].times == tuple(blocks[3].times)
    assert {each.reason.partition(":")[0] for each in rejections} <= {"type_conflict", "unreadable"}
    assert len(server.stored) == 28 * 8 + 2


async def test_a_bad_code_counts_as_a_reading_and_an_uncertain_one_does_not(
    store: InfluxStore, server: ScriptedInflux
) -> None:
    marks = {"bad_line": [(0, "bad:range"), (1, "uncertain:rate")]}
    points = {"level_m": [1.0, 2.0], "bad_line": [None, 5.0]}
    types = dict.fromkeys(points, PointType.FLOAT)
    rejections = await store.write([block(1, 2, points=points, types=types, quality=marks)], [])
    assert sum(each.readings for each in rejections) == 3, "the row with two values, and the bad code"


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_of_ours_is_no_loss_but_a_setting(
    store: InfluxStore, server: ScriptedInflux, status: int
) -> None:
    server.replies.append(Reply(status, {"error": "unauthorized"}))
    with pytest.raises(StoreMisconfiguredError, match=f"{status}: unauthorized"):
        await store.write([block(1.0)], [])
    assert await store.write([block(1.0)], []) == []


async def test_a_missing_retention_policy_is_a_setting_whatever_the_status(
    store: InfluxStore, server: ScriptedInflux
) -> None:
    server.replies.append(Reply(500, {"error": "retention policy not found: nope"}))
    with pytest.raises(StoreMisconfiguredError, match="retention policy not found"):
        await store.write([block(1.0)], [])


async def test_too_large_is_halved_and_remembered(store: InfluxStore, server: ScriptedInflux) -> None:
    server.most_bytes = 1000
    assert await store.write([block(*map(float, range(100)))], []) == []
    assert len(server.stored) == 100
    before = len(server.writes)
    assert await store.write([block(*map(float, range(100, 115)), begin=NOW + 10**6)], []) == []
    assert len(server.writes) == before + 2, "the cap stays low: nothing is refused again"


async def test_one_line_that_is_too_large_is_rejected(store: InfluxStore, server: ScriptedInflux) -> None:
    server.most_bytes = 200
    (rejection,) = await store.write([block(1.0)], [rating("e1", word="x" * 500)])
    assert (rejection.index, rejection.reason) == (1, "too_large")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 07:00:30 GMT", "Date": "Sun, 22 Nov 2026 07:00:00 GMT"}, 30.0),
        ({"Retry-After": "Sun, 22 Nov 2026 07:00:30 GMT"}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_says_how_long(
    store: InfluxStore, server: ScriptedInflux, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    server.replies.append(Reply(status, {"error": "too busy"}, headers))
    with pytest.raises(StoreUnavailableError, match="too busy") as caught:
        await store.write([block(1.0)], [])
    assert caught.value.retry_after_s == seconds


async def test_of_several_failures_the_gravest_is_told(store: InfluxStore, server: ScriptedInflux) -> None:
    server.replies += [Reply(503, "busy", {"Retry-After": "3"}), Reply(401, {"error": "who are you"})]
    with pytest.raises(StoreUnavailableError) as caught:
        await store.write([block(1.0)], [rating()])
    assert isinstance(caught.value, StoreMisconfiguredError) or caught.value.retry_after_s == 3.0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {"error": "timeout"}),
        Reply(502, "<html>bad gateway"),
        Reply(204, ending="hang", keeps=True),
        Reply(204, ending="close", keeps=True),
        Reply(307, headers={"Location": "http://127.0.0.1:9/"}),
    ],
)
async def test_an_unknown_outcome_is_raised_and_writing_again_is_harmless(
    store: InfluxStore, server: ScriptedInflux, reply: Reply
) -> None:
    server.replies.append(reply)
    with pytest.raises(StoreUnavailableError):
        await store.write([block(1.0, 2.0)], [])
    assert await store.write([block(1.0, 2.0)], []) == []
    assert len(server.stored) == 2


async def test_a_line_that_kills_every_request_is_found_after_some_tries(
    store: InfluxStore, server: ScriptedInflux
) -> None:
    server.kills = "gateway=gw5,"
    blocks = [block(1.0, gateway=f"gw{n}") for n in range(9)]
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            await store.write(blocks, [])
    (rejection,) = await store.write(blocks, [])
    assert (rejection.index, rejection.reason.partition(":")[0]) == (5, "server_error")
    assert len([line for line in server.stored if line.startswith(b"river")]) == 8


async def test_in_a_real_outage_nothing_is_rejected_however_often_it_is_tried(
    store: InfluxStore, server: ScriptedInflux
) -> None:
    server.kills = "="  # every line, the canary too
    for _ in range(8):
        with pytest.raises(StoreUnavailableError):
            await store.write([block(1.0)], [])


async def test_nobody_there(server: ScriptedInflux) -> None:
    store = InfluxStore(InfluxSettings(f"http://127.0.0.1:{free_port()}", "thacba"))
    for attempt in (store.open(), store.check(), store.write([block(1.0)], [])):
        with pytest.raises(StoreUnavailableError, match="cannot be reached"):
            await attempt
    await store.close()


async def test_a_server_that_keeps_nothing_is_found_by_the_canary(store: InfluxStore, server: ScriptedInflux) -> None:
    assert server.generation.split(" ", maxsplit=1)[0] in await store.check()
    server.stored.clear()
    server.loses_everything = True
    with pytest.raises(StoreMisconfiguredError, match="look at its retention"):
        await store.check()


async def test_wrong_credentials_when_opening(server: ScriptedInflux) -> None:
    store = InfluxStore(InfluxSettings(server.url, "thacba", "centre", "wrong"))
    if server.generation == "2.7":
        with pytest.raises(StoreMisconfiguredError, match="401: unauthorized"):
            await store.open()
    await store.close()


async def test_a_gateway_that_invents_names_spends_only_its_own_budget(server: ScriptedInflux) -> None:
    store = InfluxStore(InfluxSettings(server.url, "thacba", series_per_gateway=5))
    blocks = [block(1.0, device=f"d{n}") for n in range(8)] + [block(1.0, gateway="gw2")]
    rejections = await store.write(blocks, [])
    assert [(each.index, each.reason) for each in rejections] == [(n, "cardinality") for n in (5, 6, 7)]
    assert await store.write(blocks[:5], []) == [], "what is known goes on"
    quality = block(None, device="d1", quality={"level_m": [(0, "bad:range")]})
    assert [each.reason for each in await store.write([quality], [rating()])] == ["cardinality", "cardinality"]
    await store.close()


@pytest.mark.parametrize(
    "other",
    [{"profile": "quality"}, {"device": "a b"}, {"gateway": "g\nw"}, {"site": ""}, {"points": {"time": [1.0]}}],
)
async def test_a_name_that_would_need_escaping_never_leaves(
    store: InfluxStore, server: ScriptedInflux, other: dict[str, Any]
) -> None:
    other["types"] = dict.fromkeys(("level_m", "time"), PointType.FLOAT)
    (rejection,) = await store.write([block(1.0, begin=NOW, **other)], [])
    assert rejection.reason == "name"
    assert server.writes == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, {"results": [{"error": "database not found: thacba"}]}), StoreMisconfiguredError),
        (Reply(200, {"results": [{"error": "query timeout"}]}), StoreUnavailableError),
        (Reply(400, {"error": "error parsing query"}), StoreUnavailableError),
        (Reply(401, {"error": "who are you"}), StoreMisconfiguredError),
        (Reply(503, ["busy"]), StoreUnavailableError),
    ],
)
async def test_a_question_that_fails_is_told(
    store: InfluxStore, server: ScriptedInflux, reply: Reply, kind: type[StoreUnavailableError]
) -> None:
    server.others["/query"] = reply
    for attempt in (store.count(LEVEL), store.latest(LEVEL), store.series(LEVEL, begin=0, end=NOW, step_ms=1000)):
        with pytest.raises(kind) as caught:
            await attempt
        assert type(caught.value) is kind or kind is StoreUnavailableError


@pytest.mark.parametrize(("status", "kind"), [(401, StoreMisconfiguredError), (200, StoreUnavailableError)])
async def test_who_answers_the_ping_strangely_is_no_store(status: int, kind: type[StoreUnavailableError]) -> None:
    async with ScriptedInflux("1.8") as server:
        server.others["/ping"] = Reply(status, "hello", {"X-Influxdb-Version": "nonsense"})
        store = InfluxStore(InfluxSettings(server.url, "thacba"))
        with pytest.raises(kind):
            await store.open()
        await store.close()


@pytest.mark.parametrize(
    ("status", "kind"), [(403, StoreMisconfiguredError), (500, StoreUnavailableError), (409, None)]
)
async def test_making_a_database_of_3_core(status: int, kind: type[StoreUnavailableError] | None) -> None:
    async with ScriptedInflux("3 Core") as server:
        server.others["/api/v3/configure/database"] = Reply(status, {"error": "no"})
        store = InfluxStore(InfluxSettings(server.url, "thacba"))
        if kind is None:
            await store.open()  # it is there already
        else:
            with pytest.raises(kind):
                await store.open()
        await store.close()


async def test_an_event_with_an_illegal_name_is_rejected(store: InfluxStore, server: ScriptedInflux) -> None:
    rejections = await store.write([], [rating("e 1"), rating("e2", **{"Bad Fact": 1})])
    assert [(each.index, each.reason) for each in rejections] == [(0, "name"), (1, "name")]
