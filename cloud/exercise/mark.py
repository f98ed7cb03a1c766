"""The mark of an exercise: the words that stand on everything that such a centre shows or would send."""

from __future__ import annotations

from msgspec.structs import replace

from cloud.notify.content import NoticeContent, Words

MARK = Words("DIỄN TẬP", "EXERCISE")


def marked(content: NoticeContent) -> NoticeContent:
    """The same notice, saying in both languages that it is no real one; marked once, however often it is asked."""
    return replace(
        content, label=_with(content.label), text=_with(content.text), instruction=_with(content.instruction)
    )


def _with(words: Words) -> Words:
    return Words(_before(MARK.vi, words.vi), _before(MARK.en, words.en))


def _before(mark: str, text: str) -> str:
    return text if text.startswith(mark) or not text else f"{mark} – {text}"
