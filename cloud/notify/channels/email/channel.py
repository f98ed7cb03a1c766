"""Sends notices as plain e-mails in both languages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from email.mime.text import MIMEText
from email.utils import format_datetime

import aiosmtplib
from pydantic import SecretStr

from cloud.notify.channels.email.config import ADDRESS, EmailConfig
from cloud.notify.content import NoticeContent
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.words import body, subject


class Email:
    """One list of recipients behind one SMTP server; each notice is a connection of its own."""

    def __init__(self, config: EmailConfig, password: SecretStr | None = None) -> None:
        self._config = config
        self._password = password

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the server has taken the mail for at least one recipient."""
        config = self._config
        try:
            await aiosmtplib.send(
                compose(content, config, to=to),
                hostname=config.host,
                port=config.port,
                username=config.username or None,
                password=self._password.get_secret_value() if self._password else None,
                timeout=config.timeout_s,
                use_tls=config.security == "tls",
                start_tls=config.security == "starttls",
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refused.code >= 500 for refused in error.recipients):
                raise NoticeRefusedError(
                    f"every recipient refused: {_without_addresses(error.recipients[0].message)}"
                ) from error
            raise NoticeLinkError("every recipient refused for now") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _meaning(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NoticeLinkError(f"{type(error).__name__}: {_without_addresses(str(error))}") from error

    async def close(self) -> None:
        """Holds nothing."""


def _meaning(error: aiosmtplib.SMTPResponseException) -> NoticeLinkError | NoticeRefusedError:
    """What the refusal of the log-in, the sender or the mail itself leads to (RFC 5321, 4.2.1: 5xx is for ever)."""
    told = f"answered {error.code}: {_without_addresses(error.message)}"
    if error.code < 500:
        return NoticeLinkError(told)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPSenderRefused):
        return NoticeMisconfiguredError(told)
    return NoticeRefusedError(told) if isinstance(error, aiosmtplib.SMTPDataError) else NoticeLinkError(told)


def _without_addresses(text: str) -> str:
    """Errors are kept and shown; servers like to repeat in them whom a mail was for."""
    return re.sub(r"[^\s<>]+@[^\s<>]+", "…", text)


def compose(content: NoticeContent, config: EmailConfig, *, to: Address | None = None) -> MIMEText:
    """The mail of a notice; its Message-ID is made of the notice's key, so that a repeat is recognised as one."""
    mail = MIMEText(body(content, to.language if to else None), "plain", "utf-8")
    mail["From"] = config.sender
    mail["To"] = ", ".join(_recipients(config, to))
    # A Header of its own: EmailMessage loses the blank between two encoded words when it folds (Python 3.11).
    line = Header(subject(content, to.language if to else "vi"), "utf-8", header_name="Subject")
    mail["Subject"] = line.encode()
    mail["Date"] = format_datetime(datetime.fromtimestamp(content.received_at / 1000, UTC))
    domain = config.sender.rpartition("@")[2]
    mail["Message-ID"] = f"<{hashlib.sha256(content.key.encode()).hexdigest()[:32]}@{domain}>"
    mail["Idempotency-Key"] = content.key
    return mail


def _recipients(config: EmailConfig, to: Address | None) -> Sequence[str]:
    if to is None:
        if not config.recipients:
            raise NoticeRefusedError(f"channel {config.name} has no recipients of its own and reaches persons only")
        return config.recipients
    if not re.fullmatch(ADDRESS, to.email):
        raise NoticeRefusedError(f"{to.person} has {'a wrong' if to.email else 'no'} e-mail address")
    return (to.email,)
