"""One notice for several recipients: a repeat reaches only those who do not have it yet."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from cloud.notify.notifier import NoticeMisconfiguredError, NoticeRefusedError

MOST_KEYS = 1000  # notices under way that are remembered; a restart forgets them and may repeat


class Deliveries:
    """Remembers, while a notice is tried again, who has taken it."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, set[str]] = OrderedDict()

    async def each(self, key: str, recipients: Sequence[str], deliver: Callable[[str], Awaitable[None]]) -> None:
        """Delivers to everybody; one who can never be reached does not hold up the others.

        Raises:
            NoticeLinkError: the channel stopped in between; the next call goes on there.
            NoticeRefusedError: nobody could be reached.
        """
        done = self._done.setdefault(key, set())
        self._forget()
        refusals: list[NoticeRefusedError] = []
        for recipient in recipients:
            if recipient in done:
                continue
            try:
                await deliver(recipient)
                done.add(recipient)
            except NoticeMisconfiguredError:  # nobody will be reached
                raise
            except NoticeRefusedError as error:
                refusals.append(error)
        self._done.pop(key, None)
        if refusals and not done:
            raise refusals[0]

    def _forget(self) -> None:
        while len(self._done) > MOST_KEYS:
            self._done.popitem(last=False)


def delivery_key(key: str, recipient: str) -> str:
    """What names one delivery: made of the notice's key and the recipient, and short enough for every gateway."""
    return hashlib.sha256(f"{key}\0{recipient}".encode()).hexdigest()[:32]
