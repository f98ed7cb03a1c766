"""Formulas in CEL, for what the kinds do not say: typed when they are loaded, bounded when they run.

CEL has no loops but over lists and maps; those, texts and their functions are not let in. So a formula takes at
most as many steps as it has characters, and none can run away.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import cel

from cloud.errors import CloudError
from device_profiles.explain import did_you_mean

MAX_CHARACTERS = 500
MAX_DEPTH = 24
PROBES = 200  # sets of values that a formula is tried with when it is loaded

Type = Literal["number", "truth"]
Value = float | bool

FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "number": float,  # a truth as 1 or 0
}
OPERATORS: Final = frozenset(
    "_+_ _-_ _*_ _/_ _>_ _>=_ _<_ _<=_ _==_ _!=_ _&&_ _||_ !_ -_ _?_:_".split()  # noqa: SIM905 -- one glance
)
_FOREIGN = re.compile(r"""[\[\]{}"'@#$\\`;%]|[A-Za-z_)]\s*\.|\b(?:in|has|null)\b""")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"(?<![\w.])(\d+)(?![\w.])")


class FormulaError(CloudError, ValueError):
    """The formula is wrong; trying again never helps."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula over named values; `type` is what it comes to."""

    text: str
    variables: tuple[str, ...]
    type: Type
    program: cel.Program

    def figure(self, values: Mapping[str, Value]) -> float | None:
        """What it comes to; true is 1. None when one of its values is missing, or when it comes to no number.

        FormulaError when it explodes all the same.
        """
        if any(name not in values for name in self.variables):
            return None
        result = float(_run(self.program, {name: values[name] for name in self.variables}))
        return result if math.isfinite(result) else None


def compile_formula(text: str, types: Mapping[str, Type]) -> Formula:
    """The formula, checked: names, functions, and the types on every path that was found; or FormulaError."""
    _check_shape(text)
    try:
        program = cel.compile(_WHOLE.sub(r"\1.0", text))  # 5 is as good as 5.0: all numbers are of one type
    except ValueError as error:
        raise FormulaError(_first_line(error)) from error
    variables = tuple(sorted(program.variables()))
    for name in variables:
        if name not in types:
            hint = did_you_mean(name, sorted(types))
            raise FormulaError(f"unknown name {name!r}" + (f"; {hint}" if hint else f"; known: {', '.join(types)}"))
    foreign = sorted(set(program.functions()) - OPERATORS - FUNCTIONS.keys())
    if foreign:
        raise FormulaError(f"unknown function {foreign[0]!r}; known: {', '.join(FUNCTIONS)}")
    return Formula(text, variables, _type_of(program, {name: types[name] for name in variables}, text), program)


def _check_shape(text: str) -> None:
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise FormulaError(f"must have 1 to {MAX_CHARACTERS} characters, has {len(text)}")
    foreign = _FOREIGN.search(text)
    if foreign:
        raise FormulaError(f"{foreign[0]!r} at character {foreign.start() + 1} is not allowed: only numbers, truths")
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise FormulaError(f"brackets {deepest} deep; at most {MAX_DEPTH}")


def _type_of(program: cel.Program, types: Mapping[str, Type], text: str) -> Type:
    """Tries many values, those around the numbers in the text among them, so that every branch is taken."""
    edges = sorted({float(number) for number in _NUMBER.findall(text)} | {0.0, 1.0})
    numbers = [edge + step for edge in edges for step in (-0.5, 0.0, 0.5)] + [-1e6, 1e6]
    dice = random.Random(0)  # noqa: S311 -- the same probes for the same text
    found: set[Type] = set()
    for _ in range(PROBES):
        values: dict[str, Value] = {
            name: dice.random() < 0.5 if kind == "truth" else dice.choice(numbers) for name, kind in types.items()
        }
        result = _run(program, values)
        found.add("truth" if isinstance(result, bool) else "number")
    if len(found) > 1:
        raise FormulaError("comes to a number here and to true or false there")
    return found.pop()


def _run(program: cel.Program, values: Mapping[str, Value]) -> Value:
    context = cel.Context(
        {name: value if isinstance(value, bool) else float(value) for name, value in values.items()}, FUNCTIONS
    )
    try:
        result = program.execute(context)
    except TypeError as error:
        raise FormulaError("numbers and truths cannot be mixed; number(...) makes 1 or 0 of a truth") from error
    except (ArithmeticError, RuntimeError, ValueError) as error:
        raise FormulaError(_first_line(error)) from error
    if isinstance(result, bool | float | int):
        return result
    raise FormulaError(f"comes to {type(result).__name__}, not to a number or a truth")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(" expecting ")[0][:200]
