"""What a message is worth, case by case; and that no reading ever falls between stored and dead-lettered."""

from __future__ import annotations

import gzip

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest.admission import AdmissionConfig, SeriesAllowance
from cloud.ingest.columns import FUTURE_MS, OLDEST_MS
from cloud.ingest.intake import Admitted, Heard, Intake, Rejected, Withheld, identity_in
from cloud.inventory.sites import GatewayEntry, Inventory, Site
from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile, Text
from device_profiles.wire import (
    Address,
    Batch,
    Channel,
    DeviceBlock,
    Event,
    State,
    encode,
    relative_times,
    size_of,
)
from device_profiles.wire.messages import Cell

NOW = 1_725_926_400_000
EPOCH = "0" * 16
NAME = {"vi": "x", "en": "x"}
JSON = {"protocol": "http_json"}
POINTS = [
    {"key": "level", "name": NAME, "type": "float", "unit": "m", "source": {**JSON, "path": "a"}},
    {"key": "count", "name": NAME, "type": "int", "source": {**JSON, "path": "b"}},
    {"key": "open", "name": NAME, "type": "bool", "source": {**JSON, "path": "c"}},
    {"key": "mode", "name": NAME, "type": "enum", "choices": {"0": NAME}, "source": {**JSON, "path": "d"}},
    {"key": "note", "name": NAME, "type": "string", "source": {**JSON, "path": "e"}},
]
PROFILE = DeviceProfile.model_validate(
    {
        "profile": "probe",
        "name": NAME,
        "vendor": "generic",
        "model": "probe",
        "sector": "disaster",
        "protocol": "http_json",
        "period_s": 10.0,
        "owner": "test",
        "source": "test",
        "points": POINTS,
    }
)
SITE = Site(
    id="site", name=Text(vi="x", en="x"), area="a", lat=21, lon=104,
    gateways=(GatewayEntry(id="gw", name=Text(vi="x", en="x")),),
)  # fmt: skip


def intake(budget: int = 500) -> Intake:
    limits = AdmissionConfig.model_validate({"series": budget})
    inventory = Inventory({"site": SITE}, {}, {"gw": SITE})
    return Intake(Catalogue({"probe": PROFILE}), inventory, allowance=SeriesAllowance(limits))


def block(points: dict[str, list[Cell]], times: list[int] | None = None, **more: object) -> DeviceBlock:
    rows = len(next(iter(points.values())))
    quality = more.pop("quality", {})
    device, profile = more.pop("device", "d"), more.pop("profile", "probe")
    assert isinstance(device, str)
    assert isinstance(profile, str)
    assert isinstance(quality, dict)
    when = times or [NOW - 1000 * (rows - row) for row in range(rows)]
    return DeviceBlock(device, profile, relative_times(when), points, quality)


def taken(*blocks: DeviceBlock, events: list[Event] | None = None, budget: int = 500) -> Admitted:
    batch = Batch(1, EPOCH, 1, 0, list(blocks), events or [])
    found = intake(budget).take(Address("gw", Channel.READINGS), encode(batch), received_at=NOW)
    assert isinstance(found, Admitted)
    return found


def test_good_columns_pass_as_they_are() -> None:
    points: dict[str, list[Cell]] = {
        "level": [1.5, None],
        "count": [3, 4],
        "open": [True, False],
        "mode": [0, None],
        "note": ["a", None],
    }
    admitted = taken(block(points, quality={"level": [(1, "bad:timeout")]}))
    (columns,) = admitted.columns
    assert (columns.site, columns.gateway, columns.device, columns.profile) == ("site", "gw", "d", "probe")
    assert columns.points == points
    assert columns.times == [NOW - 2000, NOW - 1000]
    assert columns.quality == {"level": [(1, "bad:timeout")]}
    assert (admitted.size, admitted.dead, admitted.letters) == (8, 0, [])


@pytest.mark.parametrize(
    ("key", "cell", "stored", "reason"),
    [
        ("level", 5, 5.0, ""),
        ("level", True, None, "type"),
        ("level", "12,5", None, "type"),
        ("level", "", None, "type"),
        ("level", "NaN", None, "type"),
        ("count", 5.0, None, "type"),
        ("count", True, None, "type"),
        ("open", 1, None, "type"),
        ("mode", "0", None, "type"),
        ("mode", 7, 7, ""),
        ("note", 1, None, "type"),
        ("note", "n" * 257, None, "text_too_long"),
        ("note", "Yên Bái", "Yên Bái", ""),
        ("note", "Ye\u0302n Ba\u0301i", "Yên Bái", ""),
        ("depth", 1.0, None, "unmapped_point"),
    ],
)
def test_one_cell_that_does_not_fit_spoils_no_other(key: str, cell: Cell, stored: Cell, reason: str) -> None:
    points: dict[str, list[Cell]] = {"open": [True, True], key: [None, cell]}
    admitted = taken(block(points))
    (columns,) = admitted.columns
    if reason != "unmapped_point":
        value = columns.points[key][1]
        assert (value, type(value)) == (stored, type(stored))
    assert [letter.reason for letter in admitted.letters] == ([reason] if reason else [])
    assert admitted.dead == (1 if reason else 0)
    if key != "open":
        assert columns.points["open"] == [True, True]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (0, "too_old"),
        (NOW - OLDEST_MS - 1, "too_old"),
        (NOW - OLDEST_MS, ""),
        (NOW + FUTURE_MS, ""),
        (NOW + FUTURE_MS + 1, "future"),
        (4_102_444_800_000, "future"),
    ],
)
def test_times_outside_the_window_are_dead_letters(at: int, reason: str) -> None:
    times = sorted([at, NOW])
    row = times.index(at)
    quality = {"level": [(row, "uncertain:rate")], "count": [(1 - row, "bad:timeout")]}
    level: list[Cell] = [1.0, 2.0]
    count: list[Cell] = [7, 7]
    count[1 - row] = None
    admitted = taken(block({"level": level, "count": count}, times, quality=quality))
    (columns,) = admitted.columns
    if not reason:
        assert (columns.times, admitted.dead) == (times, 0)
        return
    assert columns.times == [NOW]
    assert columns.quality == {"count": [(0, "bad:timeout")]}
    assert {(letter.point, letter.reason, letter.times) for letter in admitted.letters} == {
        ("level", reason, (at,)),
        ("count", reason, (at,)),
    }
    assert admitted.dead == 2


def test_whole_blocks_go_when_profile_or_budget_do_not_allow_them() -> None:
    good = block({"level": [1.0]})
    strange = block({"level": [1.0], "x": [None]}, device="e", profile="thermometer")
    admitted = taken(good, strange)
    assert [letter.reason for letter in admitted.letters] == ["unknown_profile"]
    assert len(admitted.columns) == 1
    crowd = [block({"level": [1.0]}, device=f"d{number}") for number in range(3)]
    admitted = taken(*crowd, budget=2 * len(POINTS))
    assert [letter.reason for letter in admitted.letters] == ["series_budget"]
    assert [columns.device for columns in admitted.columns] == ["d0", "d1"]


def test_events_are_placed_or_dead() -> None:
    events = [Event("e1", "d", "door", NOW), Event("e2", "d", "door", 5), Event("e3", "d", "door", NOW + 10 * 60_000)]
    admitted = taken(events=events)
    assert [placed.event.id for placed in admitted.events] == ["e1"]
    assert [(letter.reason, letter.values) for letter in admitted.letters] == [
        ("too_old", ("e2",)),
        ("future", ("e3",)),
    ]


def test_strangers_states_and_nonsense() -> None:
    state = encode(State(1, "online", NOW))
    door = intake()
    assert isinstance(door.take(Address("x", Channel.READINGS), b"", received_at=NOW), Withheld)
    heard = door.take(Address("gw", Channel.STATE), state, received_at=NOW)
    assert isinstance(heard, Heard)
    assert isinstance(heard.message, State)
    wrong = door.take(Address("gw", Channel.STATE), b"{", received_at=NOW)
    assert isinstance(wrong, Rejected)
    assert (wrong.reason, wrong.sample, wrong.identity) == ("malformed", b"{", None)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_the_head_of_a_batch_names_it_however_it_is_packed(pack: object) -> None:
    assert callable(pack)
    head = b'{"v":1,"epoch":"00000000000000ff","sequence":12,"base":345,"devices":[{"broken'
    assert identity_in(pack(head)) == ("00000000000000ff", 12, 345)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x1f\x8b\x00rubbish",
        b"\x28\xb5\x2f\xfdrubbish",
        b'{"v":2,"epoch":"00000000000000ff","sequence":12,"base":345}',
        b'{"v":1,"epoch":"00000000000000ff","sequence":0,"base":345}',
        b'{"v":1,"epoch":"00000000000000ff","sequence":12',
    ],
)
def test_a_head_that_says_too_little_names_nothing(payload: bytes) -> None:
    assert identity_in(payload) is None


CELLS = st.one_of(st.none(), st.integers(-9, 9), st.floats(-9, 9), st.booleans(), st.sampled_from(["", "a", "n" * 300]))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_stored_and_dead_together_are_the_size_of_the_batch(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    steps = data.draw(st.lists(st.sampled_from([1, 1000, OLDEST_MS]), min_size=rows, max_size=rows))
    times = [NOW - OLDEST_MS - 5000 + sum(steps[: row + 1]) for row in range(rows)]
    keys = data.draw(st.lists(st.sampled_from([*(str(p["key"]) for p in POINTS), "depth"]), min_size=1, unique=True))
    points = {key: data.draw(st.lists(CELLS, min_size=rows, max_size=rows)) for key in keys}
    quality = {}
    for key, column in points.items():
        marks = [
            (row, "bad:timeout" if cell is None else "uncertain:rate")
            for row, cell in enumerate(column)
            if data.draw(st.booleans())
        ]
        if marks:
            quality[key] = marks
    one = DeviceBlock(
        "d", data.draw(st.sampled_from(["probe", "probe", "other"])), relative_times(times), points, quality
    )
    batch = Batch(1, EPOCH, 1, 0, [one])
    found = intake().take(Address("gw", Channel.READINGS), encode(batch), received_at=NOW)
    assert isinstance(found, Admitted)
    stored = sum(
        len(column) - column.count(None) + sum(1 for row, _ in each.quality.get(key, []) if column[row] is None)
        for each in found.columns
        for key, column in each.points.items()
    )
    assert found.size == size_of(batch) == stored + found.dead
    assert found.dead == sum(letter.readings for letter in found.letters)
    for each in found.columns:
        assert all(len(column) == len(each.times) for column in each.points.values())
        assert each.quality.keys() <= each.points.keys()
