"""The Zalo channel against a real HTTP server: its documents, its token, and what its answers lead to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from cloud.errors import ConfigurationError
from cloud.notify.channels.zalo.channel import Zalo
from cloud.notify.channels.zalo.config import ZaloConfig
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.registry import build_channel
from tests.cloud.notify.contents import CONTENT, VERY_LOW, content, http_answer, receiver

PERSON = Address("p-1", "Nguyễn Văn An", "en", phone="0911111111", zalo="0912 345 678")
TAKEN = http_answer(200, {"error": 0, "message": "Success", "data": {"quota": {"remainingQuota": "499"}}})
RAISED = {"id": "312345", "fields": {"noi_dung": "{text}", "noi": "{site}", "so": "{value} {unit}", "link": "{link}"}}


def config(url: str, **more: object) -> ZaloConfig:
    """An account that this machine speaks for."""
    asked = {"kind": "zalo", "name": "zalo", "url": url, "allow_private": True, "templates": {"raised": RAISED}}
    return ZaloConfig.model_validate(asked | {"token_env": "ZALO_TOKEN"} | more)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZALO_TOKEN", "t0ken")


async def test_a_person_gets_the_template_filled(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with receiver(TAKEN) as hook:
        channel = Zalo(config(hook.url))
        await channel.send(CONTENT, to=PERSON)
        await channel.send(content(link="", text=CONTENT.site_name), to=Address("p-2", phone="0987654321"))
        await channel.close()
    first, second = (json.loads(request.body) for request in hook.requests)
    assert hook.requests[0].headers["access_token"] == "t0ken"
    assert hook.requests[0].line == "POST /hook HTTP/1.1"
    assert first.pop("tracking_id").startswith(f"{CONTENT.key}-")
    assert first == {
        "phone": "84912345678",
        "template_id": "312345",
        "template_data": {
            "noi_dung": "Sông Thao vượt báo động III",
            "noi": "Trạm Yên Bái",
            "so": "33,98 m",
            "link": "https://ioc.example/alarms/alarm-1",
        },
    }
    assert second["template_data"]["link"] == "–", "Zalo refuses empty places"
    assert second["phone"] == "84987654321"
    assert "345678" not in caplog.text + repr(channel)


async def test_a_template_gets_the_level_in_the_language_of_the_channel() -> None:
    level = {"raised": RAISED | {"fields": {"cap": "{level}"}}}
    async with receiver(TAKEN) as hook:
        channel = Zalo(config(hook.url, templates=level, recipients=["0912345678"]))
        await channel.send(content(level="very low", level_shown=VERY_LOW))
        await channel.close()
    assert json.loads(hook.requests[0].body)["template_data"] == {"cap": "rất thấp"}


async def test_trials_long_texts_and_long_keys() -> None:
    short = RAISED | {"max_chars": 10}
    async with receiver(TAKEN) as hook:
        channel = Zalo(config(hook.url, mode="development", templates={"raised": short}, recipients=["0912345678"]))
        for _ in range(2):
            await channel.send(content(key="k" * 60))
        with pytest.raises(NoticeRefusedError, match="no template for notices of kind digest"):
            await channel.send(content(kind="digest"))
        await channel.close()
    first, second = (json.loads(request.body) for request in hook.requests)
    assert first["mode"] == "development"
    assert first["template_data"]["noi_dung"] == "Sông Thao…"
    assert first["tracking_id"] == second["tracking_id"]
    assert len(first["tracking_id"]) <= 48


async def test_the_token_may_be_renewed_meanwhile(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        build_channel(config("http://127.0.0.1:1/", token_env="", token_file=str(token)))
    token.write_text("old\n")
    async with receiver() as hook:
        right = http_answer(200, {"error": -124, "message": "Access token invalid"})
        hook.answer = lambda request: TAKEN if request.headers["access_token"] == "new" else right
        channel = build_channel(config(hook.url, token_env="", token_file=str(token))).notifier
        with pytest.raises(NoticeMisconfiguredError, match="-124: Access token invalid"):
            await channel.send(CONTENT, to=PERSON)
        token.write_text("new\n")
        await channel.send(CONTENT, to=PERSON)
        token.unlink()
        with pytest.raises(NoticeMisconfiguredError):
            await channel.send(CONTENT, to=PERSON)
        await channel.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_answer(200, {"error": -100, "message": "Unknown error"}), NoticeLinkError),
        (http_answer(200, {"error": -144, "message": "quota of the day"}), NoticeRefusedError),
        (http_answer(200, {"error": -108, "message": "84912345678 invalid"}), NoticeRefusedError),
        (http_answer(200, {"error": -115, "message": "Out of quota"}), NoticeMisconfiguredError),
        (http_answer(200, {"message": "?"}), NoticeLinkError),
        (http_answer(200, "not an object"), NoticeLinkError),
        (http_answer(200, {"error": 0, "message": "x" * 70_000}), NoticeLinkError),
        (http_answer(401), NoticeMisconfiguredError),
        (http_answer(503), NoticeLinkError),
        (http_answer(307, headers="location: http://169.254.169.254/\r\n"), NoticeLinkError),
    ],
)
async def test_what_answers_mean(answer: bytes, error: type[Exception]) -> None:
    async with receiver(answer) as hook:
        channel = Zalo(config(hook.url))
        with pytest.raises(error) as caught:
            await channel.send(CONTENT, to=PERSON)
        await channel.close()
    assert caught.type is error
    assert "912345678" not in str(caught.value)
    assert len(hook.requests) == 1


async def test_a_hanging_or_missing_service_is_tried_again() -> None:
    async with receiver(TAKEN) as hook:
        hook.muted = True
        channel = Zalo(config(hook.url, timeout_s=0.1))
        with pytest.raises(NoticeLinkError, match="Timeout"):
            await channel.send(CONTENT, to=PERSON)
        await channel.close()
    gone = Zalo(config("http://127.0.0.1:1/"))
    with pytest.raises(NoticeLinkError):
        await gone.send(CONTENT, to=PERSON)
    await gone.close()


async def test_nobody_and_private_addresses_are_refused() -> None:
    async with receiver(TAKEN) as hook:
        guarded = Zalo(config(hook.url, allow_private=False))
        with pytest.raises(NoticeRefusedError, match="not a public address"):
            await guarded.send(CONTENT, to=PERSON)
        for to, fault in ((None, "no recipients"), (Address("p-2"), "p-2: has no number"),
                          (Address("p-3", zalo="12345"), "p-3: the number of Zalo is no")):  # fmt: skip
            with pytest.raises(NoticeRefusedError, match=fault):
                await guarded.send(CONTENT, to=to)
        await guarded.close()
    assert not hook.requests


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"templates": {"cleared": RAISED}}, "templates.raised is missing"),
        ({"templates": {"raised": RAISED | {"fields": {"a": "{nothing}"}}}}, "nothing"),
        ({"templates": {"raised": RAISED | {"id": "abc"}}}, "pattern"),
        ({"token_env": ""}, "token_env or token_file"),
        ({"recipients": ["12"]}, "number 1"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(wrong: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        config("http://127.0.0.1/", **wrong)


def test_the_endpoint_is_zalos_own() -> None:
    built = ZaloConfig.model_validate({"kind": "zalo", "name": "z", "token_env": "T", "templates": {"raised": RAISED}})
    assert str(built.url) == "https://business.openapi.zalo.me/message/template"
