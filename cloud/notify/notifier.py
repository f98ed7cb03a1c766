"""The port of every channel: it carries one notice, once per attempt."""

from __future__ import annotations

from typing import Protocol

from cloud.errors import CloudError
from cloud.notify.content import NoticeContent


class NoticeLinkError(CloudError):
    """The channel did not take the notice now; trying again may help."""


class NoticeRefusedError(CloudError, ValueError):
    """The notice can never be delivered this way; trying again never helps."""


class Notifier(Protocol):
    """Carries a notice to one channel. Owns no retry and no queue."""

    async def send(self, content: NoticeContent) -> None:
        """Returns when the other side has taken it; NoticeLinkError or NoticeRefusedError when not."""

    async def close(self) -> None:
        """Lets go of connections."""
