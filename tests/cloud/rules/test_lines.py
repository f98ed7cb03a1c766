"""The line of a fault: where the key stands, else what is around it; bombs cost nothing."""

from __future__ import annotations

import pytest

from cloud.rules.lines import line_of
from tests.cloud.api.sample_rules import FLOOD, FLOOD_TESTS


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("version", "version = 1"),
        ("text.vi", "text = {"),
        ("selector.point", "point ="),
        ("kind.levels[II].above", "above = 31.00"),
        ("kind.levels[3].clear", "clear = 31.95"),
        ("kind.levels[II].abvoe", "[[kind.levels]]"),
        ("selector.pint", "[selector]"),
    ],
)
def test_a_fault_is_shown_where_its_key_stands(key: str, line: str) -> None:
    number = line_of(FLOOD, key)
    assert number is not None
    assert FLOOD.splitlines()[number - 1].startswith(line)


def test_cases_are_found_by_name_and_what_is_nowhere_has_no_line() -> None:
    assert line_of(FLOOD_TESTS, "case[a_ripple].expect") == 11
    assert line_of(FLOOD, "notice.channels") is None
    assert line_of(FLOOD, "") is None


def test_a_syntax_fault_knows_its_line() -> None:
    assert line_of("a = 1\nb = ", "", "is not TOML: Invalid value (at end of document)") == 2
    assert line_of("a = 1\nb = =", "", "is not TOML: Invalid value (at line 2, column 5)") == 2


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["a." * 32_000 + "= 1", "[" + "a. " * 20_000 + "]", "[a" + " " * 60_000, "[[a]]\n" * 10_000, '"' * 64_000]
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    assert line_of(text, "a.b[c].d") in (None, 1)
