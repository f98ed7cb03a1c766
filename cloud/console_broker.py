"""`thacba-cloud broker config`: writes everything that a Mosquitto needs to serve the fleet, keys and passwords too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.brokering.provision import write_settings
from cloud.brokering.settings import CENTRE, CRL_FOLDER, BrokerPlan
from cloud.config import load_config
from cloud.console import Config, told
from cloud.enrolment.authority import CRL, FOLDER, read_authority
from cloud.enrolment.certificates import AuthorityError
from cloud.errors import ConfigurationError
from device_profiles.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="The broker of the fleet.")

NEXT: Final = """Written to {folder}. Now, as root:
  cp -r {folder}/systemd/. /etc/systemd/system/ && systemctl daemon-reload
  systemctl enable --now thacba-broker-reload.path && systemctl restart mosquitto
and in the centre's file:
  [broker]
  url = "{url}"
  username = "{user}"
  client_id = "{user}"
  password_file = "{folder}/centre.password"
{tls}  [broker.door]
  crl_file = "{crl}/crl.pem"
  log_file = "{log}"
  fleet_port = {port}
  [enrolment]
  broker_url = "mqtts://{host}:{port}\""""
TLS: Final = """  ca_file = "{folder}/authorities.pem"
  certificate_file = "{folder}/centre.pem"
  key_file = "{folder}/centre.key"
"""


@app.callback()
def broker() -> None:
    """The broker of the fleet."""


@app.command("config")
def config_command(
    config: Config,
    host: Annotated[list[str], typer.Option("--host", help="Name or address that gateways use; may be repeated.")],
    folder: Annotated[Path, typer.Option("--to", help="Where the broker will read it.")] = Path("/etc/thacba/broker"),
    crl_folder: Annotated[Path, typer.Option("--crl", help="Folder of the revocation list.")] = Path(CRL_FOLDER),
    gateways: Annotated[int, typer.Option("--gateways", min=1, max=100_000, help="Size of the fleet.")] = 10_000,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port for the fleet.")] = 8883,
    centre: Annotated[str, typer.Option("--centre", help="Listener of the centre, address:port.")] = "127.0.0.1:1883",
    centre_tls: Annotated[bool, typer.Option("--centre-tls", help="The centre comes over the network.")] = False,
) -> None:
    """Writes the broker's settings, its certificate and the centre's password; a password that is there stays."""
    with told():
        own = load_config(config).data_dir / FOLDER
        authority = read_authority(own)
        if authority is None:
            raise AuthorityError("there is no authority yet: thacba-cloud authority init")
        address, centre_port = _address(centre)
        plan = BrokerPlan(
            folder=str(folder.absolute()),
            crl_folder=str(crl_folder.absolute()),
            gateways=gateways,
            fleet_port=port,
            centre_port=centre_port,
            centre_address=address,
            centre_tls=centre_tls,
        )
        write_settings(plan, authority, host, crl=(own / CRL).read_text(), clock=SystemClock())
    tls = TLS.format(folder=plan.folder) if centre_tls else ""
    url = f"mqtts://{host[0]}:{centre_port}" if centre_tls else f"mqtt://{centre}"
    facts = {"folder": plan.folder, "crl": plan.crl_folder, "log": plan.log_file, "host": host[0], "port": port}
    typer.echo(NEXT.format(**facts, url=url, tls=tls, user=CENTRE))


def _address(text: str) -> tuple[str, int]:
    address, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"{text!r} must read address:port")
    return address, int(port)
