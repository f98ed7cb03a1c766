"""Runs the page: a program of its own, so that it stays up when the agent does not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from device_profiles.clock import SystemClock
from device_profiles.folders import make_lasting
from device_profiles.load import CATALOGUE, load_catalogue
from edge_agent.commissioning.desk import Desk
from edge_agent.connector import LinkError
from edge_agent.connectors.http_json.push import PromptProtocol
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.discovery.finding import Scope
from edge_agent.discovery.scan import scan
from edge_agent.page.access import AccessBook
from edge_agent.page.cabinet import Cabinet
from edge_agent.page.label import label_text
from edge_agent.page.searching import Searching
from edge_agent.page.shell import create_page

ANSWER_S: Final = 40.0  # reading a device on a slow line takes half a minute
IDLE_S: Final = 20
STOP_WITHIN_S: Final = 2
MOST_CONNECTIONS: Final = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line may say beyond the data folder."""

    host: str = "0.0.0.0"
    port: int = 8090
    profiles: tuple[Path, ...] = ()
    networks: tuple[str, ...] = ()
    modbus_ports: tuple[int, ...] = ()


def cabinet_at(data_dir: Path, wishes: Wishes = Wishes()) -> Cabinet:
    """The cabinet with this data folder."""
    make_lasting(data_dir)
    clock = SystemClock()
    catalogue = load_catalogue(CATALOGUE, *wishes.profiles)
    return Cabinet(
        data_dir=data_dir,
        agent=ControlClient(data_dir / SOCKET, answer_within_s=ANSWER_S),
        access=AccessBook(data_dir, clock),
        desk=Desk(data_dir, clock.now_ms),
        searching=Searching(lambda scope: scan(scope, catalogue)),
        catalogue=catalogue,
        clock=clock,
        networks=wishes.networks,
        scope=Scope(modbus_ports=wishes.modbus_ports or Scope().modbus_ports),
    )


def serve(data_dir: Path, wishes: Wishes) -> None:
    """Serves until SIGTERM or Ctrl-C; LinkError when the port cannot be had."""
    cabinet = cabinet_at(data_dir, wishes)
    if not cabinet.access.has_code:
        cabinet.access.new_code(label_text())
        log.warning("access code made", extra={"label": str(cabinet.access.label)})
    door = bound_socket(wishes.host, wishes.port)
    with contextlib.closing(door):
        asyncio.run(_serve(cabinet, door))


async def _serve(cabinet: Cabinet, door: socket.socket) -> None:
    server = uvicorn.Server(settings(cabinet))
    async with asyncio.TaskGroup() as program:
        searching = program.create_task(cabinet.searching.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _stop, server)
        host, port = door.getsockname()[:2]
        log.info("page open", extra={"host": host, "port": port})
        await server.serve(sockets=[door])
        searching.cancel()


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def settings(cabinet: Cabinet) -> uvicorn.Config:
    """How the page is served."""
    return uvicorn.Config(
        create_page(cabinet),
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="warning",
        server_header=False,
        http=PromptProtocol,  # who begins a request and never ends it keeps no place
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=16_384,
    )


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that is bound; LinkError with the reason when that is not possible."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise LinkError("refused", f"cannot listen on {host}:{port}: {error.strerror}") from error
