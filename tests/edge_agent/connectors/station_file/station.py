"""A station's files, a real FTP server that takes them, and the listener that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from device_profiles.load import load_catalogue
from edge_agent.connector import LinkError, Observation, Sample
from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.station_file.connector import StationListener
from tests.edge_agent.uplink.certificates import Authority
from tests.servers import Server, free_port, listens, program, while_running

PROFILE = load_catalogue()["circular10_wastewater"]
STATION = "KCNPN_NT01"
TEN_FIFTEEN = 1_725_765_300_000  # 2024-09-08 10:15:00 in Vietnam
MINUTE = 60_000


def text(stamp: str = "20240908101500", *, ph: str = "7.12", end: str = "\r\n") -> str:
    """One file as stations write it."""
    rows = [
        ("Flow", "118.4", "m3/h", "00"), ("pH", ph, "-", "00"), ("TSS", "31.5", "mg/L", "00"),
        ("COD", "41.8", "mg/L", "01"), ("NH4", "2.31", "mg/L", "02"), ("Temp", "29.6", "oC", "00"),
    ]  # fmt: skip
    return end.join("\t".join((name, value, unit, stamp, status)) for name, value, unit, status in rows) + end


def name(stamp: str = "20240908101500") -> str:
    return f"{STATION}_{stamp}.txt"


@dataclass(slots=True)
class Delivered:
    """What the agent has on disk."""

    samples: list[Sample] = field(default_factory=list)
    calls: int = 0
    lost: str = ""

    async def deliver(self, observations: Sequence[Observation]) -> None:
        self.calls += 1
        self.samples += [each for each in observations if isinstance(each, Sample)]

    def of(self, point: str) -> list[tuple[object, int | None]]:
        """Value or fault of a point, with its minute after 10:15."""
        return [
            (each.fault or each.value, None if each.observed_at is None else (each.observed_at - TEN_FIFTEEN) // MINUTE)
            for each in self.samples
            if each.point == point
        ]


def listener(folder: Path, clock: Clock | None = None, **connection: object) -> StationListener:
    """Quick looks, so that tests need not wait."""
    given = {"folder": folder, "station": STATION, "look_every_s": 0.1, "settled_s": 0.0, **connection}
    made = StationFileConnection.model_validate(given)
    return StationListener("nt01", made, PROFILE, clock=clock or SystemClock())


@asynccontextmanager
async def listening(station: StationListener) -> AsyncIterator[Delivered]:
    """The listener at work until the end of the block."""
    delivered = Delivered()

    async def work() -> None:
        while True:
            try:
                await station.listen(delivered.deliver)
            except LinkError as error:
                delivered.lost = error.fault
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(work())
        try:
            yield delivered
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@contextmanager
def ftp_server(folder: Path) -> Iterator[tuple[Server, Path]]:
    """vsftpd with TLS for who wants it; gives it and the folder that it fills."""
    root, empty, incoming = folder / "root", folder / "empty", folder / "root" / "incoming"
    incoming.mkdir(parents=True)
    empty.mkdir()
    pem = Authority(folder).issue("ftp")
    port = free_port()
    lines = [
        "listen=YES", "background=NO", "listen_address=127.0.0.1", f"listen_port={port}",
        "run_as_launching_user=YES", f"secure_chroot_dir={empty}", "seccomp_sandbox=NO",
        "anonymous_enable=YES", "no_anon_password=YES", "write_enable=YES", "anon_upload_enable=YES",
        "anon_other_write_enable=YES", "anon_umask=022", f"anon_root={root}",
        "ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_logins_ssl=NO", "force_anon_data_ssl=NO",
        "require_ssl_reuse=NO", f"rsa_cert_file={pem}", "ssl_tlsv1=YES", "ssl_ciphers=HIGH",
    ]  # fmt: skip
    config = folder / "vsftpd.conf"
    config.write_text("\n".join(lines) + "\n")
    server = Server("vsftpd", [program("vsftpd"), str(config)], folder, port, lambda: listens(port), "ftp")
    for running in while_running(server):
        yield running, incoming
