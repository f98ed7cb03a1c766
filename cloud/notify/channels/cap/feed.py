"""The Atom feed of CAP messages."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET  # only written here

from cloud.notify.channels.cap.config import CapConfig
from cloud.notify.channels.cap.message import Message

NAMESPACE = "http://www.w3.org/2005/Atom"
TITLE = "Cảnh báo kỹ thuật nội bộ (CAP 1.2)"


def feed_of(messages: Sequence[Message], config: CapConfig) -> bytes:
    """The newest messages, the newest first (RFC 4287)."""
    base = f"{config.base_url.rstrip('/')}/" if config.base_url else ""
    newest = messages[-1 : -config.feed_entries - 1 : -1]
    feed = ET.Element("feed", {"xmlns": NAMESPACE})
    _add(feed, "id", base or f"urn:thacba:cap:{config.name}")
    _add(feed, "title", TITLE)
    _add(feed, "updated", newest[0].sent if newest else "1970-01-01T00:00:00+00:00")
    _add(ET.SubElement(feed, "author"), "name", config.sender_name or config.sender)
    for message in newest:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "id", f"urn:thacba:cap:{message.identifier}")
        _add(entry, "title", message.headline)
        _add(entry, "updated", message.sent)
        _add(entry, "summary", f"{message.type}: {message.headline}")
        ET.SubElement(entry, "category", {"term": message.type})
        link = {"rel": "alternate", "type": "application/cap+xml", "href": f"{base}{message.file}"}
        ET.SubElement(entry, "link", link)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
