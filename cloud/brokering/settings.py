"""The settings of a Mosquitto 2.0 that serves the fleet: every file but the keys, as text; pure.

```
 gateways ══ 8883, mTLS, CN = user = client id ══▶ Mosquitto ◀── 127.0.0.1:1883, name and password ── centre
                                                     │  ▲ SIGHUP
                                         log (tmpfs) ▼  │ revocation list
                                                   centre
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from device_profiles.wire import Channel, filter_for
from device_profiles.wire.topics import DOWN, ROOT, UP

CENTRE: Final = "@centre"  # no gateway id holds an @: nobody can be enrolled under this name
LOG_FOLDER: Final = "/run/thacba/broker"
CRL_FOLDER: Final = "/var/lib/thacba-broker"
LOG_TYPES: Final = ("error", "warning", "notice", "information", "subscribe", "debug")
LARGEST_PACKET: Final = 1024 * 1024  # a batch is 256 KiB at most, a signed configuration a little more
SPARE: Final = 1.2  # old connections that are not known to be dead stand beside the new ones
FILES_BESIDE: Final = 512  # of the broker itself
MIB: Final = 1024 * 1024
RETAINED: Final = 3  # of a gateway: birth, health, configuration
QUEUED_BYTES: Final = 64 * MIB
SESSION_BYTES: Final = 64 * 1024  # of one gateway with TLS, with its retained messages; measured: see the README


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """What the settings depend on. The defaults are those of a Debian 12 with everything on one machine."""

    folder: str = "/etc/thacba/broker"
    crl_folder: str = CRL_FOLDER
    log_file: str = f"{LOG_FOLDER}/log"
    data_folder: str = "/var/lib/mosquitto"
    pid_file: str = "/run/mosquitto/mosquitto.pid"
    gateways: int = 10_000
    fleet_port: int = 8883
    fleet_address: str = ""  # empty = all
    centre_port: int = 1883
    centre_address: str = "127.0.0.1"
    centre_tls: bool = False  # mqtts with a certificate and the password: for a centre on another machine

    @property
    def connections(self) -> int:
        """How many gateways may be connected at a time."""
        return int(self.gateways * SPARE) + 16


def files_of(plan: BrokerPlan) -> dict[str, str]:
    """Name and content of each file that holds no secret."""
    return {
        "mosquitto.conf": _mosquitto(plan),
        "fleet.acl": _fleet_acl(),
        "centre.acl": _centre_acl(),
        "systemd/mosquitto.service.d/thacba.conf": _service(plan),
        "systemd/run-thacba-broker.mount": _mount(),
        "systemd/thacba-broker-reload.path": _reload_path(plan),
        "systemd/thacba-broker-reload.service": _RELOAD_SERVICE,
    }


def _mosquitto(plan: BrokerPlan) -> str:
    folder = plan.folder
    fleet = f"{plan.fleet_port} {plan.fleet_address}".rstrip()
    certificates = [
        f"cafile {folder}/authorities.pem",
        f"certfile {folder}/broker.pem",
        f"keyfile {folder}/broker.key",
        f"crlfile {plan.crl_folder}/crl.pem",
        "tls_version tlsv1.2",
        "require_certificate true",
    ]
    return "\n".join(
        [
            f"# For {plan.gateways} gateways. Made by `thacba-cloud broker config`: change its options, not this file.",
            "",
            "# Rights and passwords of one listener never count at the other.",
            "per_listener_settings true",
            f"pid_file {plan.pid_file}",
            "",
            "# Births, health and configurations are retained. Sessions are clean: nothing else needs to be kept.",
            "persistence true",
            f"persistence_location {plan.data_folder}/",
            "autosave_interval 300",
            "",
            f"max_packet_size {LARGEST_PACKET}",
            "# While the centre comes back it is handed what the whole fleet has retained.",
            f"max_queued_messages {max(1000, 2 * RETAINED * plan.gateways)}",
            f"max_queued_bytes {QUEUED_BYTES}",
            "max_inflight_messages 100",
            "set_tcp_nodelay true",
            f"memory_limit {_memory(plan)}",
            "",
            "# What was refused stands only among the debug lines. The centre reads and empties this file, which lies",
            "# on a small memory disk: when nobody reads it, lines are lost and nothing else.",
            f"log_dest file {plan.log_file}",
            *(f"log_type {each}" for each in LOG_TYPES),
            "connection_messages true",
            "",
            "# The fleet: the certificate's CN is the user, the client id and the gateway in every topic.",
            f"listener {fleet}",
            *certificates,
            "use_identity_as_username true",
            "use_username_as_clientid true",
            "allow_anonymous false",
            f"acl_file {folder}/fleet.acl",
            f"max_connections {plan.connections}",
            "",
            "# The centre.",
            f"listener {plan.centre_port} {plan.centre_address}".rstrip(),
            *(certificates if plan.centre_tls else ()),
            "allow_anonymous false",
            f"password_file {folder}/centre.passwd",
            f"acl_file {folder}/centre.acl",
            "max_connections 32",
            "",
        ]
    )


def _memory(plan: BrokerPlan) -> int:
    return 256 * MIB + plan.gateways * SESSION_BYTES + 2 * QUEUED_BYTES


def _own(channel: Channel) -> str:
    return f"{ROOT}/+/%u/{channel}"


def _fleet_acl() -> str:
    return "\n".join(
        [
            "# A gateway speaks and hears for itself alone; what is not named here is refused.",
            *(f"pattern write {_own(channel)}" for channel in UP),
            *(f"pattern read {_own(channel)}" for channel in DOWN),
            "# Its own birth tells a gateway of a rival with its name.",
            f"pattern read {_own(Channel.STATE)}",
            "",
        ]
    )


def _centre_acl() -> str:
    return "\n".join(
        [
            f"user {CENTRE}",
            *(f"topic read {filter_for(channel)}" for channel in UP),
            *(f"topic write {filter_for(channel)}" for channel in DOWN),
            "# It takes back the births of gateways that are gone.",
            *(f"topic write {filter_for(channel)}" for channel in (Channel.STATE, Channel.HEALTH)),
            "topic read $SYS/broker/#",
            "",
        ]
    )


def _service(plan: BrokerPlan) -> str:
    return f"""[Unit]
RequiresMountsFor={LOG_FOLDER}

[Service]
ExecStartPre=+/usr/bin/install -m 0660 -o mosquitto -g thacba /dev/null {plan.log_file}
ExecStart=
ExecStart=/usr/sbin/mosquitto -c {plan.folder}/mosquitto.conf
Restart=always
RestartSec=1
LimitNOFILE={plan.connections + 32 + FILES_BESIDE}
"""


def _mount() -> str:
    return f"""[Unit]
Description=Log of the fleet's broker, in memory, bounded

[Mount]
What=tmpfs
Where={LOG_FOLDER}
Type=tmpfs
Options=size=64M,mode=0755,nosuid,nodev,noexec
"""


def _reload_path(plan: BrokerPlan) -> str:
    return f"""[Unit]
Description=The revocation list of the fleet has changed

[Path]
PathChanged={plan.crl_folder}/crl.pem

[Install]
WantedBy=multi-user.target
"""


_RELOAD_SERVICE: Final = """[Unit]
Description=Make the broker read the revocation list
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl reload mosquitto.service
"""
