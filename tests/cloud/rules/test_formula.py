"""Formulas: what is wrong is refused when it is loaded, and none can run away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.rules.formula import FormulaError, Type, compile_formula

TYPES: dict[str, Type] = {"tilt": "number", "rain": "number", "soil": "number", "door": "truth"}


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("tilt > 0.1 && rain >= 100", 1.0),
        ("tilt > 0.1 ? 3 : (soil > 85 ? 2 : 0)", 3.0),
        ("max(rain, 3) / 2", 50.0),
        ("abs(0 - tilt) * 10", 5.0),
        ("rain / (soil - soil)", None),
        ("sqrt(0 - rain)", None),
        ("number(door) + 1", 2.0),
        ("1e2 == rain", 1.0),
    ],
)
def test_a_formula_comes_to_a_figure(text: str, figure: float | None) -> None:
    formula = compile_formula(text, TYPES)
    assert formula.figure({"tilt": 0.5, "rain": 100, "soil": 20.0, "door": True}) == figure


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 500"),
        ("tilt" + " + tilt" * 100, "1 to 500"),
        ("tilt >", "Syntax error"),
        ("tlt > 1", "did you mean 'tilt'"),
        ("size(tilt)", "unknown function 'size'"),
        ("tilt + door", "number(...)"),
        ("tilt > 1000000 && rain > 85.5 ? door + 1 > 0 : door", "number(...)"),
        ("door ? 1 : true", "a number here"),
        ("[1, 2].all(x, x > 0)", "not allowed"),
        ("'aaaa'.matches('(a+)+$')", "not allowed"),
        ("tilt.matches(rain)", "not allowed"),
        ("__import__('os')", "not allowed"),
        ("(" * 25 + "tilt" + ")" * 25, "25 deep"),
        ("tilt == null", "not allowed"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula(text, TYPES)
    assert reason in str(caught.value)


def test_a_missing_value_gives_no_figure() -> None:
    assert compile_formula("tilt + rain", TYPES).figure({"tilt": 1.0}) is None


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(numbers, numbers, numbers, st.booleans())
def test_what_was_taken_never_explodes(tilt: float, rain: float, soil: float, door: bool) -> None:
    values = {"tilt": tilt, "rain": rain, "soil": soil, "door": door}
    for text in ("tilt / rain * soil - max(tilt, soil)", "door ? sqrt(tilt) : rain / soil", "!(tilt > rain) || door"):
        compile_formula(text, TYPES).figure(values)
