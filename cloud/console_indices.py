"""`thacba-cloud indices`: which indices there are, and working out again what was read before they were."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.config import CentreConfig, load_config
from cloud.console import Config, table, told
from cloud.errors import ConfigurationError
from cloud.index_files import load_indices
from cloud.indices.spec import Indices
from cloud.rules.rehearse_summary import VIETNAM
from cloud.store.base import DirtyRow
from cloud.store.roll_up import HOUR_MS
from cloud.stores import open_readings, open_state
from device_profiles.clock import SystemClock
from device_profiles.load import CATALOGUE, load_catalogue

MOST_HOURS = 200_000  # of devices, at a time
HEADS = ("index", "version", "from", "results in", "every", "confirmed")

app = typer.Typer(no_args_is_help=True, help="What the centre works out from readings.")

From = Annotated[datetime, typer.Option("--from", help="From then on, Vietnam time.")]
Until = Annotated[datetime, typer.Option("--to", help="Before then, Vietnam time.")]
Profile = Annotated[str, typer.Option("--profile", help="Only from this measurement.")]


@app.command("list")
def list_command(config: Config) -> None:
    """Every index: what it is worked out from, and where its results go."""
    with told():
        indices = _indices(load_config(config))
    found = [(profile, spec.table) for profile, specs in sorted(indices.specs.items()) for spec in specs]
    typer.echo(
        table(
            HEADS,
            [
                (
                    each.id,
                    str(each.version),
                    profile,
                    each.profile,
                    _span(each.step_s),
                    "yes" if each.confirmed else "no",
                )
                for profile, each in found
            ],
        )
    )


@app.command("again")
def again_command(config: Config, begin: From, end: Until, profile: Profile = "") -> None:
    """Has the running centre work out indices of a stretch of the past, for instance from before they were there.

    Results that differ from what is stored are written; rules look at their past again, and page nobody for it.
    """
    with told():
        settings = load_config(config)
        indices = _indices(settings)
        if profile and not indices.of(profile):
            raise ConfigurationError(f"{profile}: no index is worked out from it ({', '.join(sorted(indices.specs))})")
        span = range(_hour(begin), min(_hour(end), SystemClock().now_ms()), HOUR_MS)
        rows = asyncio.run(_hours(settings, indices, span, [profile] if profile else sorted(indices.specs)))
        state = open_state(settings)
        try:
            state.migrate()
            state.index_log.put(rows)
        finally:
            state.close()
    devices = len({(row.gateway, row.device, row.profile) for row in rows})
    typer.echo(f"{len(rows):,} hours of {devices:,} devices are marked; the running centre works them out.")


async def _hours(config: CentreConfig, indices: Indices, span: range, profiles: list[str]) -> list[DirtyRow]:
    """Every hour of the stretch for every device that has readings in it."""
    clock = SystemClock()
    readings, roll_ups = open_readings(config, clock)
    found: set[tuple[str, str, str]] = set()
    try:
        await readings.open()
        for profile in profiles:
            points = {point for spec in indices.of(profile) for point in spec.points.values()}
            for point in sorted(points):
                stored = await readings.stored(profile, point, begin=span.start, end=max(span.stop, span.start))
                found |= {(each.key.gateway, each.key.device, profile) for each in stored}
    finally:
        await readings.close()
        await roll_ups.close()
    hours = len(found) * len(span)
    if hours > MOST_HOURS:
        raise ConfigurationError(
            f"{hours:,} hours of {len(found):,} devices are too much at a time (at most {MOST_HOURS:,}): "
            "choose a shorter stretch, or one --profile after the other"
        )
    now = clock.now_ms()
    return [DirtyRow(*device, hour=hour, due_at=now) for device in sorted(found) for hour in span]


def _indices(config: CentreConfig) -> Indices:
    if config.indices_dir is None:
        raise ConfigurationError("indices_dir: no folder of indices is configured")
    return load_indices(Path(config.indices_dir), load_catalogue(CATALOGUE, *config.profile_dirs))


def _hour(moment: datetime) -> int:
    at = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    return round(at.timestamp() * 1000) // HOUR_MS * HOUR_MS


def _span(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"
