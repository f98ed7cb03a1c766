"""The e-mail channel against a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from cloud.notify.channels.email.channel import Email
from cloud.notify.channels.email.config import EmailConfig
from cloud.notify.content import Words
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.registry import build_channel
from cloud.notify.words import subject
from tests.cloud.notify.contents import CONTENT, VERY_LOW, content, receiver


class Inbox:
    """Takes mails, or refuses recipients as told."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refuse = ""
        self.refuse_mail = ""

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accepts a recipient unless told otherwise."""
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the mail, or refuses it."""
        if self.refuse_mail:
            return self.refuse_mail
        self.mails.append(bytes(envelope.content or b""))
        return "250 OK"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"ioc", b"right"), handled=False)


@pytest.fixture
async def server() -> AsyncIterator[tuple[Inbox, int]]:
    inbox = Inbox()
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, hostname="mail.test", authenticator=_authenticate, auth_require_tls=False), "127.0.0.1", 0
    )
    try:
        yield inbox, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


def config(port: int, **more: object) -> EmailConfig:
    """Mail to two people through this machine."""
    return EmailConfig.model_validate(
        {
            "kind": "email",
            "name": "duty",
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "ioc@example.vn",
            "recipients": ["truong.ca@example.vn", "truc.ban@example.vn"],
            **more,
        }
    )


async def test_a_mail_says_everything_in_two_languages(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    await Email(config(port)).send(CONTENT)
    mail = message_from_bytes(inbox.mails[0], policy=policy.default)
    text = mail.get_content()
    assert mail["Subject"] == "[KHẨN CẤP] Sông Thao vượt báo động III – Trạm Yên Bái"
    assert mail["Idempotency-Key"] == CONTENT.key
    assert mail["To"] == "truong.ca@example.vn, truc.ban@example.vn"
    for part in (
        "CẢNH BÁO KỸ THUẬT NỘI BỘ", "INTERNAL TECHNICAL WARNING", "33,98 m", "33.98 m", "Ngưỡng: 32 m",
        "10/09/2024 07:00:00", "gw-1 / river-1 level_m", "https://ioc.example/alarms/alarm-1", "Báo trưởng ca",
    ):  # fmt: skip
        assert part in text


async def test_a_mail_names_the_level_in_both_languages(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    await Email(config(port)).send(content(level="very low", level_shown=VERY_LOW))
    text = message_from_bytes(inbox.mails[0], policy=policy.default).get_content()
    assert "(cấp rất thấp)" in text
    assert "(level very low)" in text


async def test_a_repeat_has_the_same_message_id(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    for _ in range(2):
        await Email(config(port)).send(content(kind="cleared", link=""))
    first, second = (message_from_bytes(mail, policy=policy.default) for mail in inbox.mails)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"].startswith("[HẾT CẢNH BÁO]")


async def test_logging_in(server: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, port = server
    monkeypatch.setenv("SMTP_PASSWORD", "right")
    await build_channel(config(port, username="ioc", password_env="SMTP_PASSWORD")).notifier.send(CONTENT)
    assert len(inbox.mails) == 1
    monkeypatch.setenv("SMTP_PASSWORD", "wrong")
    wrong = build_channel(config(port, username="ioc", password_env="SMTP_PASSWORD")).notifier
    with pytest.raises(NoticeMisconfiguredError, match="535") as caught:
        await wrong.send(CONTENT)
    assert "wrong" not in str(caught.value) + repr(wrong)


async def test_refusals_for_ever_and_for_now(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    inbox.refuse = "550 <truong.ca@example.vn>: no such person"
    with pytest.raises(NoticeRefusedError, match="no such person") as caught:
        await Email(config(port)).send(CONTENT)
    assert "@" not in str(caught.value)
    inbox.refuse = "451 try later"
    with pytest.raises(NoticeLinkError):
        await Email(config(port)).send(CONTENT)
    inbox.refuse = ""
    for answer, error in (("554 no such mail", NoticeRefusedError), ("452 disk full", NoticeLinkError)):
        inbox.refuse_mail = answer
        with pytest.raises(error, match=answer[:3]):
            await Email(config(port)).send(CONTENT)


async def test_a_server_that_says_nothing_is_tried_again() -> None:
    async with receiver() as silent:  # reads for ever, and never greets
        with pytest.raises(NoticeLinkError, match=r"(?i)time"):
            await Email(config(silent.port, timeout_s=0.1)).send(CONTENT)


async def test_no_server_and_no_tls_are_tried_again(server: tuple[Inbox, int]) -> None:
    _, port = server
    with pytest.raises(NoticeLinkError):
        await Email(config(1)).send(CONTENT)
    with pytest.raises(NoticeLinkError):
        await Email(config(port, security="starttls")).send(CONTENT)
    channel = Email(config(port))
    await channel.close()


async def test_a_person_gets_a_mail_of_their_own_in_their_language(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    channel = Email(config(port, recipients=[]))
    await channel.send(CONTENT, to=Address("p-1", "John", "en", email="john@example.vn"))
    mail = message_from_bytes(inbox.mails[0], policy=policy.default)
    assert mail["To"] == "john@example.vn"
    assert mail["Subject"] == "[EMERGENCY] River Thao above alarm level III – Yên Bái station"
    assert "CẢNH BÁO" not in mail.get_content()
    for nobody in (None, Address("p-2", "An"), Address("p-3", "Bình", email="a@b, c@d")):
        with pytest.raises(NoticeRefusedError):
            await channel.send(CONTENT, to=nobody)
    assert len(inbox.mails) == 1


async def test_a_digest_says_how_many_and_a_test_that_it_is_one(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    await Email(config(port)).send(content(kind="digest", count=12, rest=("Mưa to – Trạm Mù Cang Chải",)))
    await Email(config(port)).send(content(kind="test"))
    digest, test = (message_from_bytes(mail, policy=policy.default) for mail in inbox.mails)
    assert digest["Subject"] == "[KHẨN CẤP] 12 cảnh báo: Sông Thao vượt báo động III – Trạm Yên Bái"
    for part in ("- Mưa to – Trạm Mù Cang Chải", "- và 10 cảnh báo nữa", "- and 10 more"):
        assert part in digest.get_content()
    assert test["Subject"].startswith("[THỬ NGHIỆM]")
    assert "TEST, nothing to do" in test.get_content()


async def test_a_long_subject_keeps_its_blanks(server: tuple[Inbox, int]) -> None:
    inbox, port = server
    long = content(site_name=Words("Trạm đo mưa xã Chế Tạo, huyện Mù Cang Chải (nay thuộc tỉnh Lào Cai)", "Chế Tạo"))
    await Email(config(port)).send(long)
    mail = message_from_bytes(inbox.mails[0], policy=policy.default)
    assert mail["Subject"] == subject(long)
