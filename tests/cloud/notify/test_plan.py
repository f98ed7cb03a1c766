"""The stages: who is told what and when, and that every notice ends somewhere that can be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.notify.chain import Limits, Terms, not_taken, refused, sent
from cloud.notify.content import decode_content, encode_content
from cloud.notify.pace import Pace
from cloud.notify.plan import Planner
from cloud.notify.standing import Moment
from cloud.notify.way import Way
from cloud.people.people import People, Person, Team
from cloud.store.rows import NoticeRow
from tests.cloud.notify.contents import AT, content

PACE = Pace.model_validate({})
SECOND = 1000
NIGHT = AT + 16 * 3_600_000  # 23:00 at Hà Nội

Answer = Callable[[str, int], str]  # channel, now -> sent, failed, refused


def person(identifier: str, *channels: str, **more: object) -> Person:
    return Person.model_validate({"id": identifier, "name": identifier, "channels": channels or ("sms",), **more})


def team(identifier: str, otherwise: str, *persons: str) -> Team:
    shifts = ({"start": "00:00", "end": "00:00", "persons": persons},) if persons else ()
    name = {"vi": identifier, "en": identifier}
    return Team.model_validate({"id": identifier, "name": name, "otherwise": otherwise, "shifts": shifts})


def row(
    number: int, recipient: str = "ops", *, severity: int = 3, at: int = AT, kind: str = "raised", level: str = "I"
) -> NoticeRow:
    """A pending notice of an alarm."""
    key = f"alarm-{number}:{level if kind == 'raised' else kind}:{at}:{recipient}"
    said = content(key=key, alarm=f"alarm-{number}", severity=severity, kind=kind, level=level, observed_at=at)
    return NoticeRow(key, f"alarm-{number}", recipient, encode_content(said), at, at, severity=severity)


@dataclass
class World:
    """The store of notices as a dictionary, and channels that answer as they are told; time passes in steps."""

    terms: Terms = field(default_factory=Terms)
    answer: Answer = lambda _channel, _now: "sent"
    channels: tuple[str, ...] = ("ops", "sms", "mail", "zalo")
    rows: dict[str, NoticeRow] = field(default_factory=dict)
    told: list[tuple[int, str, NoticeRow]] = field(default_factory=list)  # when, channel, what
    attempts: list[tuple[str, str]] = field(default_factory=list)  # channel, outcome
    closed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.planner = Planner(self.terms)

    def add(self, *rows: NoticeRow) -> None:
        """The judge's commit; a key that is there already stays."""
        for each in rows:
            self.rows.setdefault(each.key, each)

    def look(self, now: int) -> None:
        """One look of the pipeline, and whatever it sends."""
        while True:
            due = [each for each in self.rows.values() if each.state in ("pending", "calling") and each.due_at <= now]
            if not due:
                return
            due.sort(key=lambda each: (each.severity, each.created_at, each.key))
            ways = {name: Way(until if (until := self.closed.get(name, 0)) > now else 0) for name in self.channels}
            plan = self.planner.plan(due, ways, Moment(now, now / 1000))
            self.add(*plan.new)
            self.rows.update({each.key: each for each in (*plan.rewritten, *plan.rows)})
            self.attempts.extend((each.channel, each.outcome) for each in plan.attempts)
            for channel, item in plan.send:
                tried = replace(item, row=replace(item.row, attempts=item.row.attempts + 1))
                outcome = self.answer(channel, now)
                self.attempts.append((channel, outcome))
                self.rows[item.row.key] = self._after(tried, channel, outcome, now)

    def _after(self, tried, channel: str, outcome: str, now: int) -> NoticeRow:  # type: ignore[no-untyped-def]
        if outcome == "sent":
            self.told.append((now, channel, tried.row))
            return sent(tried.row, channel)
        if outcome == "refused":
            return refused(tried.row, self.terms.people, error="never", now=now)
        self.closed[channel] = now + 5 * SECOND
        return not_taken(tried, self.terms, error="no", now=now, again_at=now + 5 * SECOND)

    def run(self, begin: int, seconds: int) -> None:
        """Looks once a second."""
        for second in range(seconds + 1):
            self.look(begin + second * SECOND)

    def states(self) -> Counter[str]:
        """How many notices are in each state."""
        return Counter(each.state for each in self.rows.values())


def terms(*persons: Person, teams: tuple[Team, ...] = (), **pace: float) -> Terms:
    people = People({each.id: each for each in persons}, {each.id: each for each in teams})
    return Terms(people, Pace.model_validate(pace))


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


# --- nothing is lost ------------------------------------------------------------------------------------------------

RECIPIENTS = st.sampled_from(["ops", "gone", "person:an", "person:binh", "team:desk", "team:board", "team:none"])
ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 200),  # second
        st.integers(1, 12),  # alarm
        RECIPIENTS,
        st.integers(1, 4),
        st.sampled_from(["raised", "raised", "cleared"]),
    ),
    max_size=60,
)
ANSWERS = st.lists(st.sampled_from(["sent", "sent", "sent", "failed", "refused"]), min_size=1, max_size=40)
HOUSE = terms(
    person("an", "zalo", "sms", "call_list", "mail", phone="0912345678", quiet=({"start": "07:01", "end": "07:02"},)),
    person("binh", "sms", "gone", absences=({"begin": "2024-09-10T07:02", "end": "2024-09-10T07:03", "deputy": "an"},)),
    teams=(team("desk", "team:board", "an", "binh"), team("board", "person:binh")),
    call_s=30,
    fallback_mild_s=90,
)


@settings(max_examples=60, deadline=None)
@given(ARRIVALS, ANSWERS)
def test_every_notice_ends_somewhere_and_the_counts_add_up(
    arrivals: list[tuple[int, int, str, int, str]], answers: list[str]
) -> None:
    turns = iter(range(10**9))
    world = World(
        replace(HOUSE, limits=Limits(attempts=8, max_age_ms=3_600_000)),
        lambda _channel, _now: answers[next(turns) % len(answers)],
    )
    at = [(AT + second * SECOND, *rest) for second, *rest in arrivals]
    born: set[str] = set()
    for second in range(1200):
        now = AT + second * SECOND
        for when, alarm, recipient, severity, kind in at:
            if when == now:
                notice = row(alarm, recipient, severity=severity, at=when, kind=kind)
                world.add(notice)
                born.add(notice.key)
        world.look(now)
    assert world.states().keys() <= {"sent", "digest", "shared", "failed"}
    assert all(each.error for each in world.rows.values() if each.state == "failed")
    assert all(world.rows[each.digest].state in ("sent", "failed") for each in world.rows.values() if each.digest)
    assert born <= world.rows.keys()
    assert Counter(told.key for _, _, told in world.told) == Counter(
        each.key for each in world.rows.values() if each.state == "sent"
    ), "everything was sent once"
    assert all(when - told.created_at <= 1 for when, _, told in world.told if _alone_and_urgent(told, world))


def _alone_and_urgent(told: NoticeRow, world: World) -> bool:
    """The first emergency to a channel that works: nothing milder may have kept it waiting."""
    said = decode_content(told.body)
    first = min((each.created_at for each in world.rows.values() if each.channel == told.channel), default=0)
    return (
        told.channel == "ops"
        and said.kind == "raised"
        and told.severity == 1
        and told.attempts == 1
        and (told.created_at == first)
    )


def test_programs_hear_of_each_alarm_by_itself() -> None:
    due = [row(number, "cap") for number in range(100)] + [row(0, "cap", kind="cleared", at=AT + SECOND)]
    plan = Planner(Terms()).plan(due, {"cap": Way(alone=True)}, Moment(AT + 2 * SECOND, 2.0))
    assert Counter(item.row.key for _, item in plan.send) == Counter(each.key for each in due)
    assert not plan.new
