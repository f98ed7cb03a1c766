"""Five thousand alarms within seconds, through the real parts: people get a few notices, and nothing is lost."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from itertools import chain
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from cloud.alarms.book import AlarmBook
from cloud.notify.chain import Terms
from cloud.notify.channels.email.config import EmailConfig
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.pace import Pace
from cloud.notify.pipeline import NoticePipeline
from cloud.notify.registry import build_channel
from cloud.people.people import People, Person, Team
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.rule_set import rule_set
from cloud.store.base import Columns, Commit
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from tests.cloud.notify.contents import receiver
from tests.cloud.rules.builders import block, rule
from tests.waiting import eventually

ALARMS = 5000
AT_A_TIME = 500
TEAM = {
    "id": "desk",
    "name": {"vi": "Trực ban", "en": "Duty desk"},
    "otherwise": "person:an",
    "shifts": ({"start": "00:00", "end": "00:00", "persons": ("an", "binh")},),
}


@dataclass
class Inbox:
    """Takes mails; what a person got is under their address."""

    mails: dict[str, list[str]] = field(default_factory=dict)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the subject."""
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        for address in envelope.rcpt_tos:
            self.mails.setdefault(str(address), []).append(str(mail["Subject"]))
        return "250 OK"


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[Inbox, int]]:
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, hostname="mail.test"), "127.0.0.1", 0)
    try:
        yield inbox, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def people() -> People:
    """A team of two who get mails."""
    persons = {
        name: Person.model_validate({"id": name, "name": name, "email": f"{name}@example.vn", "channels": ("mail",)})
        for name in ("an", "binh")
    }
    return People(persons, {"desk": Team.model_validate(TEAM)})


def flood(begin: int) -> tuple[Judge, Iterable[list[Columns]]]:
    """A judge with one rule, and the readings of thousands of gauges that are all above its level, in portions."""
    levels = [
        {"name": "I", "severity": 3, "above": 30.0, "clear": 29.0},
        {"name": "III", "severity": 1, "above": 32.0, "clear": 31.0},
    ]
    kind = {"kind": "threshold", "unit": "m", "levels": levels}
    one = rule(kind=kind, notice={"channels": ["ops"], "teams": ["desk"]})
    judge = Judge(
        rule_set([one]), AlarmBook(), notices=NoticeOptions(("ops", "mail"), public_url="https://ioc.example")
    )
    blocks = [
        block([(begin, 31.0 + 2 * (number % 2))], device=f"gauge-{number}", site=f"s{number % 7}")
        for number in range(ALARMS)
    ]
    return judge, (blocks[first : first + AT_A_TIME] for first in range(0, ALARMS, AT_A_TIME))


async def longest_turn(stop: asyncio.Event) -> float:
    """Which share of all its work the event loop once did without a pause; what other programs take does not count.

    The collection of garbage is left out: it takes as long as the tests of before have left things behind.
    """
    gc.collect()
    gc.disable()
    clock, longest, begun = SystemClock(), 0.0, time.thread_time()
    last = begun
    try:
        while not stop.is_set():
            await clock.sleep(0.01)
            now = time.thread_time()
            longest, last = max(longest, now - last), now
    finally:
        gc.enable()
    return longest / (last - begun)


async def test_five_thousand_alarms_are_a_few_notices_that_add_up(tmp_path: Path) -> None:
    clock = SystemClock()
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    judge, portions = flood(clock.now_ms())
    async with receiver() as hook, mail_server() as (inbox, port), asyncio.TaskGroup() as group:
        webhook = {"kind": "webhook", "name": "ops", "url": hook.url, "allow_private": True}
        mail = {"kind": "email", "name": "mail", "host": "127.0.0.1", "port": port, "security": "none",
                "sender": "ioc@example.vn", "recipients": ["list@example.vn"], "per_minute": 600}  # fmt: skip
        channels = {
            "ops": build_channel(WebhookConfig.model_validate_json(json.dumps(webhook))),
            "mail": build_channel(EmailConfig.model_validate_json(json.dumps(mail))),
        }
        terms = Terms(people(), Pace(group_s=1.0, per_minute=30))
        pipeline = NoticePipeline(state.notice_book, channels, clock, terms=terms)
        at_work = group.create_task(pipeline.run())
        stop = asyncio.Event()
        turn = group.create_task(longest_turn(stop))
        for columns in portions:
            judgement = await asyncio.to_thread(judge.observe, columns, received_at=clock.now_ms())
            await asyncio.to_thread(
                state.commit,
                Commit((), {}, judgement.rule_states, judgement.alarms, judgement.history, judgement.notices),
            )
            pipeline.wake()
        await eventually(lambda: _drained(state), within_s=30, every_s=0.2)
        stop.set()
        at_work.cancel()
    assert sum(each.alarms for each in state.open_alarms()) == ALARMS
    counts = state.notice_book.counts()
    assert counts["shared"] == ALARMS, "the team's"
    told = [json.loads(request.body) for request in hook.requests]
    assert sum(each["count"] for each in told) == ALARMS
    assert len(told) <= 40
    assert inbox.mails.keys() == {"an@example.vn", "binh@example.vn"}
    for subjects in inbox.mails.values():
        assert sum(map(_counted, subjects)) == ALARMS
        assert len(subjects) <= 40
    mails = list(chain.from_iterable(inbox.mails.values()))
    sent = len(told) + len(mails)
    digests = sum(each["kind"] == "digest" for each in told) + sum(map(_is_digest, mails))
    assert counts == Counter(shared=ALARMS, sent=sent, digest=3 * ALARMS - (sent - digests))
    assert turn.result() < 0.2, "the pages stay usable"
    state.close()


def _drained(state: SqlStateStore) -> bool:
    return not state.notice_book.counts().get("pending")


def _is_digest(subject: str) -> bool:
    return " cảnh báo: " in subject


def _counted(subject: str) -> int:
    """How many alarms a mail is about."""
    return int(subject.split("] ")[1].split(maxsplit=1)[0]) if _is_digest(subject) else 1
