"""Puts findings and notices into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cloud.alarms.book import Finding
from cloud.notify.content import LABEL, NoticeContent, NoticeKind, Words, encode_content
from cloud.notify.recipient import team_recipient
from cloud.notify.words import number
from cloud.rules.rule import Rule, filled
from cloud.rules.scope import AT_AREA, AT_GATEWAY, EVERYWHERE, GROUPED
from cloud.rules.watch import Watch
from cloud.store.base import AlarmRow, NoticeRow
from device_profiles.schema import Text
from device_profiles.units import shown

PROVINCE = Text(vi="toàn tỉnh", en="the whole province")
PLATFORM = "platform"  # profile of the rules on the platform itself; no device has it
NAMED = 100  # devices; of more, the number is told


@dataclass(frozen=True, slots=True)
class Announcer:
    """Words for what the rules find."""

    units: Mapping[str, str] = field(default_factory=dict)  # rule -> unit of its figures
    names: Mapping[str, Text] = field(default_factory=dict)  # site -> name, and @area/area -> name
    channels: tuple[str, ...] = ()
    public_url: str = ""
    platform_teams: tuple[str, ...] = ()  # told of the platform's own alarms
    by_default: tuple[str, ...] | None = None  # those of the channels that a rule that names none sends to; None = all

    def finding(self, rule: Rule, watch: Watch, level: int, figure: float | None) -> Finding:
        """What the rule has found at a device, at a level counted from 1."""
        reached = rule.kind.level(level)
        facts = {
            "unit": shown(self.units.get(rule.id, "")),
            "gateway": watch.gateway,
            "device": watch.device,
        }
        name = self._name(watch.gateway, watch.device, watch.site)
        rest_vi, rest_en = _rest(watch.named())
        vi = facts | _figures(reached.words.vi, figure, reached.threshold, ",")
        en = facts | _figures(reached.words.en, figure, reached.threshold, ".")
        return Finding(
            rule=rule.id,
            rule_version=str(rule.version),
            site=watch.site,
            gateway=watch.gateway,
            device=watch.device,
            point=rule.selector.point,
            level=reached.name,
            severity=reached.severity,
            value=figure,
            threshold=reached.threshold,
            text_vi=filled(rule.text.vi, vi | _place(watch, name.vi if name else watch.site)) + rest_vi,
            text_en=filled(rule.text.en, en | _place(watch, name.en if name else watch.site)) + rest_en,
        )

    def notices(
        self, rule: Rule, alarm: AlarmRow, kind: NoticeKind, *, observed_at: int, received_at: int
    ) -> Sequence[NoticeRow]:
        """One notice for each channel and each team that the rule sends to; none when the alarm is too mild."""
        if alarm.severity > rule.notice.from_severity:
            return []
        part = alarm.level if kind == "raised" else kind
        return [
            self._notice(
                rule,
                alarm,
                f"{alarm.id}:{part}:{observed_at}:{channel}",
                kind,
                channel=channel,
                observed_at=observed_at,
                received_at=received_at,
            )
            for channel in self._recipients(rule)
        ]

    def _name(self, gateway: str, device: str, site: str) -> Text | None:
        """What people call the place of an alarm: its site, or the area that it is about."""
        if gateway == EVERYWHERE[0]:
            return PROVINCE
        return self.names.get(f"{AT_AREA}/{device}" if gateway == AT_AREA else site)

    def usual_channels(self) -> tuple[str, ...]:
        """The channels of a rule that names neither channels nor teams."""
        return self.channels if self.by_default is None else self.by_default

    def _recipients(self, rule: Rule) -> list[str]:
        policy = rule.notice
        channels = policy.channels or (() if policy.teams else self.usual_channels())
        teams = policy.teams or (self.platform_teams if rule.selector.profile == PLATFORM else ())
        return [*(each for each in channels if each in self.channels), *map(team_recipient, teams)]

    def _notice(  # the fields of one row, laid out in one place
        self,
        rule: Rule,
        alarm: AlarmRow,
        key: str,
        kind: NoticeKind,
        *,
        channel: str,
        observed_at: int,
        received_at: int,
    ) -> NoticeRow:
        name, level = self._name(alarm.gateway, alarm.device, alarm.site), rule.words_of(alarm.level)
        content = NoticeContent(
            v=1,
            key=key,
            kind=kind,
            label=LABEL,
            alarm=alarm.id,
            rule=alarm.rule,
            rule_version=alarm.rule_version,
            level=alarm.level,
            severity=alarm.severity,
            site=alarm.site,
            site_name=Words(name.vi, name.en) if name else Words(alarm.site, alarm.site),
            gateway=alarm.gateway,
            device=alarm.device,
            point=alarm.point,
            value=alarm.value,
            threshold=alarm.threshold,
            unit=self.units.get(rule.id, ""),
            observed_at=observed_at,
            received_at=received_at,
            text=Words(alarm.text_vi, alarm.text_en),
            instruction=Words(rule.instruction.vi, rule.instruction.en),
            link=f"{self.public_url.rstrip('/')}/alarms/{alarm.id}" if self.public_url else "",
            level_shown=Words(level.vi, level.en),
        )
        return NoticeRow(
            key, alarm.id, channel, encode_content(content), received_at, received_at, severity=alarm.severity
        )


def _figures(level: str, figure: float | None, threshold: float, point: str) -> dict[str, str]:
    """What a text may say of figures, in one language."""
    return {"level": level, "value": number(figure, point), "threshold": number(threshold, point)}


def _place(watch: Watch, name: str) -> dict[str, str]:
    """What a text may say of the place; a group is called by its gateway, or by its site or area."""
    if watch.gateway not in GROUPED:
        return {"site": name}
    own = watch.device if watch.gateway == AT_GATEWAY else name
    return {"site": name, "gateway": own, "device": own}


def _rest(devices: Sequence[str]) -> tuple[str, str]:
    """Which devices of a group it is about, in both languages."""
    if not devices:
        return "", ""
    names, more = ", ".join(devices[:NAMED]), len(devices) - NAMED
    if more > 0:
        return f" ({names} và {more} thiết bị khác)", f" ({names} and {more} more)"
    return f" ({names})", f" ({names})"
