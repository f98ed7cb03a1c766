"""Shows outcomes as a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from device_profiles.units import shown
from edge_agent.once import WAITS_TO_BE_CALLED, Outcome
from edge_agent.sampling.reading import Reading


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """One line per point; a device that did not answer says why."""
    table = Table("device", "point", "value", "unit", "quality", title_justify="left")
    for outcome in outcomes:
        table.add_section()
        for reading in outcome.readings:
            table.add_row(*_cells(outcome, reading))
        if not outcome.readings:
            table.add_row(outcome.device.id, "", "", "", _why_not(outcome))
    console.print(table)
    silent = [outcome.device.id for outcome in outcomes if not outcome.answered]
    console.print(f"{len(outcomes) - len(silent)} of {len(outcomes)} devices answered")


def _cells(outcome: Outcome, reading: Reading) -> tuple[str, str, str, str, str]:
    point = outcome.device.profile.point(reading.point)
    unit = shown(point.unit) if point else ""
    value = (
        ""
        if reading.value is None
        else f"{reading.value:g}"
        if isinstance(reading.value, float)
        else str(reading.value)
    )
    colour = "green" if not reading.quality else "yellow" if reading.value is not None else "red"
    return outcome.device.id, reading.point, value, unit, f"[{colour}]{reading.quality or 'good'}[/{colour}]"


def _why_not(outcome: Outcome) -> str:
    if outcome.fault == WAITS_TO_BE_CALLED:
        return "[yellow]pushes its readings itself: start the agent with `run`[/yellow]"
    return f"[red]no answer: {outcome.fault or 'nothing heard'}[/red]"
