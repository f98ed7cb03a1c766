"""`python -m tests.benchmarks.fleet_ledger`: how large the centre's state is after a year of many gateways.

A sample of gateways lives through a year in the real ledger and the real SQL store: outages whose backlog comes behind
newer batches, drops, refused batches, dead letters, epochs that end early, alarms with their notices. Then the bytes of
each table are counted, indices included, and scaled up to the fleet. `--days` and `--gateways` make it smaller.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cloud.births import packed
from cloud.ingest.ledger import Ledger, Settlement
from cloud.inventory.passages import MOST_PASSAGES, Passage
from cloud.notify.content import LABEL, NoticeContent, Words, encode_content
from cloud.notify.pipeline import KEEP_DAYS
from cloud.store.base import AlarmHistoryRow, AlarmRow, BirthRow, Commit, DirtyRow, NoticeRow, RuleStateRow
from cloud.store.sql import SqlStateStore
from device_profiles.wire import BirthDevice, Channel, DeviceHealth, Dropped, Health, State, encode
from simulators.load.traffic import gateway_id

FLEET = 10_000
DAY_MS = 86_400_000
BEGIN = 1_735_664_400_000  # 1 January 2025 in Vietnam
DEVICES, POINTS = 5, 10  # of each gateway
BATCHES, READINGS = 8, 500  # of a gateway a day, and readings in each; contiguous ones cost nothing, however many
RULES = 3  # that remember something of a device
# how often a year, per gateway
OUTAGES, DROPS, REFUSALS, DEAD, EPOCHS, ALARMS = 100, 4, 2, 24, 1, 24
REASONS = ("type", "unmapped_point", "too_old", "future")


@dataclass(slots=True)
class Life:
    """One gateway: which batch comes next, and which wait behind an outage."""

    gateway: str
    epochs: int = 0
    sequence: int = 0
    base: int = 0
    waiting: list[tuple[int, int]] = field(default_factory=list)
    abandoned: int = 0  # readings that went with an epoch, and that nobody will ever send

    @property
    def epoch(self) -> str:
        """The present epoch."""
        return f"{self.epochs:016x}"

    def measured(self) -> tuple[int, int]:
        """Sequence and base of one more batch."""
        self.sequence += 1
        self.base += READINGS
        return self.sequence, self.base - READINGS


def day_of(life: Life, day: int, dice: random.Random) -> Iterator[Settlement]:
    """What arrives of a gateway in a day, in the order of arrival."""
    if dice.random() < EPOCHS / 365:  # a new outbox: what waited never comes
        life.abandoned += READINGS * len(life.waiting)
        life.epochs, life.sequence, life.base, life.waiting = life.epochs + 1, 0, 0, []
    fresh = [life.measured() for _ in range(BATCHES)]
    if dice.random() < OUTAGES / 365:
        away = dice.randint(1, BATCHES)
        life.waiting, fresh = [*life.waiting, *fresh[:away]], fresh[away:]
        yield from (_settled(life, each, Channel.READINGS, dice) for each in fresh)
        return  # the backlog comes tomorrow
    dropped = []
    if life.waiting and dice.random() < DROPS / OUTAGES:
        gone = life.waiting[: dice.randint(1, len(life.waiting))]
        life.waiting = life.waiting[len(gone) :]
        at = BEGIN + day * DAY_MS
        span = (at - DAY_MS // 2, at)
        dropped.append(Dropped(gone[0][0], gone[-1][0], "full", READINGS * len(gone), *span))
    for each in fresh:
        yield _settled(life, each, Channel.READINGS, dice, dropped)
        dropped = []
        if life.waiting:
            yield _settled(life, life.waiting.pop(0), Channel.BACKLOG, dice)


def _settled(
    life: Life, batch: tuple[int, int], channel: Channel, dice: random.Random, dropped: list[Dropped] | None = None
) -> Settlement:
    place = (life.gateway, life.epoch, *batch, channel)
    roll = dice.random() * 365 * BATCHES
    if roll < REFUSALS:
        return Settlement(*place, refused="garbled", dropped=dropped or ())
    dead = dice.randint(1, 20) if roll < REFUSALS + DEAD else 0
    reasons = ((dice.choice(REASONS), dead),) if dead else ()
    return Settlement(*place, stored=READINGS - dead, dead=dead, dropped=dropped or (), reasons=reasons)


def alarms_of(gateway: str, day: int, dice: random.Random) -> Commit:
    """An alarm with its life and its two notices, if the day has one."""
    if dice.random() >= ALARMS / 365:
        return Commit()
    at = BEGIN + day * DAY_MS + dice.randrange(DAY_MS)
    place = ("yen-bai", gateway, "device-1")
    alarm = f"{at:013d}-{gateway}"
    row = AlarmRow(
        alarm, "river_high", "3", *place, "level_m", "normal", False, "I", 3, 30.1, 30.0,
        "Mực nước vượt báo động I: 30,1 m", "Water level above alarm level I: 30.1 m", at, at + 900, at + DAY_MS // 4,
        at + DAY_MS // 5, at + DAY_MS // 4, "truc-ban",
    )  # fmt: skip
    words = ("raised", "escalated", "eased", "cleared", "acknowledged")
    history = [AlarmHistoryRow(alarm, at, at, word, "I", 30.1, "truc-ban", "") for word in words]
    notices = [_notice(alarm, place, kind, at) for kind in ("raised", "cleared")]
    return Commit(alarms=[row], history=history, notices=notices)


def _notice(alarm: str, place: tuple[str, str, str], kind: str, at: int) -> NoticeRow:
    text = Words("Mực nước sông Thao vượt báo động I: 30,1 m", "Water level of the Thao above alarm level I: 30.1 m")
    instruction = Words("Kiểm tra camera, báo ban chỉ huy" * 3, "Look at the camera, tell the command post" * 3)
    content = NoticeContent(
        1, f"{alarm}:{kind}", "raised", LABEL, alarm, "river_high", "3", "I", 3, place[0], Words("Yên Bái", "Yen Bai"),
        place[1], place[2], "level_m", 30.1, 30.0, "m", at, at + 900, text, instruction, f"https://thacba/alarms/{alarm}",
    )  # fmt: skip
    return NoticeRow(f"{alarm}:{kind}", alarm, "duty", encode_content(content), at, at, 1, "sent")


def standing_rows(gateway: str, day: int) -> tuple[BirthRow, list[RuleStateRow], dict[tuple[str, str, str], int]]:
    """What there is once for each gateway, and does not grow: birth, rule states, counts."""
    at = BEGIN + day * DAY_MS
    names = [f"device-{number}" for number in range(DEVICES)]
    born = [
        BirthDevice(name, "power_meter_sdm630", "0" * 12, "Công tơ trạm bơm", "Meter of the pump") for name in names
    ]
    heard = [DeviceHealth(name, at) for name in names]
    state = State(1, "online", at, "0" * 16, "0.1.0", "0" * 12, born)
    health = Health(1, at, "0" * 16, 3_000_000, 150_000_000, 0, 0, 0, 0, 100, 720.0, "good", heard)
    late = [Passage("late", at, at + 3_600_000, 5000, at + 3_700_000, at + 3_900_000)] * MOST_PASSAGES
    passages = packed(dict.fromkeys(names, late))
    states = [
        RuleStateRow(f"rule_{rule}", gateway, name, f'{{"since":null,"newest":{at}}}')
        for name in names
        for rule in range(RULES)
    ]
    counts = {(gateway, name, f"point_{number}_v"): 86_400 for name in names for number in range(POINTS)}
    return BirthRow(gateway, encode(state).decode(), encode(health).decode(), at, passages), states, counts


def live(store: SqlStateStore, gateways: int, days: int) -> int:
    """The year, a commit for each day; returns how many readings the ledger awaits that nobody owes."""
    dice = random.Random(3)
    ledger = Ledger()
    lives = [Life(gateway_id(number)) for number in range(gateways)]
    for day in range(days):
        settlements = [each for life in lives for each in day_of(life, day, dice)]
        for life in lives:
            ledger.heard(life.gateway, life.epoch, next_sequence=life.sequence + 1, accepted=life.base)
        draft = ledger.draft(settlements)
        now = BEGIN + (day + 1) * DAY_MS
        dirty = [
            DirtyRow(life.gateway, f"device-{n}", "power_meter_sdm630", now, now)
            for life in lives
            for n in range(DEVICES)
        ]
        alarms = [alarms_of(life.gateway, day, dice) for life in lives]
        store.commit(
            Commit(
                accounts=draft.rows(now),
                alarms=[row for each in alarms for row in each.alarms],
                history=[row for each in alarms for row in each.history],
                notices=[row for each in alarms for row in each.notices],
                dirty=dirty,
            )
        )
        store.clean(dirty)
        store.notice_book.forget(before=now - KEEP_DAYS * DAY_MS)
        ledger.install(draft, settlements)
    for life in lives:
        birth, states, counts = standing_rows(life.gateway, days)
        store.commit(Commit(rule_states=states, point_counts=counts))
        store.put_births([birth])
    return ledger.terms().awaited - sum(READINGS * len(life.waiting) + life.abandoned for life in lives)


def table_bytes(path: Path) -> dict[str, int]:
    """Bytes of each table with its indices, free pages left out."""
    with sqlite3.connect(path) as connection:
        owners = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master"))
        sizes: dict[str, int] = {}
        for name, size in connection.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"):
            owner = owners.get(name, "schema")
            sizes[owner] = sizes.get(owner, 0) + size
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class Size:
    """What the sample came to, and the fleet would."""

    gateways: int
    days: int
    bytes_per_gateway: int
    ledger_bytes_per_gateway: int
    fleet_gb: float
    ledger_gb: float
    account_bytes_max: int
    load_s_of_fleet: float
    unexplained: int


def measure(folder: Path, gateways: int, days: int) -> tuple[Size, dict[str, int]]:
    """The sample's year, and its size."""
    path = folder / "centre.sqlite3"
    store = SqlStateStore(f"sqlite:///{path}")
    store.migrate()
    unexplained = live(store, gateways, days)
    begin = time.monotonic()
    rows = store.accounts()
    Ledger(rows)
    load_s = time.monotonic() - begin
    store.close()
    sizes = table_bytes(path)
    ledger = (sizes.get("account", 0) + sizes.get("point_count", 0)) / gateways
    whole = sum(sizes.values()) / gateways
    largest = max(len(row.account) for row in rows)
    scale = FLEET / gateways
    size = Size(
        gateways, days, round(whole), round(ledger), round(whole * FLEET / 1e9, 3), round(ledger * FLEET / 1e9, 3),
        largest, round(load_s * scale, 1), unexplained,
    )  # fmt: skip
    return size, sizes


def main(gateways: Annotated[int, typer.Option(min=1)] = 200, days: Annotated[int, typer.Option(min=1)] = 365) -> None:
    """Measures: a table for people, and one line of JSON."""
    with tempfile.TemporaryDirectory(prefix="thacba-ledger-") as name:
        size, sizes = measure(Path(name), gateways, days)
    table = Table(title=f"{days} days of {gateways} gateways, as {FLEET:,} would take", title_justify="left")
    for heading in ("table", "bytes per gateway", "MB of the fleet"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    for name, count in sizes.items():
        table.add_row(name, f"{count / gateways:,.0f}", f"{count / gateways * FLEET / 1e6:,.1f}")
    table.add_row("together", f"{size.bytes_per_gateway:,}", f"{size.fleet_gb * 1000:,.1f}")
    Console(stderr=True, width=100).print(table)
    typer.echo(json.dumps({"fleet_ledger": asdict(size)}))


if __name__ == "__main__":
    typer.run(main)
