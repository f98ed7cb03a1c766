"""What an SMS gateway's answer means."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.notify.channels.sms.config import SmsConfig
from cloud.notify.http_channel import Answer, check_status, json_object
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.phone import masked

MOST_SHOWN = 40  # characters of a gateway's word in an error


def check_answer(config: SmsConfig, answer: Answer) -> None:
    """Returns when the gateway has taken the message, else says by its error what is to be done."""
    if answer.status not in config.success_status:
        check_status(answer)
        if config.success_status:
            raise NoticeRefusedError(f"answered {answer.status}")
    if not config.success_field:
        return
    word = _word(json_object(answer), config.success_field)
    if word in config.success_values:
        return
    told = f"answered {config.success_field} = {masked(word)[:MOST_SHOWN]}"
    if word in config.later_values:
        raise NoticeLinkError(told)
    if word in config.misconfigured_values:
        raise NoticeMisconfiguredError(told)
    raise NoticeRefusedError(told)


def _word(document: Mapping[str, object], path: str) -> str:
    found: object = document
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            raise NoticeLinkError(f"answered without {path}")
        found = found[name]
    return str(found).lower() if isinstance(found, bool) else str(found)
