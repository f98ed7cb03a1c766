"""A boxed gateway that reads already joins its centre while it runs: nothing that it read is lost or interrupted."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from device_profiles.wire.claims import JoinAnswer, JoinRequest
from device_profiles.wire.configuration import sign_configuration
from device_profiles.wire.sealing import seal
from edge_agent.identity.papers import read_key
from tests.edge_agent.centre import centre_at
from tests.edge_agent.configuring.rig import CENTRE_KEY, configuration, gateway_at, gauge, gauges, public_key, reported
from tests.edge_agent.identity.stand import GATEWAY, Stand, standing
from tests.servers import Server
from tests.waiting import eventually


async def test_a_box_joins_while_it_reads_and_takes_its_first_configuration(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    async with gauges(2) as hosts, standing(tmp_path) as stand, centre_at(mosquitto_server, gateway=GATEWAY) as centre:
        stand.broker_url = f"mqtt://127.0.0.1:{mosquitto_server.port}"
        devices = [gauge(f"d{number}", host.port) for number, host in enumerate(hosts)]
        with_configuration(stand, tmp_path / "data", devices)
        async with gateway_at(tmp_path, data=tmp_path / "data") as gateway:
            await gateway.ask("apply", {"settings": {"devices": devices[:1]}})
            await gateway.configuration(state="active", version=1)
            assert (await gateway.ask("join", {"claim": stand.link}))["state"] == "member"
            said = await reported(centre, version=7, state="active")
            assert said.source == "centre"
            status = await gateway.status()
            assert (status["gateway"], status["identity"]["state"]) == (GATEWAY, "member")
            await eventually(lambda: {"d0", "d1"} <= set(centre.readings()))
            numbers = [sequence for _, sequence in centre.batches]
            assert min(numbers) == 1  # also what was read before anybody could be told
            assert hosts[0].connections == 1
        secrets = tmp_path / "data" / "configuration" / "secrets"
        assert [path.read_bytes() for path in secrets.iterdir()] == [b"s3cret of the camera"]


def with_configuration(stand: Stand, data: Path, devices: list[dict[str, object]]) -> None:
    """The welcome brings the centre's key, and a first configuration with a secret for the key that just joined."""
    joined = stand.joined

    def welcoming(request: JoinRequest) -> JoinAnswer:
        key = read_key((data / "identity" / "claim-key.pem").read_bytes())
        camera = {
            "id": "cam-1",
            "profile": "ip_camera",
            "name": {"vi": "Camera", "en": "Camera"},
            "connection": {
                "kind": "camera",
                "url": "rtsp://127.0.0.1:9/live",
                "username": "thacba",
                "password_file": "sealed:camera-1",
            },
        }
        wanted = replace(
            configuration(GATEWAY, 7, devices=[*devices, camera]),
            sealed={"camera-1": seal(key.public_key(), b"s3cret of the camera", context=f"{GATEWAY}/camera-1")},
        )
        answer = joined(request)
        welcome = replace(
            answer.welcome, command_key=public_key(), configuration=sign_configuration(wanted, CENTRE_KEY)
        )
        return replace(answer, welcome=welcome)

    stand.joined = welcoming  # type: ignore[method-assign]
