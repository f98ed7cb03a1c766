"""The contract shows an example of every body, and each is one that its own schema allows."""

from __future__ import annotations

import httpx
import jsonschema

from cloud.api.examples import JSON, example_of


async def test_every_body_of_the_contract_has_an_example_that_fits(operator: httpx.AsyncClient) -> None:
    document = (await operator.get("/api/v1/openapi.json")).json()
    wrong: list[str] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = [each for code, each in operation["responses"].items() if code.startswith("2")]
            for body in (operation.get("requestBody", {}), *told):
                content = body.get("content", {}).get(JSON)
                if not content or not content.get("schema"):
                    continue
                schema = {**content["schema"], "components": document["components"]}
                fault = next(jsonschema.Draft202012Validator(schema).iter_errors(content.get("example")), None)
                if fault is not None:
                    wrong.append(f"{method} {path}: {fault.message[:200]} at {fault.json_path}")
    assert wrong == []


def test_an_example_is_made_of_names_kinds_and_choices() -> None:
    parts = {"Row": {"type": "object", "properties": {"at": {"type": "integer"}, "next": {"$ref": "#/c/Row"}}}}
    schema = {
        "type": "object",
        "properties": {
            "gateway": {"type": "string"},
            "state": {"enum": ["open", "closed"]},
            "value": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"raised_at": {"type": "integer"}}}},
        },
    }
    assert example_of(schema, {}) == {
        "gateway": "gw-thao", "state": "open", "value": 31.42, "rows": [{"raised_at": 1725690600000}],
    }  # fmt: skip
    assert example_of(parts["Row"], parts)
