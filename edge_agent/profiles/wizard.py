"""The questions that make a profile file, and the file that the answers make; who asks is somebody else's business."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from device_profiles.editor_schema import source_models
from device_profiles.explain import did_you_mean
from device_profiles.load import Catalogue, parse_profile
from device_profiles.schema import DeviceProfile, Key, Limits, Point, PointType, Sector
from device_profiles.units import UNITS
from edge_agent.profiles.answers import Check, anything, matching, number, one_of, optional_number, some_text
from edge_agent.profiles.toml_text import file_text

#  (question, what Enter means or None, what is wrong with an answer) -> the answer
Ask: TypeAlias = Callable[[str, "str | None", Check], str]
Table: TypeAlias = dict[str, Any]

OWN = ("derived", "interlock")  # made by our own programs, no device speaks them
LANGUAGES = (("vi", "Vietnamese"), ("en", "English"))
SCALARS = (str, int, float, bool)
CHOICES = "choices, as 0=Tắt/Off, 1=Bật/On"
NUMBERS = (PointType.INT, PointType.FLOAT)


def make(ask: Ask, catalogue: Catalogue, *, like: str = "") -> tuple[str, str]:
    """Name and text of a new profile file; ProfileError when the answers do not make one."""
    model = catalogue.profiles.get(like)
    table = _head(ask, model)
    source = source_models()[table["protocol"]]
    told = _points_like(ask, model, source) if model else _points(ask, source)
    table["points"] = list(told)
    text = file_text(table, comment=f"{table['name']['en']}: {table['vendor']} {table['model']}.")
    name = f"{_word(table['vendor'])}_{_word(table['model'])}.toml" if not model else f"{table['profile']}.toml"
    parse_profile(text, file=name)
    return name, text


def _head(ask: Ask, model: DeviceProfile | None) -> Table:
    table: Table = {"profile": ask("identifier, small letters and _", None, matching(Key)), "version": 1}
    like = model.name.model_dump() if model else {}
    table["name"] = {word: ask(f"name in {language}", like.get(word), some_text) for word, language in LANGUAGES}
    table["vendor"] = ask("vendor", "generic" if not model else None, some_text)
    table["model"] = ask("model", None, some_text)
    table["sector"] = ask("sector", model.sector.value if model else None, one_of([each.value for each in Sector]))
    protocols = [name for name in source_models() if name not in OWN]
    table["protocol"] = ask("protocol", model.protocol if model else None, one_of(protocols))
    table["period_s"] = float(ask("read every ... seconds", f"{model.period_s:g}" if model else "300", number))
    table["owner"] = ask("department that owns such devices", model.owner if model else None, some_text)
    table["source"] = ask("where these facts come from (manual, page)", None, some_text)
    table["confirmed"] = False
    if model:
        table["reports_as"] = model.reports_as or model.profile
    return table


def _points(ask: Ask, source: type[BaseModel]) -> Iterator[Table]:
    """Points until somebody presses Enter; a profile has at least one."""
    first = True
    while key := ask("point, Enter when there is no more", None if first else "", matching(Key, empty=not first)):
        first = False
        point: Table = {
            "key": key,
            "name": {
                "vi": ask("  name in Vietnamese", None, some_text),
                "en": ask("  name in English", None, some_text),
            },
            "unit": ask("  unit (UCUM)", "1", one_of(list(UNITS))),
            "type": ask("  type", "float", one_of([each.value for each in PointType])),
        }
        if point["type"] == PointType.ENUM:
            point["choices"] = _choices(ask(f"  {CHOICES}", None, _are_choices))
        point["source"] = _source(ask, source, key)
        if point["type"] in NUMBERS:
            point["limits"] = _limits(ask)
        yield point


def _points_like(ask: Ask, model: DeviceProfile, source: type[BaseModel]) -> Iterator[Table]:
    """The points of another model that this one has too: same measurement, other addresses."""
    for point in model.points:
        if ask(f"has {point.key} ({point.name.en})", "y", one_of(["y", "n"])) == "y":
            kept = point.model_dump(mode="json", exclude_defaults=True, exclude={"source"})
            yield {**_as_in_a_file(kept, point), "source": _source(ask, source, point.key)}


def _as_in_a_file(kept: Table, point: Point) -> Table:
    """The keys in the order of a file; the unit is always said."""
    return {"key": point.key, "name": kept["name"], "unit": point.unit, **kept}


def _source(ask: Ask, source: type[BaseModel], key: str) -> Table:
    """Where the value lies; asked again until it fits together."""
    while True:
        told = _fields_of(ask, source, key)
        if not (reason := _misfit(source, told)):
            return told
        ask(f"  {reason}; Enter to say it again", "", anything)


def _misfit(model: type[BaseModel], told: Table) -> str:
    """Why these answers do not go together; empty when they do."""
    try:
        model.model_validate(told)
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return ""


def _fields_of(ask: Ask, source: type[BaseModel], key: str) -> Table:
    """Every plain field of the protocol's source, Enter for what is usual."""
    told: Table = {}
    for name, field in source.model_fields.items():
        kind = _plain(field.annotation)
        if name == "protocol" or kind is None:
            continue
        given = ask(f"  source.{name}: {field.description}", _usual(field, name, key), _check_for(kind, field))
        value = _typed(given, kind)
        if value is not None and value != field.default:
            told[name] = value
    return told


def _plain(annotation: Any) -> tuple[Any, ...] | None:
    """What an answer may be: types, or words; None for what only an editor can write down."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [each for each in get_args(annotation) if each is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else None
    return (annotation,) if annotation in SCALARS else None


def _usual(field: FieldInfo, name: str, key: str) -> str | None:
    """What Enter means: the default, the point's own key for a path, nothing where somebody must say it."""
    if field.is_required():
        return key if name == "path" else None
    default = field.default.value if isinstance(field.default, Enum) else field.default
    return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)


def _check_for(kind: Sequence[Any], field: FieldInfo) -> Check:
    if kind[0] in (int, float):
        return number if field.is_required() else optional_number
    if kind[0] in SCALARS:
        return some_text if field.is_required() else anything
    return one_of([str(each) for each in kind])


def _typed(given: str, kind: Sequence[Any]) -> object:
    if not given:
        return None
    if kind[0] is bool:
        return given.lower() in ("true", "yes", "y", "1")
    if kind[0] is int:
        return int(given, 0)
    return float(given) if kind[0] is float else given


def _limits(ask: Ask) -> Table:
    while True:
        given = {name: ask(f"  {name} that is believed", "", optional_number) for name in ("minimum", "maximum")}
        told = {name: float(value) for name, value in given.items() if value}
        if not (reason := _misfit(Limits, told)):
            return told
        ask(f"  {reason}; Enter to say it again", "", anything)


def _choices(given: str) -> Table:
    pairs = (choice.strip().split("=", 1) for choice in given.split(","))
    return {place.strip(): dict(zip(("vi", "en"), said.split("/"), strict=False)) for place, said in pairs}


def _are_choices(given: str) -> str:
    parts = [choice.strip().partition("=") for choice in given.split(",")]
    good = all(place.strip().isdigit() and said.count("/") == 1 for place, _, said in parts)
    return "" if good else f"write {CHOICES}"


def _word(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "" for letter in text.lower()) or "device"


def nearest(catalogue: Catalogue, name: str) -> str:
    """A hint for a model that is not there."""
    return did_you_mean(name, sorted(catalogue.profiles))
