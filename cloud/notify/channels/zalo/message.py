"""A notice as the document that Zalo takes, and what Zalo's answer means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cloud.notify.channels.zalo.config import ZaloConfig, ZaloTemplate
from cloud.notify.content import NoticeContent
from cloud.notify.deliveries import delivery_key
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.phone import masked
from cloud.notify.placeholders import facts_of, filled

MOST_TRACKING = 48  # characters of a tracking_id
MOST_SHOWN = 80  # characters of Zalo's words in an error
NOTHING = "–"  # Zalo refuses empty places


def document(content: NoticeContent, number: str, config: ZaloConfig) -> Mapping[str, object]:
    """What is posted for one recipient; NoticeRefusedError when there is no template for this kind of notice."""
    template = config.templates.get(content.kind)
    if template is None:
        raise NoticeRefusedError(f"channel {config.name} has no template for notices of kind {content.kind}")
    return {
        **({"mode": "development"} if config.mode == "development" else {}),
        "phone": number,
        "template_id": template.id,
        "template_data": _places(template, content),
        "tracking_id": tracking_id(content.key, number),
    }


def tracking_id(key: str, number: str) -> str:
    """The notice's key with a mark of the recipient; a digest of both when Zalo would not take so long a name."""
    mark = hashlib.sha256(f"{key}\0{number}".encode()).hexdigest()[:6]
    name = f"{key}-{mark}"
    return name if len(name) <= MOST_TRACKING else delivery_key(key, number)


def check_answer(config: ZaloConfig, answer: Mapping[str, object]) -> None:
    """Returns when Zalo has taken the message, else says by its error what is to be done."""
    error = answer.get("error")
    if error == 0:
        return
    if not isinstance(error, int):
        raise NoticeLinkError("answered without an error code")
    told = f"Zalo answered {error}: {masked(str(answer.get('message', '')))[:MOST_SHOWN]}"
    if error in config.later_errors:
        raise NoticeLinkError(told)
    if error in config.misconfigured_errors:
        raise NoticeMisconfiguredError(told)
    raise NoticeRefusedError(told)


def _places(template: ZaloTemplate, content: NoticeContent) -> Mapping[str, str]:
    facts = facts_of(content, "vi")  # templates are approved in Vietnamese
    texts = {name: " ".join(filled(text, facts).split()) for name, text in template.fields.items()}
    most = template.max_chars
    return {name: (text if len(text) <= most else f"{text[: most - 1]}…") or NOTHING for name, text in texts.items()}
