"""The SMS channel against a real HTTP server: what it asks, what answers mean, and that numbers stay secret."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from cloud.notify.channels.sms.channel import Sms
from cloud.notify.channels.sms.config import SmsConfig
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.registry import build_channel
from tests.cloud.notify.contents import CONTENT, Receiver, http_answer, receiver

PHONE = "0912 345 678"
PERSON = Address("p-1", "Nguyễn Văn An", phone=PHONE)
FIELDS = {"to": "{phone}", "text": "{text}", "from": "{sender}", "id": "{key}", "parts": "{parts}", "flash": False}


def config(url: str, **more: object) -> SmsConfig:
    """A gateway on this machine."""
    asked = {"kind": "sms", "name": "sms", "url": url, "allow_private": True, "fields": FIELDS, "sender": "IOCYENBAI"}
    return SmsConfig.model_validate(asked | more)


@asynccontextmanager
async def gateway(answer: bytes, **more: object) -> AsyncIterator[tuple[Sms, Receiver]]:
    """A channel and the gateway behind it."""
    async with receiver(answer) as hook:
        channel = Sms(config(hook.url, **more))
        try:
            yield channel, hook
        finally:
            await channel.close()


async def test_a_person_gets_one_message_and_its_cost_is_told_without_the_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with gateway(http_answer(200)) as (channel, hook):
        await channel.send(CONTENT, to=PERSON)
        await channel.send(CONTENT, to=PERSON)
        (first, second) = (json.loads(request.body) for request in hook.requests)
        assert first == second, "a repeat is recognised by its key"
        assert first["to"] == "84912345678"
        assert first["text"].startswith("KHAN CAP: Song Thao")
        assert (first["from"], first["parts"], first["flash"]) == ("IOCYENBAI", "1", False)
        assert channel.parts_sent == 2
    entry = next(record for record in caplog.records if record.message == "text message taken")
    assert vars(entry)["parts"] == 1
    told = caplog.text + repr(PERSON) + repr(channel) + "".join(repr(vars(record)) for record in caplog.records)
    assert "912345678" not in told.replace(" ", "")


async def test_forms_queries_and_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("SMS_SECRET", "s3cret")
    fields = FIELDS | {"key": "{secret}"}
    async with receiver(http_answer(202)) as hook:
        for more in (
            {"body": "form", "auth": "bearer", "secret_file": str(secret)},
            {"method": "GET", "fields": fields, "secret_env": "SMS_SECRET"},
            {"method": "PUT", "auth": "basic", "username": "ioc", "secret_env": "SMS_SECRET"},
        ):
            built = config(hook.url, recipients=[PHONE], **more)
            channel = build_channel(built).notifier
            await channel.send(CONTENT)
            await channel.close()
            assert "s3cret" not in repr(built) + repr(channel)
            assert "912345678" not in repr(built)
    form, query, basic = hook.requests
    assert form.headers["authorization"] == "Bearer s3cret"
    assert parse_qs(form.body.decode())["flash"] == ["false"]
    method, target, _ = query.line.split()
    asked = parse_qs(urlsplit(target).query)
    assert (method, asked["to"], asked["key"], query.body) == ("GET", ["84912345678"], ["s3cret"], b"")
    assert basic.line.startswith("PUT ")
    assert base64.b64decode(basic.headers["authorization"].removeprefix("Basic ")) == b"ioc:s3cret"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_answer(500), NoticeLinkError),
        (http_answer(429), NoticeLinkError),
        (http_answer(302, headers="location: http://169.254.169.254/\r\n"), NoticeLinkError),
        (http_answer(401), NoticeMisconfiguredError),
        (http_answer(404), NoticeMisconfiguredError),
        (http_answer(400), NoticeRefusedError),
        (http_answer(200, "x" * 70_000), NoticeLinkError),
        (http_answer(200, []), NoticeLinkError),
        (http_answer(200, {"result": {}}), NoticeLinkError),
        (http_answer(200)[:-2] + b"\r\n<html>", NoticeLinkError),
        (http_answer(200, {"result": {"code": 99}}), NoticeRefusedError),
        (http_answer(200, {"result": {"code": "busy"}}), NoticeLinkError),
        (http_answer(200, {"result": {"code": 101}}), NoticeMisconfiguredError),
        (b"garbage\r\n\r\n", NoticeLinkError),
        (b"", NoticeLinkError),
    ],
)
async def test_what_answers_mean(answer: bytes, error: type[Exception]) -> None:
    words = {
        "success_field": "result.code",
        "success_values": ["100"],
        "later_values": ["busy"],
        "misconfigured_values": ["101"],
    }
    async with gateway(answer, **words) as (channel, hook):
        with pytest.raises(error) as caught:
            await channel.send(CONTENT, to=PERSON)
        assert caught.type is error
        assert len(hook.requests) == 1
        hook.answer = lambda _: http_answer(200, {"result": {"code": 100}})
        await channel.send(CONTENT, to=PERSON)


async def test_an_error_never_repeats_a_number() -> None:
    refusal = http_answer(200, {"code": "84912345678 is blocked"})
    async with gateway(refusal, success_field="code", success_values=["0"]) as (channel, _):
        with pytest.raises(NoticeRefusedError, match="is blocked") as caught:
            await channel.send(CONTENT, to=PERSON)
        assert "912345678" not in str(caught.value)


async def test_a_gateway_that_hangs_or_is_gone_is_tried_again() -> None:
    async with gateway(http_answer(200), timeout_s=0.1) as (channel, hook):
        hook.muted = True
        with pytest.raises(NoticeLinkError, match="Timeout"):
            await channel.send(CONTENT, to=PERSON)
    channel = Sms(config("http://127.0.0.1:1/"))
    with pytest.raises(NoticeLinkError):
        await channel.send(CONTENT, to=PERSON)
    await channel.close()


async def test_a_private_address_is_refused_unless_allowed() -> None:
    async with gateway(http_answer(200), allow_private=False) as (channel, hook):
        with pytest.raises(NoticeRefusedError, match="not a public address"):
            await channel.send(CONTENT, to=PERSON)
        assert not hook.requests


async def test_whoever_cannot_be_reached_is_refused_at_once() -> None:
    async with gateway(http_answer(200)) as (channel, hook):
        for to, fault in ((None, "no recipients"), (Address("p-2"), "p-2: has no phone"),
                          (Address("p-3", phone="0212 3456"), "p-3: the phone is no")):  # fmt: skip
            with pytest.raises(NoticeRefusedError, match=fault):
                await channel.send(CONTENT, to=to)
        assert not hook.requests


async def test_a_repeat_reaches_only_those_who_have_not_got_it() -> None:
    numbers = ["0912345671", "0912345672", "0912345673"]
    async with gateway(http_answer(200), recipients=numbers) as (channel, hook):
        refused = {"84912345671": 400, "84912345673": 503}
        hook.answer = lambda request: http_answer(refused.get(json.loads(request.body)["to"], 200))
        with pytest.raises(NoticeLinkError):
            await channel.send(CONTENT)
        refused.clear()
        await channel.send(CONTENT)
        asked = [json.loads(request.body)["to"][-1] for request in hook.requests]
        assert asked == ["1", "2", "3", "1", "3"]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"fields": {"to": "{phone}"}}, "must hold"),
        ({"fields": {"to": "{phone}", "text": "{text} {nonsense}"}}, "nonsense"),
        ({"fields": FIELDS | {"key": "{secret}"}}, "secret_env or secret_file"),
        ({"auth": "bearer"}, "secret_env or secret_file"),
        ({"auth": "basic", "secret_env": "X"}, "username"),
        ({"sender": "TWELVE CHARS"}, "sender"),
        ({"recipients": ["0912345678", "12"]}, "number 2 is no Vietnamese mobile number"),
        ({"success_field": "code"}, "belong together"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(wrong: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        config("http://127.0.0.1/", **wrong)
