"""A notice for a team over real servers: Zalo's quota is used up, the SMS gateway takes it, and no number leaks."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from cloud.notify.chain import Terms
from cloud.notify.channels.sms.config import SmsConfig
from cloud.notify.channels.zalo.config import ZaloConfig
from cloud.notify.pace import Pace
from cloud.notify.pipeline import NoticePipeline
from cloud.notify.registry import build_channel
from cloud.people.people import People, Person, Team
from cloud.store.base import Commit
from cloud.store.sql import SqlStateStore
from tests.cloud.notify.contents import AT, http_answer, receiver, row
from tests.fakes import ManualClock
from tests.waiting import eventually

QUOTA = http_answer(200, {"error": -144, "message": "Daily quota of 84912345678 exceeded"})
AN = {"id": "an", "name": "Nguyễn Văn An", "phone": "0912 345 678", "channels": ["zalo", "sms"]}
DESK = {
    "id": "desk",
    "name": {"vi": "Trực ban", "en": "Desk"},
    "otherwise": "person:an",
    "shifts": [{"start": "00:00", "end": "00:00", "persons": ["an"]}],
}
TEMPLATE = {"id": "1", "fields": {"noi_dung": "{text}"}}


async def test_a_refusal_of_zalo_goes_out_as_text_message_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ZALO_TOKEN", "t0ken")
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    people = People({"an": Person.model_validate(AN)}, {"desk": Team.model_validate(DESK)})
    async with receiver(QUOTA) as zalo, receiver(http_answer(200)) as sms:
        here = {"allow_private": True}
        configs = (
            ZaloConfig.model_validate(
                here | {"kind": "zalo", "name": "zalo", "url": zalo.url, "token_env": "ZALO_TOKEN",
                        "templates": {"raised": TEMPLATE}}
            ),
            SmsConfig.model_validate(
                here | {"kind": "sms", "name": "sms", "url": sms.url, "fields": {"to": "{phone}", "text": "{text}"}}
            ),
        )  # fmt: skip
        channels = {config.name: build_channel(config) for config in configs}
        terms = Terms(people, Pace.model_validate({}))
        pipeline = NoticePipeline(state.notice_book, channels, ManualClock(AT), terms=terms)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(pipeline.run())
            state.commit(Commit(notices=[row(channel="team:desk")]))
            pipeline.wake()
            await eventually(lambda: any(each.state == "sent" for each in state.notices(limit=9)))
            task.cancel()
    (refused,), (taken,) = zalo.requests, sms.requests
    assert json.loads(refused.body)["phone"] == "84912345678"
    assert json.loads(taken.body)["text"].startswith("KHAN CAP: Song Thao")
    told = next(each for each in state.notices(limit=9) if each.state == "sent")
    assert told.via == "sms"
    kept = repr([*state.notices(limit=9), *(vars(record) for record in caplog.records)])
    assert "912345678" not in kept + caplog.text
    state.close()
