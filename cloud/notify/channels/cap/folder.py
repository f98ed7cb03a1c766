"""The folder of CAP messages and their feed, written so that a reader never sees half a file."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET  # reads our own files only

from cloud.notify.channels.cap.message import NAMESPACE, TYPES, Message

log = logging.getLogger(__name__)

FEED = "feed.atom"
NAME = re.compile(r"\d{8}T\d{6}-([0-9a-f]{16})-[0-9a-f]{16}\.xml")
UNFINISHED = ".unfinished"


class CapFolder:
    """Knows the messages of one folder; the files are the only memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._messages: dict[str, Message] | None = None

    def messages(self) -> Sequence[Message]:
        """All that are there, the oldest first."""
        if self._messages is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            found = (self._read(path) for path in sorted(self._folder.iterdir()))
            self._messages = {message.file: message for message in found if message is not None}
        return sorted(self._messages.values(), key=lambda message: message.order)

    def of_alarm(self, alarm: str) -> Sequence[Message]:
        """Those of one alarm, by its mark, the oldest first."""
        return [message for message in self.messages() if message.alarm == alarm]

    def put(self, message: Message, document: bytes) -> None:
        """Adds one."""
        self.messages()
        self.write(message.file, document)
        if self._messages is not None:
            self._messages[message.file] = message

    def write(self, name: str, document: bytes) -> None:
        """A whole file or none, and on the disk when this returns."""
        begun = self._folder / f".{name}{UNFINISHED}"
        with begun.open("wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(self._folder / name)
        self._sync_names()

    def forget(self, *, before: str) -> None:
        """Deletes the messages sent before a time, and what a power cut left half written."""
        for message in self.messages():
            if message.sent >= before:
                break
            (self._folder / message.file).unlink(missing_ok=True)
            if self._messages is not None:
                del self._messages[message.file]
        for unfinished in self._folder.glob(f".*{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)

    def _read(self, path: Path) -> Message | None:
        named = NAME.fullmatch(path.name)
        if named is None:
            return None
        try:
            alert = ET.fromstring(path.read_bytes())  # noqa: S314 -- our own file
        except ET.ParseError as error:
            log.warning("message of CAP not read", extra={"file": str(path), "error": str(error)})
            return None
        text = {name: alert.findtext(f"{{{NAMESPACE}}}{name}", "") for name in ("identifier", "sent", "msgType")}
        headline = alert.findtext(f"{{{NAMESPACE}}}info/{{{NAMESPACE}}}headline", "")
        kinds = [kind for kind in TYPES if kind == text["msgType"]]
        return Message(text["identifier"], text["sent"], kinds[0], named[1], headline) if kinds else None

    def _sync_names(self) -> None:
        names = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
