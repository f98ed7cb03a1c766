"""The port of every channel: it carries one notice, once per attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cloud.errors import CloudError
from cloud.notify.content import NoticeContent
from device_profiles.basics import Language


@dataclass(frozen=True, slots=True)
class Address:
    """Where one person is reached; an empty field means: not this way. What identifies people stays out of the repr."""

    person: str
    name: str = field(default="", repr=False)
    language: Language = "vi"
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    zalo: str = field(default="", repr=False)  # the phone number of their Zalo account; empty = phone


class NoticeLinkError(CloudError):
    """The channel did not take the notice now; trying again may help."""


class NoticeRefusedError(CloudError, ValueError):
    """The notice can never be delivered this way; trying again never helps."""


class NoticeMisconfiguredError(NoticeRefusedError):
    """The channel itself is set up wrongly (a token has expired, an address is gone): no notice gets through this way
    until somebody mends it, so each should go another way now, and people should hear of the channel."""


class Notifier(Protocol):
    """Carries a notice to one channel. Owns no retry and no queue."""

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when the other side has taken it; NoticeLinkError or NoticeRefusedError when not.

        Args:
            content: what the notice says.
            to: whom it is for; none = whomever the channel's configuration names. Channels that do not
                reach persons one by one leave it aside.
        """

    async def close(self) -> None:
        """Lets go of connections."""
