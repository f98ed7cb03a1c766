"""Whether the centre works (/healthz) and its counters for Prometheus (/metrics)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from cloud.api.guard import CentreDep
from cloud.api.ledger import reasons_of, summarise
from cloud.api.views import GatewayView

router = APIRouter(tags=["operation"])
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz", summary="Does it work", response_class=JSONResponse)
async def healthz(request: Request, centre: CentreDep) -> JSONResponse:
    """200 when every part works, else 503; the reasons are in the log and for people who are logged in."""
    parts = await centre.ready()
    ok = not any(parts.values())
    body: dict[str, object] = {
        "status": "ok" if ok else "degraded",
        "parts": {part: not fault for part, fault in parts.items()},
    }
    if request.state.identity is not None and not ok:
        body["reasons"] = {part: fault for part, fault in parts.items() if fault}
    return JSONResponse(body, 200 if ok else 503, headers={"Cache-Control": "no-store"})


@router.get("/metrics", summary="Counters for Prometheus", response_class=PlainTextResponse)
async def metrics(centre: CentreDep) -> PlainTextResponse:
    """The ledger's five figures, alarms, gateways, and whatever the centre counts besides."""
    figures = await summarise(centre)
    states = {
        name: float(getattr(figures, name)) for name in ("accepted", "stored", "dead_lettered", "dropped", "awaited")
    }
    dead, dropped = reasons_of(centre.ledger())
    by_state: dict[str, int] = {}
    gateways = centre.gateways()
    for gateway in gateways:
        by_state[gateway.state] = by_state.get(gateway.state, 0) + 1
    blocks = [
        family("thacba_readings", "gauge", "Readings by what became of them.", "state", states),
        family("thacba_readings_dead_lettered", "gauge", "Dead-lettered readings by reason.", "reason", dead),
        family("thacba_readings_dropped", "gauge", "Dropped readings by reason.", "reason", dropped),
        family("thacba_gateways", "gauge", "Gateways by state.", "state", by_state),
        withheld_family(gateways),
        family("thacba_alarms_open", "gauge", "Open alarms.", "", {"": figures.alarms_open}),
        family("thacba_alarms_raised_total", "counter", "Alarms raised.", "", {"": figures.alarms_raised}),
        family("thacba_notices_sent_total", "counter", "Notices sent.", "", {"": figures.notices_sent}),
        family("thacba_live_listeners", "gauge", "Clients of the live feed.", "", {"": centre.hub.listeners}),
    ]
    for name, value in sorted(centre.metrics().items()):
        kind = "counter" if name.endswith("_total") else "gauge"
        blocks.append(family(name, kind, "See cloud/README.md.", "", {"": value}))
    return PlainTextResponse("".join(blocks), media_type=TEXT_FORMAT)


def family(name: str, kind: str, about: str, label: str, values: Mapping[str, float]) -> str:
    """One metric family in the text format 0.0.4."""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    for key, value in values.items():
        lines.append(f'{name}{{{label}="{escaped(key)}"}} {value:.17g}' if label else f"{name} {value:.17g}")
    return "\n".join(lines) + "\n"


def withheld_family(gateways: Sequence[GatewayView]) -> str:
    """Batches beyond the limits of their gateways; only gateways that ever were there."""
    name = "thacba_gateway_withheld_batches_total"
    lines = [f"# HELP {name} Batches that had to wait, by gateway and limit.", f"# TYPE {name} counter"]
    for gateway in gateways:
        for reason, batches in gateway.withheld.items():
            lines.append(f'{name}{{gateway="{escaped(gateway.id)}",reason="{escaped(reason)}"}} {batches}')
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A label's value as the format wants it; gateways and stores choose some of these words."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
