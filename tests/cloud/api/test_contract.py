"""The contract says of each route who may come in, and every refusal."""

from __future__ import annotations

from copy import deepcopy

from cloud.api.app import PROBLEM
from cloud.api.contract import Document, completed

ALARM = {"name": "alarm", "in": "path", "required": True}


def test_a_route_tells_who_may_come_in_and_what_it_refuses() -> None:
    acknowledge: Document = {"parameters": [ALARM], "requestBody": {}, "responses": {"200": {}, **deepcopy(PROBLEM)}}
    board: Document = {"responses": {"200": {}}}
    document: Document = {
        "paths": {
            "/api/v1/alarms/{alarm}/acknowledge": {"post": acknowledge},
            "/api/v1/public": {"get": board},
        }
    }
    told = completed(document, cookie="thacba_session")
    assert acknowledge["security"] == [{"token": []}, {"session": []}]
    assert acknowledge["x-least-role"] == "operator"
    assert sorted(acknowledge["responses"]) == [
        "200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "default",
    ]  # fmt: skip
    bodies = [each["content"]["application/problem+json"] for code, each in acknowledge["responses"].items() if each]
    assert {body["schema"]["$ref"] for body in bodies} == {"#/components/schemas/Problem"}
    assert [each["name"] for each in acknowledge["parameters"]] == ["alarm", "Idempotency-Key"]
    assert (board["security"], sorted(board["responses"])) == ([], ["200", "429"])
    assert told["components"]["securitySchemes"]["session"]["name"] == "thacba_session"
    assert completed(deepcopy(told), cookie="thacba_session") == told, "asked again, it is the same"
