"""`thacba-cloud export`: what other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cloud.config import InfluxStoreConfig, load_config
from cloud.console import told
from cloud.grafana.boards import boards
from cloud.grafana.export import files
from device_profiles.load import CATALOGUE, load_catalogue

app = typer.Typer(no_args_is_help=True, help="What other programs read.")
IN_GRAFANA = "/etc/grafana/thacba/dashboards"


@app.command("grafana")
def grafana(
    to: Annotated[Path, typer.Option("--to", help="Folder to write into; made when it is not there.")],
    config: Annotated[Path | None, typer.Option("--config", help="The centre's TOML file.")] = None,
    lang: Annotated[Literal["vi", "en"], typer.Option("--lang", help="Language of titles and legends.")] = "vi",
    url: Annotated[str, typer.Option("--url", help="Address of InfluxDB as Grafana sees it.")] = "",
    path: Annotated[str, typer.Option("--path", help="Where Grafana will find the dashboards.")] = IN_GRAFANA,
) -> None:
    """Writes data sources and dashboards of the whole catalogue for Grafana's provisioning."""
    with told():
        settings = load_config(config) if config is not None else None
        catalogue = load_catalogue(CATALOGUE, *(settings.profile_dirs if settings else ()))
        store = settings.store if settings else None
        influx = store if isinstance(store, InfluxStoreConfig) else None
        made = files(
            boards(catalogue, lang),
            lang,
            url=url or (influx.url if influx else "http://127.0.0.1:8086"),
            database=influx.database if influx else "thacba",
            path=path,
        )
        count = 0
        for name, text in made:
            file = to / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            count += 1
    typer.echo(f"{count} files in {to}")
