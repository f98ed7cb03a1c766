"""Debian's own SNMP agent and the tools that come with it, as the tests need them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers import HOST, Server, free_port, program, while_running

READ, WRITE, USER, AUTH, PRIVACY = "thay-doc", "thay-ghi", "giam-sat", "mat-khau-ky", "mat-khau-ma-hoa"
QUIET = {"MIBS": "", "PATH": os.environ.get("PATH", "")}  # names of MIBs are of no use here, and their files not free


@contextmanager
def run_snmpd(*lines: str, user_auth: str = "SHA-256", user_privacy: str = "AES") -> Iterator[Server]:
    """snmpd with two communities and a v3 user; `lines` are more of its configuration."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        own = [
            f"agentaddress udp:{HOST}:{port}",
            f"rocommunity {READ} {HOST}",
            f"rwcommunity {WRITE} {HOST}",
            f"createUser {USER} {user_auth} {AUTH} {user_privacy} {PRIVACY}",
            f"rwuser {USER} priv",
            "sysName tu-01",
        ]
        (folder / "snmpd.conf").write_text("\n".join([*own, *lines]) + "\n")
        env = [f"{key}={value}" for key, value in QUIET.items()] + [f"SNMP_PERSISTENT_DIR={folder}", "SNMPCONFPATH=/"]
        command = ["env", *env, program("snmpd"), "-f", "-Lo", "-C", "-c", str(folder / "snmpd.conf")]
        command += ["-I", "-mteTrigger,mteTriggerConf"]
        server = Server("snmpd", command, folder, port, lambda: answers(port), "snmp")
        yield from while_running(server)


def answers(port: int) -> bool:
    """Whether the agent is awake."""
    asked = ["snmpget", "-v2c", "-c", READ, "-t", "0.3", "-r", "0", f"{HOST}:{port}", "1.3.6.1.2.1.1.3.0"]
    return subprocess.run(asked, env=QUIET, capture_output=True, check=False).returncode == 0


async def tool(name: str, *arguments: str, folder: Path | None = None) -> int:
    """Runs snmpset, snmptrap or snmpinform; its exit code."""
    env: Mapping[str, str] = QUIET | ({"SNMP_PERSISTENT_DIR": str(folder)} if folder else {})
    process = await asyncio.create_subprocess_exec(
        program(name), *arguments, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return await process.wait()


def secrets(folder: Path) -> Mapping[str, Path]:
    """The files that a connection names."""
    files = {"community": READ, "write_community": WRITE, "auth_password": AUTH, "privacy_password": PRIVACY}
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
    return {f"{name}_file": folder / name for name in files}


def overrides(values: Mapping[str, tuple[str, object]]) -> Sequence[str]:
    """Lines that make the agent answer these, and let them be set: OID -> type and value of snmpd.conf(5)."""
    return [f"override -rw {oid} {kind} {value}" for oid, (kind, value) in values.items()]
