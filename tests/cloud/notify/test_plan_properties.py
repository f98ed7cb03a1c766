"""Whatever comes and however channels answer: every notice ends somewhere that can be seen, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.notify.chain import Limits
from cloud.notify.content import decode_content
from cloud.store.rows import NoticeRow
from tests.cloud.notify.contents import AT
from tests.cloud.notify.world import SECOND, World, person, row, team, terms

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
