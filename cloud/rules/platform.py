"""Alarms of the platform itself: what keeps it from working is raised, told and cleared like any other alarm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cloud.alarms.book import Key
from cloud.alarms.lifecycle import Trigger
from cloud.rules.roster import ACTIVE
from cloud.rules.rule import Rule
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch

CENTRE = "@centre"  # where such alarms are; no gateway can be called so
STORE = "store"

Kind = Literal["away", "refused"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the store of readings, and since when, in ms since 1970 UTC."""

    kind: Kind
    since: int


def built_in(identifier: str, level: str, *, vi: tuple[str, str], en: tuple[str, str]) -> Rule:
    """A rule of the platform's own, in no rule file: its text and its instruction, in both languages."""
    return Rule.model_validate(
        {
            "id": identifier,
            "version": 1,
            "text": {"vi": vi[0], "en": en[0]},
            "instruction": {"vi": vi[1], "en": en[1]},
            "owner": "thacba",
            "source": "cloud/rules",
            "confirmed": True,
            "selector": {"profile": "platform"},
            "kind": {"kind": "stale", "levels": [{"name": level, "severity": 2, "after_s": 1.0}]},
        }
    )


PLATFORM_RULES: dict[Kind, Rule] = {
    "away": built_in(
        "platform_store_away",
        "away",
        vi=(
            "Kho số liệu không trả lời. Cảnh báo vẫn hoạt động; số liệu được giữ tại các cổng.",
            "Kiểm tra máy chủ cơ sở dữ liệu (InfluxDB): tiến trình, ổ đĩa, mạng.",
        ),
        en=(
            "The store of readings does not answer. Alarms go on; the gateways keep the readings.",
            "Look at the database server (InfluxDB): process, disk, network.",
        ),
    ),
    "refused": built_in(
        "platform_store_refused",
        "refused",
        vi=(
            "Kho số liệu từ chối trung tâm (mật khẩu, cấu hình). Cảnh báo vẫn hoạt động; "
            "số liệu được giữ tại các cổng.",
            "Kiểm tra tài khoản, mật khẩu và cơ sở dữ liệu trong centre.toml.",
        ),
        en=(
            "The store of readings refuses the centre (password, settings). Alarms go on; "
            "the gateways keep the readings.",
            "Look at account, password and database in centre.toml.",
        ),
    ),
}
_WATCH = Watch(CENTRE, STORE, "platform", "", {}, {})


def follow_platform(turn: Turn, trouble: Trouble | None) -> None:
    """Raises the alarm of what is wrong and clears that of what is over; nothing when both are done."""
    for kind, rule in PLATFORM_RULES.items():
        if trouble is not None and trouble.kind == kind:
            if is_active(turn, (rule.id, CENTRE, STORE)):
                continue
            finding = replace(turn.announcer.finding(rule, _WATCH, 1, None), threshold=None)
            change = turn.book.find(Trigger.RAISE, finding, observed_at=trouble.since, received_at=turn.now)
            turn.keep(change)
            turn.tell(Track.of(rule, None), change.alarm, "raised", observed_at=turn.now)
        elif is_active(turn, (rule.id, CENTRE, STORE)):
            change = turn.book.clear((rule.id, CENTRE, STORE), None, observed_at=turn.now, received_at=turn.now)
            turn.keep(change)
            turn.tell(Track.of(rule, None), change.alarm, "cleared", observed_at=turn.now)


def is_active(turn: Turn, key: Key) -> bool:
    """True when the problem of such an alarm lasts."""
    alarm = turn.book.open_alarm(key)
    return alarm is not None and alarm.state in ACTIVE
