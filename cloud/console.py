"""What the commands of the console share: the configuration option, the state database, sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cloud.config import load_config
from cloud.errors import CloudError, ConfigurationError
from cloud.store.base import StateStore
from cloud.stores import open_state
from device_profiles.load import FileFaultsError

WRONG_CONFIGURATION = 2
FAILED = 1

Config = Annotated[Path, typer.Option("--config", help="The centre's TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@contextmanager
def told() -> Iterator[None]:
    """Ends the program with a sentence instead of a traceback when somebody else is at fault."""
    try:
        yield
    except (ConfigurationError, FileFaultsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_CONFIGURATION) from error
    except CloudError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error


@contextmanager
def opened_state(config: Path) -> Iterator[StateStore]:
    """The state database of a configuration, brought to this version's schema."""
    settings = load_config(config)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    state = open_state(settings)
    try:
        state.migrate()
        yield state
    finally:
        state.close()


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under their heads; numbers stand on the right."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    right = [bool(rows) and isinstance(cell, int) for cell in (rows[0] if rows else heads)]

    def line(cells: Sequence[str]) -> str:
        places = zip(cells, widths, right, strict=True)
        return "  ".join(
            cell.rjust(width) if on_the_right else cell.ljust(width) for cell, width, on_the_right in places
        )

    return "\n".join(line(cells).rstrip() for cells in (heads, *texts))
