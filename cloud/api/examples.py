"""Gives every body in the contract an example: its own, or one made from the names and kinds of its fields; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = dict[str, Any]
JSON: Final = "application/json"
MOMENT: Final = 1725690600000  # 7 September 2024, 13:30 in Vietnam
DEEPEST: Final = 8  # a schema may hold itself
# What fields of these names look like, wherever they stand.
WORDS: Final[Mapping[str, object]] = {
    "gateway": "gw-thao", "device": "gauge-yen-bai", "point": "level_m", "site": "site-cau-yen-bai", "area": "132",
    "profile": "river_gauge_radar", "rule": "flood_yen_bai", "user": "trucban", "actor": "trucban", "unit": "m",
    "vi": "Trạm đo mực nước Yên Bái", "en": "Yên Bái river gauge", "value": 31.42, "threshold": 31.0, "lat": 21.706,
    "lon": 104.871, "comment": "Đã gọi UBND phường.", "reason": "Bảo trì theo kế hoạch.", "level": "II",
    "role": "operator",
}  # fmt: skip
MOMENTS: Final = ("at", "begin", "end", "until", "since", "now", "from", "to")
PLAIN: Final[Mapping[str, object]] = {"integer": 1, "number": 1.5, "boolean": True, "string": "abc", "null": None}


def with_examples(document: Schema) -> Schema:
    """The same document; the examples stand beside the schemas of bodies."""
    parts = document.get("components", {}).get("schemas", {})
    for body in _bodies(document):
        if "example" not in body and "examples" not in body and body.get("schema"):
            body["example"] = example_of(body["schema"], parts)
    return document


def example_of(schema: Schema, parts: Mapping[str, Schema], name: str = "", depth: int = 0) -> object:
    """One value that the schema allows."""
    if "$ref" in schema:
        return example_of(parts[schema["$ref"].rsplit("/", 1)[-1]], parts, name, depth)
    for key in ("examples", "example", "const", "enum", "default"):
        if key in schema:
            return schema[key][0] if key in ("examples", "enum") else schema[key]
    choice = next((schema[key] for key in ("anyOf", "oneOf", "allOf") if key in schema), None)
    if choice:
        return example_of(choice[0], parts, name, depth)
    kind = schema.get("type", "object")
    if kind == "object":
        return _object(schema, parts, depth)
    if kind == "array":
        return _array(schema, parts, name, depth)
    return _plain(schema, str(kind), name)


def _object(schema: Schema, parts: Mapping[str, Schema], depth: int) -> object:
    fields = schema.get("properties", {})
    needed = fields if depth < DEEPEST else schema.get("required", ())
    return {each: example_of(fields[each], parts, each, depth + 1) for each in needed}


def _array(schema: Schema, parts: Mapping[str, Schema], name: str, depth: int) -> object:
    fixed = schema.get("prefixItems")
    if fixed:
        return [example_of(each, parts, name, depth + 1) for each in fixed]
    if depth >= DEEPEST or "items" not in schema:
        return []
    return [example_of(schema["items"], parts, name, depth + 1)]


def _plain(schema: Schema, kind: str, name: str) -> object:
    if kind == "integer" and (name in MOMENTS or name.endswith("_at")):
        return MOMENT
    known = WORDS.get(name)
    if known is not None and isinstance(known, str) == (kind == "string") and kind != "integer":
        return known
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), min(schema.get("maximum", 1), 1))
    if kind == "string" and schema.get("minLength", 0) > len("abc"):
        return "a" * int(schema["minLength"])
    return PLAIN.get(kind)


def _bodies(document: Schema) -> Iterator[Schema]:
    for path in document.get("paths", {}).values():
        for operation in path.values():
            asked = operation.get("requestBody", {}).get("content", {})
            told = [each.get("content", {}) for code, each in operation["responses"].items() if code.startswith("2")]
            for content in (asked, *told):
                if JSON in content:
                    yield content[JSON]
