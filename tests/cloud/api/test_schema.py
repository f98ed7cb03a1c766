"""The API does what its contract says, also with what nobody would ask: schemathesis makes the requests up.

`SCHEMA_EXAMPLES=300 pytest tests/cloud/api/test_schema.py` is the long ring.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from cloud.access.policy import POLICY, Open
from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.api.repeats import HEADER
from cloud.store.base import AlarmFilter
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.pictures import incident_of, keep_record
from tests.cloud.api.fake_centre import SECTORS

EXAMPLES: Final = int(os.environ.get("SCHEMA_EXAMPLES", "2"))
LEFT_OUT: Final = {
    ("GET", "/api/v1/live"),  # never ends
    ("DELETE", "/api/v1/session"),  # ends the session of this test
    ("GET", "/api/v1/openapi.json"),  # does not describe itself
}
ROUTES: Final = sorted(route for route in POLICY if route[1].startswith("/api/v1/") and route not in LEFT_OUT)
CHECKS: Final = [not_a_server_error, content_type_conformance, response_schema_conformance]
MANY: Final = {"alarms": "alarm", "gateways": "gateway", "devices": "device", "sites": "site"}


@dataclass(frozen=True)
class Province:
    """The sample province behind a real server, its contract, and names of things that exist there."""

    contract: schemathesis.BaseSchema
    url: str
    headers: Mapping[str, str]
    known: Mapping[str, str]


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        secret, row = begin_token("schema", Role.ADMIN, now=running.centre.clock.now_ms(), days=1)
        running.centre.state.put_secret(row)
        headers = {"Authorization": f"Bearer {secret}"}
        document = httpx.get(f"{running.url}/api/v1/openapi.json", headers=headers, timeout=90).json()  # made once
        contract = schemathesis.openapi.from_dict(document)
        contract.config.update(base_url=running.url)
        known = _names(running, keep_record(running.centre, tmp_path_factory.mktemp("edge")))
        yield Province(contract, running.url, headers, known)


def _names(running: RunningCentre, record: str) -> dict[str, str]:
    """Names of things that exist: made-up ones would only ever be not found."""
    centre = running.centre
    alarm = centre.state.alarms(AlarmFilter(open=True), before=None, limit=1)[0]
    asyncio.run_coroutine_threadsafe(centre.offices.fill(), running.loop).result(timeout=60)
    return {
        "alarm": alarm.id, "incident": incident_of(centre, alarm), "record": record, "rule": alarm.rule,
        "gateway": "gw-thao", "device": "gauge-yen-bai", "point": "level_m", "site": "site-cau-yen-bai",
        "area": "132", "profile": "river_gauge_radar", "sector": SECTORS[0].id,
        "number": "1", "version": "1", "revision": "1",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_route_keeps_its_contract(province: Province, method: str, path: str) -> None:
    operation = province.contract[path][method]
    asked = operation.as_strategy() | operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)
    told = set(operation.definition.raw["responses"])

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=asked, exists=strategies.booleans())
    def ask(case: schemathesis.Case[Any], *, exists: bool) -> None:
        if exists:
            case.headers.pop(HEADER, None)  # the same key for all would keep every order but the first from being done
            for part in ("path_parameters", "query", "body"):
                setattr(case, part, _real(getattr(case, part), province.known))
        answer = case.call(headers=dict(province.headers), timeout=60)
        case.validate_response(answer, checks=CHECKS)
        assert str(answer.status_code) in told, f"the contract tells of {sorted(told)}, not of {answer.status_code}"
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0]
            assert kind.startswith("application/problem+json"), (answer.status_code, kind)

    ask()
    if POLICY[method, path] is not Open.EVERYONE:
        stranger = httpx.request(method, province.url + path, timeout=60)
        assert (stranger.status_code, stranger.json()["code"]) == (401, "not_logged_in")


def _real(asked: Any, known: Mapping[str, str]) -> Any:  # what schemathesis made up may be anything
    """The same with the names of things that exist, wherever a field is called like one."""
    if isinstance(asked, list):
        return [_real(each, known) for each in asked]
    if not isinstance(asked, Mapping):
        return asked
    real = {}
    for name, value in asked.items():
        many = known.get(MANY.get(name, ""))
        real[name] = known[name] if name in known else [many] if many is not None else _real(value, known)
    return real
