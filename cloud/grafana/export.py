"""Dashboards as Grafana reads them: JSON models and the files that provision them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloud.grafana.boards import Board
from cloud.grafana.panels import Panel
from cloud.grafana.units import grafana_unit

SCHEMA_VERSION = 39  # Grafana 10 and later; newer ones bring it up to date themselves
LIVE_SOURCE, HOUR_SOURCE = "thacba-live", "thacba-1h"
COLUMNS, HEIGHT = 24, 8
FOLDER = "Thác Bà"

DATA_SOURCES = """# Made by `thacba-cloud export grafana`. The account and its password come from Grafana's environment.
apiVersion: 1
datasources:
  - {{ name: "Thác Bà", uid: {live}, type: influxdb, access: proxy, url: "{url}", user: $THACBA_INFLUX_USER,
      jsonData: {{ dbName: "{database}", httpMode: POST, timeInterval: 1m }},
      secureJsonData: {{ password: $THACBA_INFLUX_PASSWORD }}, isDefault: true, editable: false }}
  - {{ name: "Thác Bà 1h", uid: {hour}, type: influxdb, access: proxy, url: "{url}", user: $THACBA_INFLUX_USER,
      jsonData: {{ dbName: "{database}_1h", httpMode: POST, timeInterval: 1h }},
      secureJsonData: {{ password: $THACBA_INFLUX_PASSWORD }}, editable: false }}
"""
PROVIDER = """# Made by `thacba-cloud export grafana`.
apiVersion: 1
providers:
  - {{ name: thacba, folder: "{folder}", type: file, allowUiUpdates: false, options: {{ path: "{path}" }} }}
"""


def files(boards: list[Board], lang: str, *, url: str, database: str, path: str) -> Iterator[tuple[Path, str]]:
    """Every file below the folder of provisioning; `path` is where Grafana will find the dashboards."""
    sources = DATA_SOURCES.format(live=LIVE_SOURCE, hour=HOUR_SOURCE, url=url, database=database)
    yield Path("provisioning/datasources/thacba.yaml"), sources
    yield Path("provisioning/dashboards/thacba.yaml"), PROVIDER.format(folder=FOLDER, path=path)
    for board in boards:
        text = json.dumps(dashboard(board, lang), ensure_ascii=False, indent=1)
        yield Path(f"dashboards/{board.uid}.json"), text + "\n"


def dashboard(board: Board, lang: str) -> Mapping[str, Any]:
    """The JSON model of one dashboard."""
    source = {"type": "influxdb", "uid": HOUR_SOURCE if board.rolled else LIVE_SOURCE}
    return {
        "uid": board.uid,
        "title": getattr(board.title, lang),
        "tags": ["thacba"],
        "schemaVersion": SCHEMA_VERSION,
        "timezone": "Asia/Ho_Chi_Minh",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "" if board.rolled else "1m",
        "time": {"from": board.since, "to": "now"},
        "templating": {"list": [_variable(name, source, lang) for name in ("site", "device")]},
        "panels": [_panel(each, number, source, lang) for number, each in enumerate(board.panels)],
    }


def variable_query(name: str) -> str:
    """What fills a variable: the sites, and the devices of the chosen ones."""
    return (
        'SHOW TAG VALUES WITH KEY = "site"'
        if name == "site"
        else ('SHOW TAG VALUES WITH KEY = "device" WHERE "site" =~ /^$site$/')
    )


def _variable(name: str, source: Mapping[str, str], lang: str) -> Mapping[str, Any]:
    label = {"site": {"vi": "Địa điểm", "en": "Site"}, "device": {"vi": "Thiết bị", "en": "Device"}}[name][lang]
    everything = {"text": "All", "value": "$__all"}
    return {
        "name": name, "label": label, "type": "query", "datasource": source, "query": variable_query(name),
        "refresh": 2, "includeAll": True, "multi": True, "allValue": ".*", "sort": 1, "current": everything,
    }  # fmt: skip


def _panel(panel: Panel, number: int, source: Mapping[str, str], lang: str) -> Mapping[str, Any]:
    width = COLUMNS // 2
    place = {"x": number % 2 * width, "y": number // 2 * HEIGHT, "w": width, "h": HEIGHT}
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": getattr(panel.title, lang),
        "datasource": source,
        "gridPos": place,
        "interval": "1h" if source["uid"] == HOUR_SOURCE else "1m",
        "fieldConfig": {"defaults": _defaults(panel, lang), "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {
                "refId": chr(ord("A") + place), "datasource": source, "rawQuery": True, "query": query.text,
                "alias": query.alias, "resultFormat": "time_series",
            }
            for place, query in enumerate(panel.queries)
        ],
    }  # fmt: skip


def _defaults(panel: Panel, lang: str) -> Mapping[str, Any]:
    """Unit, names of states, and the band that values should stay in; a gap stays a gap."""
    defaults: dict[str, Any] = {"unit": grafana_unit(panel.unit), "custom": {"spanNulls": False}}
    if panel.choices:
        named = {number: {"text": getattr(name, lang)} for number, name in panel.choices.items()}
        defaults["mappings"] = [{"type": "value", "options": named}]
    if panel.band:
        least, most = panel.band
        steps = [("red", None), ("green", least), ("red", most)]
        defaults["thresholds"] = {"mode": "absolute", "steps": [{"color": each, "value": at} for each, at in steps]}
        defaults["custom"] = {**defaults["custom"], "thresholdsStyle": {"mode": "area"}}
    return defaults
