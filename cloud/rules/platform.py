"""Alarms of the platform itself: what keeps it from working is raised, told and cleared like any other alarm."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cloud.alarms.book import Key
from cloud.alarms.lifecycle import Trigger
from cloud.notify.content import NoticeKind
from cloud.rules.announce import PLATFORM
from cloud.rules.roster import ACTIVE
from cloud.rules.rule import NoticePolicy, Rule
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.rows import AlarmRow

CENTRE = "@centre"  # where such alarms are; no gateway can be called so
STORE = "store"

Kind = Literal["away", "refused", "channel", "security"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a part of the centre, the store or a channel, and since when (ms since 1970 UTC).

    `security`: somebody tried to get in; its part is the kind of event, and `:gateway` when one is concerned.
    """

    kind: Kind
    since: int
    part: str = STORE


@dataclass(frozen=True, slots=True)
class Report:
    """All that is wrong with the platform now. What is said of `unknown` parts stays as it was."""

    troubles: Sequence[Trouble] = ()
    unknown: Collection[str] = ()


def built_in(identifier: str, level: str, *, vi: tuple[str, str, str], en: tuple[str, str, str]) -> Rule:
    """A rule of the platform's own, in no rule file: in both languages its text, its instruction and its level."""
    return Rule.model_validate(
        {
            "id": identifier,
            "version": 1,
            "text": {"vi": vi[0], "en": en[0]},
            "instruction": {"vi": vi[1], "en": en[1]},
            "owner": "thacba",
            "source": "cloud/rules",
            "confirmed": True,
            "selector": {"profile": PLATFORM},
            "kind": {
                "kind": "stale",
                "levels": [{"name": level, "shown": {"vi": vi[2], "en": en[2]}, "severity": 2, "after_s": 1.0}],
            },
        }
    )


PLATFORM_RULES: dict[Kind, Rule] = {
    "away": built_in(
        "platform_store_away",
        "away",
        vi=(
            "Kho số liệu không trả lời. Cảnh báo vẫn hoạt động; số liệu được giữ tại các cổng.",
            "Kiểm tra máy chủ cơ sở dữ liệu (InfluxDB): tiến trình, ổ đĩa, mạng.",
            "không trả lời",
        ),
        en=(
            "The store of readings does not answer. Alarms go on; the gateways keep the readings.",
            "Look at the database server (InfluxDB): process, disk, network.",
            "no answer",
        ),
    ),
    "refused": built_in(
        "platform_store_refused",
        "refused",
        vi=(
            "Kho số liệu từ chối trung tâm (mật khẩu, cấu hình). Cảnh báo vẫn hoạt động; "
            "số liệu được giữ tại các cổng.",
            "Kiểm tra tài khoản, mật khẩu và cơ sở dữ liệu trong centre.toml.",
            "bị từ chối",
        ),
        en=(
            "The store of readings refuses the centre (password, settings). Alarms go on; "
            "the gateways keep the readings.",
            "Look at account, password and database in centre.toml.",
            "refused",
        ),
    ),
    "channel": built_in(
        "platform_channel_out",
        "out",
        vi=(
            "Kênh thông báo {device} không gửi được. Thông báo được giữ lại hoặc đi theo kênh khác.",
            "Kiểm tra máy chủ, tài khoản và mạng của kênh; xem lý do trong danh sách thông báo.",
            "không gửi được",
        ),
        en=(
            "The channel {device} sends no notices. They wait, or go another way.",
            "Look at the channel's server, account and network; the list of notices says why.",
            "out of order",
        ),
    ),
    "security": built_in(
        "platform_security",
        "attempt",
        vi=(
            "Có người thử xâm nhập: {device}. Yêu cầu đã bị từ chối.",
            "Xem nhật ký an ninh; kiểm tra tủ và nhãn của cổng; nếu nghi ngờ, thu hồi chứng thư của cổng đó.",
            "thử xâm nhập",
        ),
        en=(
            "Somebody tried to get in: {device}. It was refused.",
            "Look at the security events, the cabinet and the gateway's label; in doubt revoke its certificate.",
            "attempt",
        ),
    ),
}
_RULES = {rule.id: rule for rule in PLATFORM_RULES.values()}


def follow_platform(turn: Turn, report: Report) -> None:
    """Raises the alarms of what is wrong and clears those of what is over; nothing when all is done."""
    wrong = {(PLATFORM_RULES[each.kind].id, CENTRE, each.part): each for each in report.troubles}
    ours = [alarm for alarm in turn.book if alarm.gateway == CENTRE and alarm.rule in _RULES]
    for alarm in ours:
        key = (alarm.rule, CENTRE, alarm.device)
        if key not in wrong and alarm.device not in report.unknown and is_active(turn, key):
            change = turn.book.clear(key, None, observed_at=turn.now, received_at=turn.now)
            turn.keep(change)
            _tell(turn, _RULES[alarm.rule], change.alarm, "cleared")
    for key, trouble in wrong.items():
        if not is_active(turn, key):
            _raise(turn, _RULES[key[0]], trouble)


def _raise(turn: Turn, rule: Rule, trouble: Trouble) -> None:
    watch = Watch(CENTRE, trouble.part, PLATFORM, "", {}, {})
    finding = replace(turn.announcer.finding(rule, watch, 1, None), threshold=None)
    change = turn.book.find(Trigger.RAISE, finding, observed_at=trouble.since, received_at=turn.now)
    turn.keep(change)
    _tell(turn, rule, change.alarm, "raised")


def _tell(turn: Turn, rule: Rule, alarm: AlarmRow, kind: NoticeKind) -> None:
    """Tells people; of a channel that is out of order only through the others."""
    if rule is PLATFORM_RULES["channel"]:
        others = tuple(channel for channel in turn.announcer.usual_channels() if channel != alarm.device)
        teams = turn.announcer.platform_teams
        if not others and not teams:
            return
        rule = rule.model_copy(update={"notice": NoticePolicy(channels=others, teams=teams)})
    turn.tell(Track.of(rule, None), alarm, kind, observed_at=turn.now)


def is_active(turn: Turn, key: Key) -> bool:
    """True when the problem of such an alarm lasts."""
    alarm = turn.book.open_alarm(key)
    return alarm is not None and alarm.state in ACTIVE
