"""Alarms of the platform itself: a channel of notices that is out of order is told through the others."""

from __future__ import annotations

from cloud.alarms.book import AlarmBook
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.platform import Report, Trouble
from cloud.rules.rule_set import RuleSet
from tests.cloud.rules.builders import NOW, Kept

OUT = Report([Trouble("channel", NOW - 60_000, "sms")])


def judge(kept: Kept, *channels: str, by_default: tuple[str, ...] | None = None) -> Judge:
    """A judge without rules that starts from what was kept."""
    found = Judge(RuleSet(), AlarmBook(), notices=NoticeOptions(channels, by_default=by_default))
    found.restore(list(kept.states.values()), [row for row in kept.alarms.values() if row.open])
    return found


def test_a_channel_out_of_order_is_one_alarm_told_through_the_others_until_it_works() -> None:
    kept = Kept()
    at_work = judge(kept, "mail", "sms", "ops", "loudspeaker", by_default=("mail", "sms", "ops"))
    for _ in range(3):
        kept.keep(at_work.platform(OUT, now=NOW))
    (alarm,) = kept.alarms.values()
    assert (alarm.rule, alarm.gateway, alarm.device) == ("platform_channel_out", "@centre", "sms")
    assert alarm.raised_at == NOW - 60_000
    assert "sms" in alarm.text_vi
    assert sorted(notice.channel for notice in kept.notices.values()) == ["mail", "ops"]
    kept.keep(at_work.platform(Report([], ["mail"]), now=NOW + 1))
    assert [line.what for line in kept.history] == ["raised", "cleared"]
    assert sorted(notice.channel for notice in kept.notices.values()) == ["mail", "mail", "ops", "ops"]


def test_after_a_start_an_old_outage_lasts_until_the_channel_was_tried() -> None:
    kept = Kept()
    kept.keep(judge(kept, "mail", "sms").platform(OUT, now=NOW))
    again = judge(kept, "mail", "sms")
    kept.keep(again.platform(Report([], ["mail", "sms"]), now=NOW + 1))
    assert [line.what for line in kept.history] == ["raised"]
    kept.keep(again.platform(Report([], ["mail"]), now=NOW + 2))
    assert [line.what for line in kept.history] == ["raised", "cleared"]


def test_teams_hear_of_the_platform_too_also_when_the_only_channel_is_out() -> None:
    kept = Kept()
    found = Judge(RuleSet(), AlarmBook(), notices=NoticeOptions(("sms",), platform_teams=("desk",)))
    kept.keep(found.platform(Report([*OUT.troubles, Trouble("away", NOW)]), now=NOW))
    told = sorted((kept.alarms[notice.alarm].device, notice.channel) for notice in kept.notices.values())
    assert told == [("sms", "team:desk"), ("store", "sms"), ("store", "team:desk")]


def test_the_outage_of_the_only_channel_is_an_alarm_without_a_notice_and_beside_the_store() -> None:
    kept = Kept()
    kept.keep(judge(kept, "sms").platform(Report([*OUT.troubles, Trouble("away", NOW)]), now=NOW))
    assert sorted(alarm.rule for alarm in kept.alarms.values()) == ["platform_channel_out", "platform_store_away"]
    assert [notice.alarm for notice in kept.notices.values()] == [
        alarm.id for alarm in kept.alarms.values() if alarm.device == "store"
    ]
