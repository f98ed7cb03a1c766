"""`make bench`: a table for people, and one line of JSON last, to which later work adds its figures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from simulators.load.traffic import PERIOD_MS, ROWS, Traffic
from tests.benchmarks.alarm_latency import Latency, measure
from tests.benchmarks.places import RULES
from tests.benchmarks.rehearsal import rehearse_apart
from tests.benchmarks.rule_growth import MATCHING, TOTALS, Cost, cost_of, growth
from tests.benchmarks.runs import AgentRun, Ingest, agent, bare_client, centre
from tests.benchmarks.screens import measure as measure_screens
from tests.servers import run_influxd, run_mosquitto

GATEWAYS = int(os.environ.get("BENCH_GATEWAYS", "1000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
PAIRS = 3
ALARM_SECONDS, ALARM_RATE, ALARMS = 30.0, 2_000, 200
EMBEDDED_ROUNDS = max(1, ROUNDS // 4)


def main() -> None:
    """Runs everything, one after the other: they share the cores."""
    people = Console(stderr=True, width=120)
    with tempfile.TemporaryDirectory(prefix="thacba-bench-") as name:
        folder = Path(name)
        traffic, smaller = _traffic(ROUNDS), _traffic(EMBEDDED_ROUNDS)
        with run_influxd() as influx, run_mosquitto() as broker:
            amount = f"{traffic.gateways} gateways, {traffic.readings:,} readings in batches of 100"
            people.print(f"{amount}, {RULES} rules, after one round to warm up")
            pairs = []
            for number in range(PAIRS):
                bare = bare_client(influx, traffic)
                on_influx = centre(folder / f"influx-{number}", broker, traffic, influx)
                pairs.append((bare, on_influx))
                people.print(f"bare client {bare.per_s:,.0f} readings/s, centre on InfluxDB {on_influx.per_s:,.0f}")
            bare, on_influx = sorted(pairs, key=_ratio)[PAIRS // 2]  # the median pair: these machines are never quiet
        with run_mosquitto() as broker:
            embedded = centre(folder / "embedded", broker, smaller, None)
            people.print(f"centre on its embedded store: {embedded.per_s:,.0f} readings/s")
        with run_mosquitto() as broker:
            edge = asyncio.run(agent(folder, broker))
    costs = [cost_of(total) for total in TOTALS]
    rehearsal = rehearse_apart()
    people.print(
        f"rehearsal of {rehearsal['rehearsal_readings']:,} readings: threshold {rehearsal['rehearsal_threshold_s']} s, "
        f"window {rehearsal['rehearsal_window_s']} s; reading the bare rows {rehearsal['rehearsal_bare_s']} s"
    )
    alarms = asyncio.run(measure(ALARM_SECONDS, ALARM_RATE, ALARMS))
    people.print(_table(bare, on_influx, embedded, edge))
    people.print(_table_of_rules(costs, alarms))
    figures = _figures(bare, on_influx, embedded, edge) | _rule_figures(costs, alarms) | rehearsal
    shown = {f"screens_{key}": value for key, value in measure_screens(people).items()}
    sys.stdout.write(json.dumps(figures | shown) + "\n")


def _ratio(pair: tuple[Ingest, Ingest]) -> float:
    bare, ours = pair
    return ours.per_s / bare.per_s


def _traffic(rounds: int) -> Traffic:
    return Traffic(GATEWAYS, rounds, time.time_ns() // 1_000_000 - (rounds + 1) * ROWS * PERIOD_MS)


def _table(bare: Ingest, on_influx: Ingest, embedded: Ingest, edge: AgentRun) -> Table:
    table = Table(title="Thacba bench", title_justify="left")
    for heading in ("", "readings/s", "of bare", "CPU s / million", "server CPU s / million", "peak MB"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, run in (
        ("bare client, encoded beforehand", bare),
        ("centre on InfluxDB", on_influx),
        ("centre, embedded", embedded),
    ):
        server = f"{run.server_cpu_s / run.readings * 1e6:.2f}" if run.server_cpu_s else "-"
        share = f"{run.per_s / bare.per_s:.2f}" if run is not embedded else "-"
        peak = f"{run.rss_mb:.0f}" if run.rss_mb else "-"
        table.add_row(name, f"{run.per_s:,.0f}", share, f"{run.cpu_s_per_million:.2f}", server, peak)
    table.add_row(
        f"agent, {edge.points} Modbus points at 1 Hz",
        "-",
        "-",
        f"{edge.cpu_percent:.1f} % of a core",
        "-",
        f"{edge.rss_mb:.0f}",
    )
    return table


def _table_of_rules(costs: Sequence[Cost], alarms: Latency) -> Table:
    table = Table(title=f"Rules: {MATCHING} look at each reading", title_justify="left")
    for heading in ("rules", "readings/s", "evaluations/s", "200 new devices, s"):
        table.add_column(heading, justify="right")
    for cost in costs:
        table.add_row(
            f"{cost.rules:,}", f"{cost.readings_per_s:,}", f"{cost.evaluations_per_s:,}", f"{cost.place_s:.2f}"
        )
    rate = f"{alarms.readings_per_s:,} readings/s, {alarms.rules:,} rules"
    table.caption = f"reading to webhook at {rate}: p50 {alarms.p50_s:.3f} s, p99 {alarms.p99_s:.3f} s"
    return table


def _rule_figures(costs: Sequence[Cost], alarms: Latency) -> dict[str, float]:
    return {
        "rule_growth_100_to_10000": growth(costs),
        "rule_evaluations_per_s": costs[-1].evaluations_per_s,
        "alarm_readings_per_s": alarms.readings_per_s,
        "alarm_rules": alarms.rules,
        "alarms_provoked": alarms.alarms,
        "alarms_told": alarms.told,
        "alarm_p50_s": alarms.p50_s,
        "alarm_p99_s": alarms.p99_s,
    }


def _figures(bare: Ingest, on_influx: Ingest, embedded: Ingest, edge: AgentRun) -> dict[str, float]:
    return {
        "ingest_influx_ratio": round(on_influx.per_s / bare.per_s, 3),
        "ingest_influx_per_s": round(on_influx.per_s),
        "ingest_bare_per_s": round(bare.per_s),
        "ingest_embedded_per_s": round(embedded.per_s),
        "cpu_s_per_million": round(on_influx.cpu_s_per_million, 2),
        "embedded_cpu_s_per_million": round(embedded.cpu_s_per_million, 2),
        "influx_cpu_s_per_million": round(on_influx.server_cpu_s / on_influx.readings * 1e6, 2),
        "bare_influx_cpu_s_per_million": round(bare.server_cpu_s / bare.readings * 1e6, 2),
        "centre_rss_mb": round(on_influx.rss_mb, 1),
        "agent_points": edge.points,
        "agent_rss_mb": round(edge.rss_mb, 1),
        "agent_cpu_percent": round(edge.cpu_percent, 2),
        "gateways": GATEWAYS,
        "rules": RULES,
        "readings": on_influx.readings,
    }


if __name__ == "__main__":
    main()
