"""From what somebody sends to a configuration whose secrets are open: signed by the centre, or made at the site."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_profiles.wire import Configuration, SignedConfiguration, WireError, decode, fingerprint
from device_profiles.wire.configuration import HASH_DIGITS, verify_configuration
from device_profiles.wire.sealing import unseal
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import over, proved_name, secrets_named, settings_in
from edge_agent.configuring.store import Kept
from edge_agent.configuring.versions import Label


@dataclass(frozen=True, slots=True)
class Arrived:
    """A configuration that may be tried; `opened` holds the secrets that came with it."""

    label: Label
    kept: Kept
    opened: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def label_of(configuration: Configuration) -> Label:
    """Which configuration this is."""
    return Label(configuration.version, fingerprint(configuration), configuration.source)


class Reception:
    """Knows who may say what this gateway shall be. `key` and `own_key` are asked each time: joining brings them."""

    def __init__(
        self, *, key: Callable[[], Ed25519PublicKey | None], own_key: Callable[[], ec.EllipticCurvePrivateKey | None]
    ) -> None:
        self._key = key
        self._own_key = own_key

    def verified(self, payload: bytes, *, gateway: str) -> Configuration:
        """What the centre signed for this gateway; WireError otherwise."""
        key = self._key()
        if key is None:
            raise WireError("no_key", "this gateway knows no centre that may configure it")
        return verify_configuration(decode(payload, SignedConfiguration), key, gateway=gateway)

    def from_centre(self, configuration: Configuration, before: Kept | None) -> Arrived:
        """The configuration with its secrets opened; ConfigurationError when one cannot be."""
        return self._arrived(label_of(configuration), configuration, before, {})

    def from_site(self, document: Mapping[str, object], before: Kept | None, *, gateway: str, number: int) -> Arrived:
        """What somebody at the gateway wants: `settings`, and in `secrets` the passwords that they refer to.

        It has no number of its own: it is a change of the version that runs, until the centre adopts it.
        """
        said = document.get("secrets") or {}
        if not isinstance(said, Mapping) or not all(isinstance(each, str) for each in said.values()):
            raise ConfigurationError("wrong", "secrets must be texts by name")
        settings = settings_in(document.get("settings", {}))
        configuration = Configuration(
            v=1,
            gateway=gateway or "-",
            version=max(1, number),
            issued_at=0,
            source="site",
            settings=over(before.configuration.settings, settings) if before else settings,
            sealed=dict(before.configuration.sealed) if before else {},
        )
        opened = {proved_name(str(name)): str(secret).encode() for name, secret in said.items()}
        kept = msgspec.structs.replace(
            configuration, sealed={name: each for name, each in configuration.sealed.items() if name not in opened}
        )
        label = label_of(kept)
        if opened:  # with another password the same settings are another configuration
            mark = hashlib.sha256((label.hash + secrets.token_hex(8)).encode()).hexdigest()[:HASH_DIGITS]
            label = Label(label.version, mark, "site")
        return self._arrived(label, kept, before, opened)

    def _arrived(
        self, label: Label, configuration: Configuration, before: Kept | None, opened: Mapping[str, bytes]
    ) -> Arrived:
        """Opens what is sealed and not known yet; a name that nothing came with means the secret that is there."""
        used = set(secrets_named(msgspec.to_builtins(configuration.settings)))
        there = before.secrets if before else {}
        known = before.configuration.sealed if before else {}
        files = {name: file for name, file in there.items() if name in used and name not in opened}
        fresh = {name: secret for name, secret in opened.items() if name in used}
        for name, sealed in configuration.sealed.items():
            if name in used and not (name in files and known.get(name) == sealed):
                files.pop(name, None)
                fresh[proved_name(name)] = self._unsealed(configuration.gateway, name, sealed)
        missing = sorted(used - set(files) - set(fresh))
        if missing:
            raise ConfigurationError("secret", f"the secret {missing[0]} is not on this gateway")
        return Arrived(label, Kept(configuration, files), fresh)

    def _unsealed(self, gateway: str, name: str, sealed: str) -> bytes:
        key = self._own_key()
        if key is None:
            raise ConfigurationError("secret", f"{name} is sealed, and this gateway has no key yet")
        try:
            return unseal(key, sealed, context=f"{gateway}/{name}")
        except WireError as error:
            raise ConfigurationError("secret", error.detail) from error
