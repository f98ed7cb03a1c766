"""Turns what the validator found into faults that a person can act on: file, key, reason and a hint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

NAMING_KEYS = (
    "key",
    "id",
    "verb",
    "profile",
    "name",
)  # what a list's item is called in a fault, rather than its number
QUOTED = re.compile(r"'([^']*)'")
REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key here",
    "union_tag_not_found": "is missing",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "string_type": "must be a text in quotes",
    "tuple_type": "must be a list: [ ... ]",
    "list_type": "must be a list: [ ... ]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "finite_number": "must be a finite number",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one file."""

    file: str
    key: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.reason}" + (f" ({self.hint})" if self.hint else "")


def explain(error: ValidationError, *, file: str, table: Mapping[str, Any], model: type[BaseModel]) -> list[Fault]:
    """Every fault that the validator found, in the order and the words of the file."""
    found = error.errors(include_url=False, include_input=True)
    first_hand = [detail for detail in found if not _follows_from_another(detail, found)]
    return [_fault(detail, file, table, model) for detail in first_hand]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint that names the nearest known word, or all of them when none is near and they are few."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def _fault(detail: ErrorDetails, file: str, table: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    where = _key_in_file(detail, table)
    return Fault(file, where, _reason(detail), _hint(detail, model))


def _reason(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        given = detail.get("ctx", {}).get("tag", detail["input"])
        return f"{given!r} is not allowed"
    if kind == "too_short":
        return "is empty"
    if kind in ("value_error", "assertion_error"):
        return detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return REASONS.get(kind, detail["msg"].replace("Input should", "must").replace("String should", "must"))


def _hint(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return did_you_mean(str(detail["loc"][-1]), sorted(_fields(_models_at(model, detail["loc"][:-1]))))
    if kind == "union_tag_invalid":
        return did_you_mean(str(context["tag"]), QUOTED.findall(str(context["expected_tags"])))
    if kind in ("literal_error", "enum"):
        return did_you_mean(str(detail["input"]), QUOTED.findall(str(context["expected"])))
    if kind == "missing":
        field = _fields(_models_at(model, detail["loc"][:-1])).get(str(detail["loc"][-1]))
        return field or ""
    return ""


def _follows_from_another(detail: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """True for what a person need not be told twice: a list is "too short" since its items are wrong, or a
    discriminator that the file never writes here is wrong because of a fault further up."""
    depth = len(detail["loc"])
    if detail["type"] == "too_short":
        return any(len(other["loc"]) > depth and other["loc"][:depth] == detail["loc"] for other in found)
    if not detail["type"].startswith("union_tag_"):
        return False
    word = QUOTED.findall(str(detail.get("ctx", {}).get("discriminator", "")))
    above = {str(other["loc"][-1]) for other in found if len(other["loc"]) < depth}
    return bool(word) and word[0] in above


def _key_in_file(detail: ErrorDetails, table: Mapping[str, Any]) -> str:
    """The place in the words of the file: points[level_m].source.address."""
    parts = ""
    here: Any = table
    location = detail["loc"]
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else None
            parts += f"[{_called(here) or part + 1}]"
        elif (isinstance(here, dict) and part in here) or (last and detail["type"] in ("missing", "extra_forbidden")):
            here = here.get(part) if isinstance(here, dict) else None
            parts += f".{part}"
    if detail["type"].startswith("union_tag_"):
        parts += "." + "".join(QUOTED.findall(str(detail.get("ctx", {}).get("discriminator", "")))[:1])
    return parts.lstrip(".")


def _called(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    return next((item[key] for key in NAMING_KEYS if isinstance(item.get(key), str)), "")


def _models_at(model: type[BaseModel], location: Sequence[str | int]) -> set[type[BaseModel]]:
    """The models that could stand at this place; the names of union branches in the location narrow them."""
    here = {model}
    for part in location:
        fields = [candidate.model_fields[part] for candidate in here if part in candidate.model_fields]
        if fields:
            here = {found for field in fields for found in _models_in(field.annotation)}
        else:
            here = {candidate for candidate in here if _answers_to(candidate, part)} or here
    return here


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _answers_to(candidate: type[BaseModel], tag: str | int) -> bool:
    return any(
        get_origin(field.annotation) is Literal and tag in get_args(field.annotation)
        for field in candidate.model_fields.values()
    )


def _fields(models: set[type[BaseModel]]) -> dict[str, str]:
    """Field name -> what it is for."""
    return {name: field.description or "" for model in models for name, field in model.model_fields.items()}
