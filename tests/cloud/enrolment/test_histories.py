"""Whatever people and boxes do, in any order and over restarts, a gateway has one identity, and the gone have none."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.enrolment.joining import JoinRefusedError
from cloud.enrolment.registry import GONE, NewGateway, RegistryError
from tests.cloud.enrolment.bench import Bench
from tests.cloud.enrolment.requests import new_key

_KEPT = TemporaryDirectory()
GATEWAYS = ("gw-1", "gw-file")
KEYS = [new_key() for _ in range(3)]
STEPS = st.one_of(
    st.tuples(st.sampled_from(["add", "label", "replace", "move", "retire", "revoke"]), st.sampled_from(GATEWAYS)),
    st.tuples(st.just("join"), st.tuples(st.integers(0, 5), st.integers(0, 2))),
    st.tuples(st.just("wait"), st.sampled_from([60.0, 16 * 60.0, 15 * 86_400.0])),
    st.tuples(st.just("restart"), st.none()),
)


class Story:
    """Does one step after the other; what is refused changes nothing."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.codes: list[str] = []
        self.users: dict[str, int] = {}  # code -> the key that it gave an identity to

    async def step(self, what: str, whom: object) -> None:
        """One of STEPS."""
        if what == "wait":
            assert isinstance(whom, float)
            await self.bench.clock.advance(whom)
        elif what == "restart":
            await self.bench.restart()
        elif what == "join":
            assert isinstance(whom, tuple)
            await self._join(*whom)
        else:
            await self._decide(what, str(whom))
        self.prove()

    def prove(self) -> None:
        """What must hold after every step."""
        store, now = self.bench.state.enrolment, self.bench.clock.now_ms()
        for gateway in GATEWAYS:
            row, good = self.bench.registry.row(gateway), [r for r in store.certificates(gateway) if not r.revoked_at]
            assert row == store.gateway(gateway)
            assert len(good) <= 1
            assert len([each for each in store.open_claims(now=now) if each.gateway == gateway]) <= 1
            if row is not None and row.state in GONE:
                assert good == []
                assert gateway not in self.bench.live
            if row is not None and row.state == "active":
                assert len(good) == 1
                assert gateway in self.bench.live

    async def _decide(self, what: str, gateway: str) -> None:
        registry = self.bench.registry
        try:
            if what == "add":
                self.codes.append((await registry.add(NewGateway("mcc", gateway), actor="lan")).code)
            elif what in ("label", "replace"):
                ask = registry.label if what == "label" else registry.replace
                self.codes.append((await ask(gateway, actor="lan")).code)
            elif what == "move":
                await registry.move(gateway, "yen-bai", actor="lan")
            else:
                end = registry.retire if what == "retire" else registry.revoke
                await end(gateway, actor="lan", reason="thử")
        except RegistryError:
            return

    async def _join(self, code: int, key: int) -> None:
        if code >= len(self.codes):
            return
        text = self.codes[code]
        try:
            await self.bench.join(text, KEYS[key])
        except JoinRefusedError:
            return
        assert self.users.setdefault(text, key) == key


@settings(max_examples=8, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_one_gateway_has_one_identity_whatever_happens(steps: Sequence[tuple[str, object]]) -> None:
    async def play(folder: Path) -> None:
        bench = Bench(folder)
        await bench.all.open()
        story = Story(bench)
        for what, whom in steps:
            await story.step(what, whom)
        bench.state.close()

    with TemporaryDirectory() as folder:
        shutil.copytree(_template(), folder, dirs_exist_ok=True)
        asyncio.run(play(Path(folder)))


@cache
def _template() -> Path:
    """A database and an authority that are made once: making them takes longer than a story."""
    folder = Path(_KEPT.name)
    Bench(folder).state.close()
    return folder
