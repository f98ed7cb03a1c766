"""A whole OPC UA server (asyncua's) as a program of its own: nodes from its first line, changes from every further one.

first line:  {"url": ..., "folder": ..., "password": ..., "namespaces": [...], "nodes": {"ns=2;s=Level": 3.2, ...}}
then lines:  {"node": "ns=2;s=Level", "value": 3.4, "status": "BadSensorFailure"}
It prints `ready`, and `set` after each change.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import PermissiveUserManager
from cryptography.x509.oid import ExtendedKeyUsageOID

URI = "urn:test:plant"


class Doorman(PermissiveUserManager):
    """Lets in everybody who names no user, and one user with his password."""

    def __init__(self, password: str) -> None:
        self._password = password

    def get_user(self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None) -> Any:
        known = username is None or (username == "giam-sat" and password == self._password)
        return User(role=UserRole.User, name=str(username)) if known else None


async def main(told: dict[str, Any]) -> None:
    folder = Path(told["folder"])
    key, certificate = folder / "server.key.pem", folder / "server.der"
    use = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    await setup_self_signed_certificate(key, certificate, URI, "localhost", use, {})
    server = Server(user_manager=Doorman(told["password"]))
    await server.init()
    await server.set_application_uri(URI)
    server.set_endpoint(told["url"])
    policies = [ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt]
    server.set_security_policy([*policies, ua.SecurityPolicyType.Basic256Sha256_Sign])
    await server.load_certificate(certificate)
    await server.load_private_key(key)
    for uri in told["namespaces"]:
        await server.register_namespace(uri)
    folder_node = await server.nodes.objects.add_object(ua.NodeId("Plant", 2), "2:Plant")
    nodes = {}
    for text, value in told["nodes"].items():
        here = ua.NodeId.from_string(text)
        nodes[text] = await folder_node.add_variable(here, f"{here.NamespaceIndex}:{here.Identifier}", value)
        await nodes[text].set_writable()
    async with server:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            change = json.loads(line)
            status = ua.StatusCode(getattr(ua.StatusCodes, change.get("status", "Good")))
            value = None if "value" not in change else ua.Variant(change["value"])
            moment = datetime.now(UTC).replace(tzinfo=None)
            await nodes[change["node"]].write_value(ua.DataValue(value, status, SourceTimestamp=moment))
            print("set", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.stdin.readline())))
