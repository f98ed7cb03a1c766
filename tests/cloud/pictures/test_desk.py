"""Watches end, gateways are not asked more often than needed, and nothing is kept that may not be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cloud.pictures.album import Album
from cloud.pictures.config import PictureConfig
from cloud.pictures.desk import PictureDesk
from cloud.pictures.shot import CameraKey, NoPictureError, Shot, shot_of
from cloud.pictures.watches import MOST_OF_ONE, Pace, WatchRefusedError, Wish
from tests.fakes import ManualClock
from tests.readme_check import assert_documented

CAMERA = ("gw-1", "cam-1")
HOUR_MS = 3_600_000


class Gateway:
    """Answers with a picture of now, or refuses."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked = 0
        self.refuses = ""
        self.keep_h = 24.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, camera: CameraKey) -> Shot:
        self.asked += 1
        await self.may_answer.wait()
        if self.refuses:
            raise NoPictureError("none_now", self.refuses)
        return Shot(b"\xff\xd8\xff" + b"%d" % self.asked, self.clock.now_ms(), "Giám sát đê", self.keep_h)


class Room:
    """A desk with its gateway and album."""

    def __init__(self, folder: Path, **config: float) -> None:
        self.clock = ManualClock()
        self.gateway = Gateway(self.clock)
        self.album = Album(folder / "pictures", PictureConfig.model_validate(config))
        self.desk = PictureDesk(self.album, self.gateway, self.clock)

    def wish(self, pace: Pace = "wall") -> Wish:
        return Wish("disaster", pace, frozenset({CAMERA}))

    def files(self) -> list[Path]:
        return sorted(self.album._folder.rglob("*.jpg"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """With the usual configuration."""
    return Room(tmp_path)


async def test_a_gateway_is_asked_at_the_pace_of_the_watch_and_never_twice_at_once(room: Room) -> None:
    watch = room.desk.begin(room.wish(), actor="lan")
    room.gateway.may_answer.clear()
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(room.desk.look(watch, CAMERA)) for _ in range(3)]
        room.gateway.may_answer.set()
    assert {each.result().shot.jpeg for each in looks} == {b"\xff\xd8\xff1"}
    assert room.gateway.asked == 1
    await room.clock.advance(60.0)
    assert (await room.desk.look(watch, CAMERA)).shot.jpeg == b"\xff\xd8\xff2"


async def test_a_watch_is_of_one_person_and_ends_by_itself(room: Room) -> None:
    watch = room.desk.begin(room.wish("live"), actor="lan")
    assert room.desk.watch(watch.id, actor="lan") == watch
    assert room.desk.watch(watch.id, actor="minh") is None
    await room.clock.advance(room.desk.config.live_s)
    assert room.desk.watch(watch.id, actor="lan") is None


async def test_an_older_picture_is_shown_with_the_reason_why_there_is_no_newer(room: Room) -> None:
    watch = room.desk.begin(room.wish(), actor="lan")
    before = await room.desk.look(watch, CAMERA)
    room.gateway.refuses = "there is no picture now"
    await room.clock.advance(61.0)
    now = await room.desk.look(watch, CAMERA)
    assert (now.shot, now.fault) == (before.shot, "none_now")
    room.desk.end(watch)
    watch = room.desk.begin(room.wish(), actor="lan")
    again = await room.desk.look(watch, CAMERA)
    assert (again.shot.jpeg, again.fault) == (before.shot.jpeg, "none_now"), "from the album"


@pytest.mark.parametrize(("pace", "keep_h", "kept"), [("wall", 24.0, 1), ("wall", 0.0, 0), ("live", 24.0, 0)])
async def test_only_what_may_be_kept_is_kept(room: Room, pace: Pace, keep_h: float, kept: int) -> None:
    room.gateway.keep_h = keep_h
    await room.desk.look(room.desk.begin(room.wish(pace), actor="lan"), CAMERA)
    assert len(room.files()) == kept


async def test_nothing_is_kept_longer_than_gateway_centre_and_72_hours_allow(tmp_path: Path) -> None:
    room = Room(tmp_path, keep_h=48)
    now = room.clock.now_ms()
    for hours in (24.0, 100.0):
        room.album.keep(CAMERA, Shot(b"\xff\xd8\xff", now - round(hours), "x", hours), now=now)
    assert room.album.tidy(now=now + 24 * HOUR_MS) == 1
    assert room.album.newest(CAMERA, now=now + 47 * HOUR_MS) is not None
    assert room.album.newest(CAMERA, now=now + 48 * HOUR_MS) is None, "let go in time, though not yet tidied"
    assert room.album.tidy(now=now + 48 * HOUR_MS) == 1
    assert room.files() == []


async def test_the_oldest_pictures_make_room(tmp_path: Path) -> None:
    room = Room(tmp_path, total_mb=1)
    now = room.clock.now_ms()
    for number in range(3):
        room.album.keep(CAMERA, Shot(b"\xff\xd8\xff" + bytes(400_000), now + number, "x", 24.0), now=now + 5)
    assert room.album.tidy(now=now + 5) == 1
    kept = room.album.newest(CAMERA, now=now + 5)
    assert kept is not None
    assert kept.observed_at == now + 2


async def test_watches_without_purpose_without_cameras_or_without_end_are_refused(room: Room) -> None:
    for wish in (
        Wish("curiosity", "wall", frozenset({CAMERA})),
        Wish("disaster", "wall", frozenset()),
        Wish("disaster", "live", frozenset({CAMERA, ("gw-1", "cam-2")})),
    ):
        with pytest.raises(WatchRefusedError):
            room.desk.begin(wish, actor="lan")
    for _ in range(MOST_OF_ONE):
        room.desk.begin(room.wish(), actor="lan")
    with pytest.raises(WatchRefusedError, match="end one"):
        room.desk.begin(room.wish(), actor="lan")
    room.desk.begin(room.wish(), actor="minh")


@pytest.mark.parametrize(
    "detail", ["", "{}", '{"at": 1, "picture": "§"}', '{"at": 1, "picture": "R0lGODlh"}', '{"at": "x", "picture": ""}']
)
def test_an_answer_that_is_no_picture_is_none(detail: str) -> None:
    with pytest.raises(NoPictureError):
        shot_of(detail)


def test_a_picture_without_a_purpose_is_never_kept() -> None:
    assert shot_of('{"at": 5, "picture": "/9j/", "keep_h": 24}') == Shot(b"\xff\xd8\xff", 5)
    assert shot_of('{"at": 5, "picture": "/9j/", "keep_h": 24, "purpose": "p"}').keep_h == 24


def test_every_field_is_documented() -> None:
    assert_documented("cloud/pictures", PictureConfig)
