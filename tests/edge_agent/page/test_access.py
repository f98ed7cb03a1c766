"""The code of the label opens the page; guessing it takes longer than a gateway lives."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge_agent.page.access import ALL_TRIES, ALL_WITHIN_S, FREE_TRIES, LONGEST_WAIT_S, AccessBook, CodeRefusedError
from tests.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> AccessBook:
    return AccessBook(tmp_path, clock)


def wrong(book: AccessBook, *, phone: str = "phone") -> float:
    with pytest.raises(CodeRefusedError) as refused:
        book.enter("no code", phone=phone)
    return refused.value.wait_s


def test_the_code_opens_however_it_is_typed_and_lies_on_disk_as_a_digest_only(tmp_path: Path, book: AccessBook) -> None:
    assert not book.has_code
    code = book.new_code("Thacba, code {code}\n")
    assert book.knows(book.enter(f" {code[:4]}-{code[4:]} ", phone="phone"))
    kept = tmp_path / "page" / "access.json"
    assert code not in kept.read_text()
    assert book.label.read_text() == f"Thacba, code {code[:4]} {code[4:]}\n"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (kept, book.label)} == {0o600}


def test_without_a_code_nobody_comes_in(book: AccessBook) -> None:
    wrong(book)
    book.new_code()
    (book.label.parent / "access.json").write_text("{}")
    wrong(book)


def test_a_phone_that_guesses_waits_ever_longer_and_another_one_does_not(book: AccessBook, clock: ManualClock) -> None:
    code = book.new_code()
    assert [wrong(book) for _ in range(FREE_TRIES)] == [0, 0, 0, 0, 60]
    with pytest.raises(CodeRefusedError):
        book.enter(code, phone="phone")  # not even the right one is looked at
    assert book.knows(book.enter(code, phone="another"))


async def test_the_wait_grows_to_its_longest_and_then_the_code_counts_again(
    book: AccessBook, clock: ManualClock
) -> None:
    code = book.new_code()
    waits = []
    for _ in range(FREE_TRIES + 6):
        waits.append(wrong(book))
        await clock.advance(waits[-1])
    assert waits[-1] == LONGEST_WAIT_S
    assert waits == sorted(waits)
    assert book.knows(book.enter(code, phone="phone"))


async def test_many_phones_together_guess_no_faster(book: AccessBook, clock: ManualClock) -> None:
    code = book.new_code()
    for number in range(ALL_TRIES):
        assert wrong(book, phone=f"phone {number}") == 0
    with pytest.raises(CodeRefusedError):
        book.enter(code, phone="technician")
    await clock.advance(ALL_WITHIN_S)
    assert book.knows(book.enter(code, phone="technician"))


async def test_a_session_ends_after_a_day_without_use_whatever_the_clock_is_set_to(
    book: AccessBook, clock: ManualClock
) -> None:
    token = book.enter(book.new_code(), phone="phone")
    clock.set_wall(4_000_000_000_000)
    assert book.knows(token)
    await clock.advance(11 * 3600)
    assert book.knows(token)
    await clock.advance(11 * 3600)
    assert book.knows(token)
    await clock.advance(13 * 3600)
    assert not book.knows(token)


def test_a_new_code_and_leaving_end_sessions(book: AccessBook) -> None:
    code = book.new_code()
    first, second = book.enter(code, phone="a"), book.enter(code, phone="b")
    book.leave(first)
    assert [book.knows(token) for token in (first, second)] == [False, True]
    book.new_code()
    assert not book.knows(second)
