"""Publishes notices as CAP 1.2 messages: one file for every change of an alarm, and a feed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from cloud.notify.channels.cap.config import CapConfig
from cloud.notify.channels.cap.feed import feed_of
from cloud.notify.channels.cap.folder import FEED, CapFolder
from cloud.notify.channels.cap.message import identifier_of, mark_of, message_of, moment, replaced_by, xml_of
from cloud.notify.channels.cap.place import Place
from cloud.notify.content import NoticeContent
from cloud.notify.notifier import Address, NoticeLinkError
from device_profiles.clock import Clock, SystemClock

DAY_MS = 86_400_000


class Cap:
    """One folder of messages. A notice that comes again finds its file and changes nothing."""

    def __init__(
        self, config: CapConfig, *, places: Mapping[str, Place] | None = None, clock: Clock | None = None
    ) -> None:
        self._config = config
        self._places = places or {}
        self._clock = clock or SystemClock()
        self._folder = CapFolder(config.folder)
        self._one_at_a_time = asyncio.Lock()

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Returns when message and feed are on the disk; a cleared alarm that was never published leaves none."""
        async with self._one_at_a_time:
            try:
                await asyncio.to_thread(self._publish, content)
            except OSError as error:
                raise NoticeLinkError(f"{self._config.folder}: {error.strerror}") from error

    async def close(self) -> None:
        """Holds nothing."""

    def _publish(self, content: NoticeContent) -> None:
        config = self._config
        folder = self._folder
        folder.forget(before=moment(self._clock.now_ms() - config.keep_days * DAY_MS))
        history = folder.of_alarm(mark_of(content.alarm))
        if all(each.identifier != identifier_of(content, config) for each in history):
            message = message_of(content, history, config)
            if message is None:
                return
            place = self._places.get(content.site)
            folder.put(message, xml_of(message, content, config, replaced=replaced_by(history), place=place))
        folder.write(FEED, feed_of(folder.messages(), config))
