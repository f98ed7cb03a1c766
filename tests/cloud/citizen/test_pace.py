"""How often strangers may come, and that the room's README names every setting."""

from __future__ import annotations

from cloud.citizen.config import CitizenConfig
from cloud.citizen.pace import MOST_ADDRESSES, Limit, Pace
from tests.readme_check import assert_documented


def test_an_address_waits_until_its_oldest_visit_is_old_enough() -> None:
    pace = Pace(Limit(2, 1000))
    assert [pace.wait_ms("a", now=at) for at in (0, 400, 500)] == [0, 0, 500]
    assert pace.wait_ms("b", now=500) == 0, "another address may come"
    assert pace.wait_ms("a", now=999) == 1
    assert pace.wait_ms("a", now=1000) == 0
    assert pace.wait_ms("a", now=1001) == 399


def test_strangers_cannot_claim_more_memory_than_there_is_for_them() -> None:
    pace = Pace(Limit(1, 1000))
    for number in range(MOST_ADDRESSES + 10):
        pace.wait_ms(str(number), now=0)
    assert len(pace._times) <= MOST_ADDRESSES
    pace.wait_ms("new", now=5000)
    assert len(pace._times) == 1


def test_the_readme_names_every_setting() -> None:
    assert_documented("cloud/citizen", CitizenConfig)
