"""Dialogues with sensors: announced values, many frames, checksums, giving up, and answers that cannot be right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connectors.sdi12.checksum import checksum
from edge_agent.connectors.sdi12.conversation import Ask, GarbledError, Manners, Wait, measure, replay, values_in
from simulators.devices.sdi12 import crc_of, framed

PLAIN = Manners("0", attempts=1)


def talk(command: str, manners: Manners, answers: Iterable[str]) -> tuple[list[float], list[str], list[Wait]]:
    """What comes of it, what was said, and what was waited for."""
    said: list[str] = []
    waits: list[Wait] = []
    given_answers: Iterator[str] = iter(answers)
    dialogue = measure(command, manners)
    step = next(dialogue)
    while True:
        try:
            if isinstance(step, Ask):
                said.append(step.text)
                step = dialogue.send(next(given_answers))
            else:
                waits.append(step)
                step = dialogue.send("")
        except StopIteration as end:
            return end.value, said, waits


@pytest.mark.parametrize(
    ("answer", "crc"),
    [("0+3.14", "OqZ"), ("1+2.7+85.2-0.2-2.7+770.5", "CAH")],
    ids=["SDI-12 standard 1.3", "Vaisala WMT700 guide, page 162"],
)
def test_checksums_that_others_published(answer: str, crc: str) -> None:
    assert checksum(answer) == crc
    assert values_in(answer + crc, Manners(answer[0], crc=True))


@settings(deadline=None)
@given(st.text("0123456789+-.ABCabc", max_size=75))
def test_two_readings_of_the_standard_agree(line: str) -> None:
    assert checksum(line) == crc_of(line)


def test_values_come_in_many_frames() -> None:
    frames = ["00019", "0+1+2+3", "0-4.5+6.", "0+.5+7", "0+8+9"]
    values, said, waits = talk("M", PLAIN, frames)
    assert values == [1, 2, 3, -4.5, 6, 0.5, 7, 8, 9]
    assert said == ["0M!", "0D0!", "0D1!", "0D2!", "0D3!"]
    assert waits == [Wait(1, request="0")]


@pytest.mark.parametrize(
    ("command", "crc", "said"),
    [
        ("M", False, ["aM!", "aD0!"]), ("M3", True, ["aMC3!", "aD0!"]), ("C", False, ["aC!", "aD0!"]),
        ("C1", True, ["aCC1!", "aD0!"]), ("R0", False, ["aR0!"]), ("R9", True, ["aRC9!"]),
    ],
)  # fmt: skip
def test_how_each_command_is_said(command: str, crc: bool, said: list[str]) -> None:
    start = "a00002" if command[0] == "C" else "a0002"
    told = "a+1-2" + (checksum("a+1-2") if crc else "")
    answers = [told] if command[0] == "R" else [start, told]
    assert talk(command, Manners("a", crc=crc), answers)[:2] == ([1, -2], said)


def test_a_concurrent_measurement_lets_others_speak() -> None:
    assert talk("C", PLAIN, ["003012", "0" + "+1" * 12])[2] == [Wait(30)]


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([""], "timeout"),
        (["100013"], "garbled"),
        (["0x013"], "garbled"),
        (["00013", "1+1+2+3"], "garbled"),
        (["00013", "0+1+2,3"], "garbled"),
        (["00013", "0 1 2 3"], "garbled"),
        (["02003"], "too_slow"),
        (["00013", "0+" + "1" * 120], "garbled"),
    ],
    ids=["silent", "other digits", "letters", "other sensor", "comma", "no signs", "too slow", "too long"],
)
def test_answers_that_cannot_be_right(answers: list[str], fault: str) -> None:
    manners = Manners("0", attempts=1, longest_s=10)
    with pytest.raises(GarbledError) as told:
        talk("M", manners, answers)
    assert told.value.fault == fault


def test_a_sensor_that_gives_up_gives_fewer_values() -> None:
    assert talk("M", PLAIN, ["00013", "0"])[0] == []
    assert talk("M", PLAIN, ["00013", "0+1", "0"])[0] == [1]


def test_an_answer_with_a_wrong_checksum_is_asked_for_again() -> None:
    right = "0+3.14" + checksum("0+3.14")
    values, said, _ = talk("M", Manners("0", crc=True), ["00001", "0+8.14OqZ", "", right])
    assert (values, said) == ([3.14], ["0MC!", "0D0!", "0D0!", "0D0!"])


def test_an_echo_and_noise_before_the_answer_are_no_part_of_it() -> None:
    assert talk("M", PLAIN, ["0M!00002\r", "\0\0000D0!"[1:] + "0+1-2"])[0] == [1, -2]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40) | st.text("0123456789+-.!\r\n", max_size=90), max_size=12), st.booleans())
def test_no_answer_is_too_odd(answers: list[str], crc: bool) -> None:
    lines = iter(answers)
    with contextlib.suppress(GarbledError):
        replay(measure("M", Manners("0", crc=crc)), lambda _text: next(lines, ""))


@settings(deadline=None)
@given(st.lists(st.integers(-9_999_999, 9_999_999), min_size=1, max_size=9))
def test_what_a_sensor_frames_comes_out_whole(numbers: list[int]) -> None:
    frames = [f"0{frame}" for frame in framed([f"{number:+d}" for number in numbers], 35)]
    assert talk("M", PLAIN, [f"0000{len(numbers)}", *frames])[0] == numbers
