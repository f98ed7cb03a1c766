"""The running centre as the console asks it: ledger and registry have one writer, so commands go through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.config import load_config
from cloud.console import opened_state
from cloud.errors import CloudError
from device_profiles.clock import SystemClock

EVERYWHERE = ("0.0.0.0", "::", "")
Url = Annotated[str, typer.Option("--url", help="Where the centre answers, if not where its configuration says.")]


class CentreAwayError(CloudError):
    """The centre does not answer: only the running centre may do that."""


class CentreRefusedError(CloudError):
    """The centre says no, and why."""


class RunningCentre:
    """Asks and unpacks."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, **query: str | int) -> Any:
        """What the centre knows; CentreAwayError, CentreRefusedError."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, object], *, match: int | None = None) -> Any:
        """Has the centre do something; the same errors. `match`: the version that was read."""
        return self._ask("POST", path, json=dict(body), headers=_matching(match))

    def put(self, path: str, body: Mapping[str, object], *, match: int) -> Any:
        """Replaces something that was read as this version."""
        return self._ask("PUT", path, json=dict(body), headers=_matching(match))

    def fetch(self, path: str, **query: str | int) -> bytes:
        """A file that the centre makes or keeps; the same errors."""
        answer = self._request("GET", path, params=query)
        if not answer.is_success:
            raise CentreRefusedError(_why(_document(answer), answer.status_code))
        return answer.content

    def all(self, path: str, **query: str | int) -> Iterator[Any]:
        """Every item of a list, page after page."""
        cursor = ""
        while True:
            page = self.get(path, limit=500, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"] or ""
            if not cursor:
                return

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self._request(method, path, **more)
        content = _document(answer)
        if not answer.is_success:
            raise CentreRefusedError(_why(content, answer.status_code))
        return content

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self.client.request(method, path, **more)
        except httpx.TransportError as error:
            raise CentreAwayError(f"{self.client.base_url}: the centre does not answer; start it first") from error


def _document(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise CentreRefusedError(f"HTTP {answer.status_code}: this is not the centre's API") from error


def _matching(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _why(content: Any, status: int) -> str:
    """The centre's own words: every fault on a line, or one sentence."""
    faults = [fault_line(each) for each in content.get("errors") or () if "key" in each]
    return "\n".join(faults) or f"{content.get('detail', status)} ({content.get('code', '')})"


def fault_line(fault: Mapping[str, Any]) -> str:
    """One fault of a text."""
    where = ": ".join(str(fault[key]) for key in ("file", "key") if fault.get(key))
    return f"{where}: {fault['reason']}" + (f" ({fault['hint']})" if fault.get("hint") else "")


@contextmanager
def running_centre(config: Path, url: str) -> Iterator[RunningCentre]:
    """The running centre, with a token of an engineer that ends with this command."""
    http = load_config(config).http
    host = "127.0.0.1" if http.host in EVERYWHERE else http.host
    address = url or f"http://{f'[{host}]' if ':' in host else host}:{http.port}"
    with opened_state(config) as state:
        now = SystemClock().now_ms()
        secret, row = begin_token("console", Role.ENGINEER, now=now, days=1, note="one command")
        state.put_secret(row)
        try:
            headers = {"Authorization": f"Bearer {secret}"}
            with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
                yield RunningCentre(client)
        finally:
            state.drop_secret(row.digest)
