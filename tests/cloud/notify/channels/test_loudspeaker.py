"""The loudspeaker channel against a real HTTP server: what it posts, and that sent means played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import get_args

import pytest

from cloud.notify.channels.loudspeaker.channel import Loudspeaker
from cloud.notify.channels.loudspeaker.config import LoudspeakerConfig
from cloud.notify.content import NoticeKind
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.registry import build_channel
from tests.cloud.notify.contents import AT, CONTENT, Receiver, Request, content, http_answer, receiver
from tests.fakes import ManualClock
from tests.waiting import eventually


@dataclass
class Tower:
    """A public-address system: takes messages and tells how far they are, one word for each question."""

    states: Iterator[str] = field(default_factory=lambda: iter(["queued", "playing", "played"]))
    messages: dict[str, dict[str, object]] = field(default_factory=dict)

    def answer(self, request: Request) -> bytes:
        """Takes a message, or tells of one."""
        method, path, _ = request.line.split()
        if method == "POST":
            message = json.loads(request.body)
            self.messages[message["id"]] = message
        elif path.rpartition("/")[2] not in self.messages:
            return http_answer(404)
        return http_answer(200, {"state": next(self.states), "message": "84912345678"})


def config(url: str, **more: object) -> LoudspeakerConfig:
    """A system on this machine."""
    asked = {
        "kind": "loudspeaker",
        "name": "loa",
        "url": url,
        "allow_private": True,
        "areas": {"yen-bai": ["xa-1", "xa-2"]},
    }
    return LoudspeakerConfig.model_validate(asked | {"poll_s": 0.01} | more)  # fmt: skip


@asynccontextmanager
async def tower(*states: str, **more: object) -> AsyncIterator[tuple[Loudspeaker, Tower, Receiver, ManualClock]]:
    """A channel and the system behind it; the clock stands."""
    system, clock = Tower(iter(states)), ManualClock(AT + 3000)
    async with receiver() as hook:
        hook.answer = system.answer
        channel = Loudspeaker(config(hook.url, **more), clock=clock)
        try:
            yield channel, system, hook, clock
        finally:
            await channel.close()


async def test_an_emergency_interrupts_and_says_everything_in_words() -> None:
    async with tower("played") as (channel, system, _, _clock):
        await channel.send(CONTENT)
    (message,) = system.messages.values()
    assert message.pop("id")
    assert message == {
        "areas": ["xa-1", "xa-2"],
        "priority": "emergency",
        "preempt": True,
        "language": "vi-VN",
        "text": "Đây là cảnh báo kỹ thuật nội bộ, mức độ khẩn cấp. Sông Thao vượt báo động ba. Địa điểm: Trạm Yên Bái, "
        "lúc bảy giờ ngày mười tháng chín năm hai nghìn không trăm hai mươi tư. Báo trưởng ca",
        "repeat": 3,
        "created": "2024-09-10T07:00:02+07:00",
        "expires": "2024-09-10T07:30:02+07:00",
        "label": "cảnh báo kỹ thuật nội bộ",
        "test": False,
    }


async def test_tests_and_mild_alarms_interrupt_nothing() -> None:
    async with tower("played", "played", "played", other_areas=["all"], max_chars=100) as (channel, system, _, _clock):
        for changes in ({"kind": "test"}, {"severity": 3}, {"kind": "cleared", "site": "elsewhere"}):
            await channel.send(content(**changes))
    test, mild, cleared = system.messages.values()
    assert (test["priority"], test["preempt"], test["test"]) == ("high", False, True)
    assert str(test["text"]).startswith("Đây là bản tin thử nghiệm hệ thống, không cần làm gì.")
    assert (mild["priority"], mild["repeat"]) == ("normal", 2)
    assert cleared["areas"] == ["all"]
    assert all(len(str(message["text"])) <= 100 for message in (test, mild, cleared))


@pytest.mark.parametrize("kind", get_args(NoticeKind))
async def test_every_kind_of_notice_can_be_said(kind: NoticeKind) -> None:
    async with tower("played") as (channel, system, _, _clock):
        await channel.send(content(kind=kind, count=3))
    (message,) = system.messages.values()
    assert str(message["text"]).startswith("Đây là ")
    assert message["preempt"] == (kind not in ("cleared", "test"))


async def test_sent_means_played(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with receiver() as hook:
        system = Tower()
        hook.answer = system.answer
        channel = build_channel(config(hook.url)).notifier
        with pytest.raises(NoticeRefusedError, match="too old"):
            await channel.send(CONTENT)  # of the year 2024
        fresh = content(received_at=ManualClock().now_ms() + 10**12)
        await channel.send(fresh)
        await channel.close()
    assert [request.line.split()[0] for request in hook.requests] == ["POST", "GET", "GET"]


async def test_what_was_taken_is_asked_for_and_not_posted_again() -> None:
    async with tower("queued", "queued", "played", acknowledge_s=1, poll_s=1) as (channel, system, hook, clock):
        async with asyncio.TaskGroup() as group:
            group.create_task(_ticks(clock))
            with pytest.raises(NoticeLinkError, match="not played within"):
                await channel.send(CONTENT)
        await channel.send(CONTENT)
        assert [request.line.split()[0] for request in hook.requests] == ["POST", "GET", "GET"]
        assert len(system.messages) == 1


async def _ticks(clock: ManualClock) -> None:
    await eventually(lambda: clock.sleepers > 0)
    await clock.advance(2)


async def test_what_several_persons_were_to_hear_is_spoken_once() -> None:
    async with tower("played", "played") as (channel, system, hook, _clock):
        for key in ("alarm-1:III:1:person:an", "alarm-1:III:1:person:binh"):
            await channel.send(content(key=key))
        assert len(hook.requests) == 1
        await channel.send(content(level="II", key="alarm-1:II:1:person:an"))
        assert len(system.messages) == 2


async def test_a_message_that_the_system_lost_is_posted_anew() -> None:
    async with tower("queued", "played", poll_s=1) as (channel, system, hook, clock):
        async with asyncio.TaskGroup() as group:
            group.create_task(_forgets(system, clock))
            with pytest.raises(NoticeLinkError, match="lost"):
                await channel.send(CONTENT)
        await channel.send(CONTENT)
        assert [request.line.split()[0] for request in hook.requests] == ["POST", "GET", "POST"]


async def _forgets(system: Tower, clock: ManualClock) -> None:
    await eventually(lambda: clock.sleepers > 0)
    system.messages.clear()
    await clock.advance(1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_answer(200, {"state": "failed", "message": "speakers off, call 0912345678"}), NoticeRefusedError),
        (http_answer(200, {"state": "rejected"}), NoticeRefusedError),
        (http_answer(200, {}), NoticeLinkError),
        (http_answer(202), NoticeLinkError),
        (http_answer(200, {"state": "played", "message": "x" * 70_000}), NoticeLinkError),
        (http_answer(401), NoticeMisconfiguredError),
        (http_answer(500), NoticeLinkError),
        (http_answer(302, headers="location: http://169.254.169.254/\r\n"), NoticeLinkError),
    ],
)
async def test_what_answers_mean(answer: bytes, error: type[Exception]) -> None:
    async with tower() as (channel, _, hook, _clock):
        hook.answer = lambda _: answer
        with pytest.raises(error) as caught:
            await channel.send(CONTENT)
        assert caught.type is error
        assert "912345678" not in str(caught.value)


async def test_a_system_that_hangs_or_is_gone_is_tried_again() -> None:
    async with tower(timeout_s=0.1) as (channel, _, hook, clock):
        hook.muted = True
        with pytest.raises(NoticeLinkError, match="Timeout"):
            await channel.send(CONTENT)
        gone = Loudspeaker(config("http://127.0.0.1:1/"), clock=clock)
        with pytest.raises(NoticeLinkError):
            await gone.send(CONTENT)
        await gone.close()


async def test_tokens_simple_systems_and_sites_without_loudspeakers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_TOKEN", "t0ken")
    async with receiver(http_answer(204)) as hook:
        built = config(hook.url, token_env="LOA_TOKEN", acknowledge="none", expires_s=86_400)
        channel = build_channel(built).notifier
        await channel.send(content(received_at=AT + 10**12))
        assert hook.requests[0].headers["authorization"] == "Bearer t0ken"
        assert "t0ken" not in repr(channel) + repr(built)
        with pytest.raises(NoticeRefusedError, match="no area for site nowhere"):
            await channel.send(content(site="nowhere", received_at=AT + 10**12))
        await channel.close()
    async with tower(allow_private=False) as (guarded, _, hook, _clock):
        with pytest.raises(NoticeRefusedError, match="not a public address"):
            await guarded.send(CONTENT)
