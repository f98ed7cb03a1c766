"""Alarms of the platform itself: what keeps it from working is raised, told and cleared like any other alarm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

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


def _rule(kind: Kind, vi: str, en: str, do_vi: str, do_en: str) -> Rule:
    return Rule.model_validate(
        {
            "id": f"platform_store_{kind}",
            "version": 1,
            "text": {"vi": vi, "en": en},
            "instruction": {"vi": do_vi, "en": do_en},
            "owner": "thacba",
            "source": "cloud/rules/platform.py",
            "confirmed": True,
            "selector": {"profile": "platform"},
            "kind": {"kind": "stale", "levels": [{"name": kind, "severity": 2, "after_s": 1.0}]},
        }
    )


_RULES: dict[Kind, Rule] = {
    "away": _rule(
        "away",
        "Kho số liệu không trả lời. Cảnh báo vẫn hoạt động; số liệu được giữ tại các cổng.",
        "The store of readings does not answer. Alarms go on; the gateways keep the readings.",
        "Kiểm tra máy chủ cơ sở dữ liệu (InfluxDB): tiến trình, ổ đĩa, mạng.",
        "Look at the database server (InfluxDB): process, disk, network.",
    ),
    "refused": _rule(
        "refused",
        "Kho số liệu từ chối trung tâm (mật khẩu, cấu hình). Cảnh báo vẫn hoạt động; số liệu được giữ tại các cổng.",
        "The store of readings refuses the centre (password, settings). Alarms go on; the gateways keep the readings.",
        "Kiểm tra tài khoản, mật khẩu và cơ sở dữ liệu trong centre.toml.",
        "Look at account, password and database in centre.toml.",
    ),
}
_WATCH = Watch(CENTRE, STORE, "platform", "", {}, {})


def follow_platform(turn: Turn, trouble: Trouble | None) -> None:
    """Raises the alarm of what is wrong and clears that of what is over; nothing when both are done."""
    for kind, rule in _RULES.items():
        if trouble is not None and trouble.kind == kind:
            if _is_active(turn, rule):
                continue
            finding = replace(turn.announcer.finding(rule, _WATCH, 1, None), threshold=None)
            change = turn.book.find(Trigger.RAISE, finding, observed_at=trouble.since, received_at=turn.now)
            turn.keep(change)
            turn.tell(Track.of(rule, None), change.alarm, "raised", observed_at=turn.now)
        elif _is_active(turn, rule):
            change = turn.book.clear((rule.id, CENTRE, STORE), None, observed_at=turn.now, received_at=turn.now)
            turn.keep(change)
            turn.tell(Track.of(rule, None), change.alarm, "cleared", observed_at=turn.now)


def _is_active(turn: Turn, rule: Rule) -> bool:
    alarm = turn.book.open_alarm((rule.id, CENTRE, STORE))
    return alarm is not None and alarm.state in ACTIVE
