"""The stages: who is told what and when."""

from __future__ import annotations

from collections import Counter

from cloud.notify.chain import Terms
from cloud.notify.content import decode_content, encode_content
from cloud.notify.plan import Planner
from cloud.notify.standing import Moment
from cloud.notify.way import Way
from cloud.store.rows import NoticeRow
from tests.cloud.notify.contents import AT, content
from tests.cloud.notify.world import NIGHT, SECOND, World, person, row, team, terms

# --- group, deduplicate, limit --------------------------------------------------------------------------------------


def test_the_first_of_a_calm_time_leaves_at_once_and_the_rest_together() -> None:
    world = World()
    world.add(row(1, at=AT))
    world.look(AT)
    assert [when for when, _, _ in world.told] == [AT]
    world.add(*(row(number, at=AT + SECOND) for number in range(2, 7)))
    world.run(AT + SECOND, 30)
    assert [(when - AT) / SECOND for when, _, _ in world.told] == [0, 10]
    digest = decode_content(world.told[1][2].body)
    assert (digest.kind, digest.count, len(digest.rest)) == ("digest", 5, 4)
    assert {each.digest for each in world.rows.values() if each.state == "digest"} == {world.told[1][2].key}
    world.add(row(9, at=AT + 60 * SECOND))
    world.look(AT + 60 * SECOND)
    assert world.told[-1][0] == AT + 60 * SECOND, "calm again"


def test_a_digest_says_the_worst_first_and_how_many_there_are_of_what() -> None:
    world = World()
    world.add(*(row(number, severity=2 + number % 3) for number in range(60)))
    world.run(AT, 12)
    first, digest = (decode_content(told.body) for _, _, told in world.told)
    assert first.severity == 2
    assert (digest.severity, digest.count, len(digest.rest)) == (2, 59, 20)
    assert "Theo mức độ: 19 cao, 20 trung bình, 20 thấp. Theo nơi: Trạm Yên Bái 59." in digest.instruction.vi
    assert "By rule: flood_thao_yen_bai 59." in digest.instruction.en
    assert digest.link == "https://ioc.example/alarms"


def test_emergencies_leave_at_once_until_the_limit_and_never_wait_for_milder_ones() -> None:
    world = World()
    world.add(*(row(number, severity=3) for number in range(100)))
    world.run(AT, 3)
    world.add(*(row(1000 + number, severity=1, at=AT + 3 * SECOND) for number in range(5000)))
    world.run(AT + 3 * SECOND, 30)
    urgent = [(when - AT, decode_content(told.body)) for when, _, told in world.told if told.severity == 1]
    assert [(when, said.count) for when, said in urgent] == [(3000, 1), (3000, 1), (3000, 1), (3000, 4997)]
    assert world.states()["pending"] == 0


def test_emergencies_beyond_the_limit_wait_for_the_next_permit_and_come_together() -> None:
    world = World()
    for second in range(8):
        world.add(*(row(100 * second + number, severity=1, at=AT + second * SECOND) for number in range(6)))
        world.look(AT + second * SECOND)
    world.run(AT + 8 * SECOND, 10)
    told = [((when - AT) // SECOND, decode_content(each.body).count) for when, _, each in world.told]
    assert told == [(0, 1), (0, 1), (0, 1), (0, 3), (5, 30), (10, 12)]


def test_what_came_and_went_before_anybody_was_told_is_one_line() -> None:
    world = World()
    world.add(row(1))
    world.look(AT)
    at = AT + SECOND
    world.add(row(2, at=at, level="I"), row(2, at=at + 1, level="II", severity=2), row(2, at=at + 2, kind="cleared"))
    world.run(at, 12)
    (_, _, told) = world.told[1]
    said = decode_content(told.body)
    assert (said.kind, said.level, said.severity) == ("cleared", "II", 2)
    assert said.text.vi == "Sông Thao vượt báo động III (đã xảy ra và đã hết)"
    assert {each.digest for each in world.rows.values() if each.state == "digest"} == {told.key}
    assert world.states() == {"sent": 2, "digest": 2}


def test_escalations_that_nobody_has_heard_of_yet_are_one_notice() -> None:
    world = World()
    world.add(row(1, level="I"), row(1, at=AT + 1, level="III", severity=2))
    world.run(AT + 1, 1)
    assert [decode_content(told.body).level for _, _, told in world.told] == ["III"]
    assert world.rows[f"alarm-1:I:{AT}:ops"].digest == f"alarm-1:III:{AT + 1}:ops"


def test_an_escalated_incident_is_told_beside_its_alarm() -> None:
    world = World()
    world.add(row(1))
    world.look(AT)
    escalated = content(key="i1", alarm="alarm-2", rule="incident", kind="escalated", severity=3)
    world.add(row(2), NoticeRow("i1", "alarm-2", "ops", encode_content(escalated), AT, AT, severity=3))
    world.run(AT, 12)
    assert decode_content(world.told[1][2].body).count == 2


def test_the_same_notices_make_the_same_digest_after_a_restart() -> None:
    keys = []
    for _ in range(2):
        world = World()
        world.add(*(row(number) for number in range(5)))
        world.run(AT, 12)
        keys.append(sorted(world.rows))
    assert keys[0] == keys[1]


# --- persons --------------------------------------------------------------------------------------------------------


def test_a_team_s_notice_goes_to_everybody_on_duty_once_even_in_two_teams() -> None:
    teams = (team("desk", "person:an", "an", "binh"), team("board", "person:an", "binh"))
    world = World(terms(person("an"), person("binh"), teams=teams))
    world.add(row(1, "team:desk"), row(1, "team:board"))
    world.run(AT, 2)
    assert sorted(told.channel for _, _, told in world.told) == ["person:an", "person:binh"]
    assert decode_content(world.told[0][2].body).key == world.told[0][2].key == f"alarm-1:I:{AT}:person:an"
    assert world.rows[f"alarm-1:I:{AT}:team:desk"].state == "shared"
    assert world.rows[f"alarm-1:I:{AT}:team:desk"].error == "an, binh"


def test_quiet_hours_delay_to_their_end_but_for_emergencies() -> None:
    sleeper = person("an", quiet=({"start": "22:00", "end": "06:00"},))
    world = World(terms(sleeper))
    world.add(*(row(number, "person:an", at=NIGHT) for number in range(3)))
    world.add(row(10, "person:an", at=NIGHT, severity=1))
    world.run(NIGHT, 5)
    assert [told.alarm for _, _, told in world.told] == ["alarm-10"]
    assert {each.error for each in world.rows.values() if each.state == "pending"} == {"quiet hours until 11/09 06:00"}
    morning = NIGHT + 7 * 3_600_000
    world.run(morning, 12)
    assert [(when - morning) // SECOND for when, _, _ in world.told[1:]] == [0, 10]
    assert world.states()["pending"] == 0


def test_who_is_away_when_the_quiet_hours_end_has_a_deputy() -> None:
    away = {"begin": "2024-09-11", "end": "2024-09-12", "deputy": "binh"}
    sleeper = person("an", quiet=({"start": "22:00", "end": "06:00"},), absences=(away,))
    world = World(terms(sleeper, person("binh")))
    world.add(row(1, "person:an", at=NIGHT))
    world.look(NIGHT)
    world.run(NIGHT + 7 * 3_600_000, 1)
    assert [told.channel for _, _, told in world.told] == ["person:binh"]


def test_a_refusal_goes_the_next_way_at_once_and_slowness_after_a_minute() -> None:
    answers = {"zalo": "refused", "sms": "failed"}
    world = World(terms(person("an", "zalo", "sms", "mail")), lambda channel, _: answers.get(channel, "sent"))
    world.add(row(1, "person:an", severity=1))
    world.run(AT, 90)
    ((when, channel, _),) = world.told
    assert channel == "mail"
    assert when == AT + 60 * SECOND
    assert world.attempts[0] == ("zalo", "refused")
    assert world.attempts[-1] == ("mail", "sent")
    assert world.attempts.count(("sms", "failed")) > 3


def test_a_chain_may_end_on_the_call_list_and_go_on_when_nobody_calls() -> None:
    chief = person("an", "sms", "call_list", "mail", phone="0912345678")
    world = World(terms(chief, call_s=120), lambda channel, _: "refused" if channel == "sms" else "sent")
    world.add(row(1, "person:an", severity=1))
    world.run(AT, 5)
    assert world.states() == {"calling": 1}
    world.run(AT + 6 * SECOND, 130)
    assert [channel for _, channel, _ in world.told] == ["mail"]
    assert ("call_list", "passed") in world.attempts


def test_what_nobody_can_be_told_fails_visibly() -> None:
    world = World(terms(person("an", "pigeon")))
    world.add(row(1, "person:an"), row(2, "person:nobody"), row(3, "team:none"), row(4, "pigeon"))
    world.look(AT)
    assert sorted((each.channel, each.error) for each in world.rows.values() if each.state == "failed") == [
        ("person:an", "no channel pigeon is configured"),
        ("person:nobody", "there is no person nobody"),
        ("pigeon", "no channel pigeon is configured"),
        ("team:none", "there is no team none"),
    ]


def test_programs_hear_of_each_alarm_by_itself() -> None:
    due = [row(number, "cap") for number in range(100)] + [row(0, "cap", kind="cleared", at=AT + SECOND)]
    plan = Planner(Terms()).plan(due, {"cap": Way(alone=True)}, Moment(AT + 2 * SECOND, 2.0))
    assert Counter(item.row.key for _, item in plan.send) == Counter(each.key for each in due)
    assert not plan.new
