"""`thacba-cloud audit`: verifies the chain of the audit log, and hands the log out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cloud.api.audit import every_row, is_there, line_of, verdict_on
from cloud.console import FAILED, Config, Json, opened_state, told
from cloud.errors import ConfigurationError
from cloud.store.audit_chain import ChainFault
from cloud.store.audit_port import ChainEnd
from cloud.store.base import AuditRow
from device_profiles.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="The audit log: verified, and handed out.")
SENTENCES = {
    "changed": "row {number} is not what was written",
    "missing": "rows between {after} and {number} are missing",
    "cut": "the newest rows, up to {number}, are missing; row {after} is the last one here",
    "renumbered": "row {number} stands behind row {after}",
}
Head = Annotated[str, typer.Option("--head", help="NUMBER:DIGEST as an earlier verify printed it.")]


@app.command("verify")
def verify_command(config: Config, head: Head = "", as_json: Json = False) -> None:
    """Walks over the whole log; ends with 1 when a row was changed or taken away."""
    with told(), opened_state(config) as state:
        noted = _noted(head)
        verdict = verdict_on(state.audit_log)
        there = noted is None or is_there(state.audit_log, noted)
    told_faults = [_sentence(fault) for fault in verdict.faults]
    if noted is not None and not there:
        told_faults.append(f"row {noted.number} is not the one that was noted: the chain was made anew")
    if as_json:
        found = {"rows": verdict.rows, "first": verdict.first, "head": _text(verdict.head), "faults": told_faults}
        typer.echo(json.dumps(found))
    else:
        for fault in told_faults:
            typer.echo(fault, err=True)
        typer.echo(f"{'WRONG' if told_faults else 'good'}: {verdict.rows} rows from {verdict.first}")
        typer.echo(f"head {_text(verdict.head)}")
    if told_faults:
        raise typer.Exit(FAILED)


@app.command("export")
def export_command(
    config: Config, to: Annotated[Path, typer.Option("--to", help="A new file; JSON, one row a line.")]
) -> None:
    """Writes the whole log into a file, oldest first, each row with its digests; that is audited too."""
    with told(), opened_state(config) as state:
        state.put_audit(AuditRow(SystemClock().now_ms(), "console", "audit_export", "", ""))
        try:
            with to.open("x", encoding="utf-8") as file:
                file.writelines(map(line_of, every_row(state.audit_log)))
        except OSError as error:
            raise ConfigurationError(f"--to {to}: {error.strerror}") from error
        typer.echo(f"head {_text(state.audit_log.ends().head)}")


def _sentence(fault: ChainFault) -> str:
    return SENTENCES[fault.kind].format(after=fault.after, number=fault.number)


def _text(end: ChainEnd) -> str:
    return f"{end.number}:{end.digest}"


def _noted(text: str) -> ChainEnd | None:
    number, _, digest = text.partition(":")
    if not text:
        return None
    if not (number.isascii() and number.isdigit() and digest):
        raise ConfigurationError(f"--head {text}: write NUMBER:DIGEST")
    return ChainEnd(int(number), digest)
