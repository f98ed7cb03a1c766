"""Asks the province's log-in server who somebody is: OpenID Connect, authorization code with PKCE.

Sources: OpenID Connect Core 1.0 §3.1 (code flow, checks of the ID token §3.1.3.7), Discovery 1.0 §4, RFC 7636 (PKCE),
RP-Initiated Logout 1.0, RFC 9700 §2.1 (what a client must do against mix-up and injection).
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cloud.errors import CloudError
from cloud.sso.config import SsoConfig
from device_profiles.clock import Clock
from device_profiles.exercise import is_here

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")  # never "none", never a shared key
FRESH_MS: Final = 3_600_000  # so long the server's description and keys are believed
MOST_BYTES: Final = 256 * 1024


class SsoError(CloudError):
    """The log-in server cannot be asked; UnbelievedError: what it says cannot be believed."""


class UnbelievedError(SsoError):
    """The log-in server has answered, and what it says of somebody cannot be believed."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in on its way: what only this browser and we know. `at` in ms since 1970 UTC."""

    state: str
    nonce: str
    verifier: str
    back: str
    at: int


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the log-in server has seen. `token`: what it said, in its own words; it knows its session by them."""

    subject: str
    name: str
    groups: tuple[str, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Server:
    authorize: str
    token: str
    user_info: str
    keys_at: str
    takes_basic: bool
    read_at: int
    leave: str = ""  # where its own session ends; "" = it offers no such place


class SsoClient:
    """Speaks to one log-in server; `redirect` is our own address that it sends people back to."""

    def __init__(self, config: SsoConfig, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._known: _Server | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0

    def begin(self, back: str) -> Begun:
        """What a new log-in must remember until its person comes back."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return Begun(state, nonce, verifier, back, self._clock.now_ms())

    async def address(self, begun: Begun, redirect: str) -> str:
        """Where the browser is sent; SsoError."""
        challenge = base64.urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(dict.fromkeys(("openid", *self.config.scopes))),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query((await self._server()).authorize, asked)

    async def person(self, begun: Begun, code: str, redirect: str) -> Person:
        """Who came back with a code; SsoError."""
        server = await self._server()
        secret = self.config.secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.config.client_id,
            "code_verifier": begun.verifier,
        }
        basic: tuple[str, str] | None = None
        if secret is not None and server.takes_basic:
            basic = quote(self.config.client_id, safe=""), quote(secret.get_secret_value(), safe="")
        elif secret is not None:
            form["client_secret"] = secret.get_secret_value()
        tokens = await self._ask("POST", server.token, data=form, basic=basic)
        token = str(tokens.get("id_token", ""))
        claims = await self._claims(token, begun.nonce)
        wanted = (self.config.groups_claim, self.config.name_claim)
        if server.user_info and not all(each in claims for each in wanted):
            more = await self._ask("GET", server.user_info, bearer=str(tokens.get("access_token", "")))
            if more.get("sub") != claims["sub"]:
                raise UnbelievedError("the log-in server says of two people that they are one")
            claims = {**more, **claims}
        return replace(_person(claims, self.config), token=token)

    async def leave(self, token: str, redirect: str, state: str) -> str | None:
        """Where the browser is sent to end the log-in server's own session; None when it offers none. SsoError.

        `token`: what the server said at the log-in, or "" when that was not kept; it comes back to `redirect`.
        Source: OpenID Connect RP-Initiated Logout 1.0 §2, §3.
        """
        server = self._known or await self._server()  # an old description is better than a wait
        if not server.leave:
            return None
        who = {"id_token_hint": token} if token else {"client_id": self.config.client_id}
        asked = {**who, "post_logout_redirect_uri": redirect, "state": state}
        return _with_query(server.leave, asked)

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            found = await self._verified(token)
        except JoseError as error:
            raise UnbelievedError(f"the ID token cannot be believed: {error}") from error
        except ValueError as error:  # no token at all, or a key of another kind
            raise UnbelievedError("the ID token cannot be read") from error
        if not secrets.compare_digest(str(found.get("nonce", "")), nonce):
            raise UnbelievedError("the ID token belongs to another log-in")
        return found

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            decoded = jwt.decode(token, await self._key_set(anew=True), algorithms=ALGORITHMS)  # its keys have changed
        bare = self.config.issuer.rstrip("/")
        rules = jwt.JWTClaimsRegistry(
            now=self._clock.now_ms() // 1000,
            leeway=self.config.leeway_s,
            iss={"essential": True, "values": [bare, f"{bare}/"]},
            aud={"essential": True, "value": self.config.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(decoded.claims)
        audience = decoded.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and decoded.claims.get("azp") != self.config.client_id:
            raise ValueError("made for another client")
        return dict(decoded.claims)

    async def _server(self) -> _Server:
        now = self._clock.now_ms()
        if self._known is None or now - self._known.read_at > FRESH_MS:
            address = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
            said = await self._ask("GET", address)
            if str(said.get("issuer", "")).rstrip("/") != self.config.issuer.rstrip("/"):
                raise SsoError(f"{address} speaks for {said.get('issuer')!r}, not for {self.config.issuer!r}")
            try:
                self._known = _Server(
                    str(said["authorization_endpoint"]),
                    str(said["token_endpoint"]),
                    str(said.get("userinfo_endpoint", "")),
                    str(said["jwks_uri"]),
                    "client_secret_basic"
                    in said.get("token_endpoint_auth_methods_supported", ("client_secret_basic",)),
                    now,
                    _safe(str(said.get("end_session_endpoint") or "")),
                )
            except KeyError as error:
                raise SsoError(f"{address} does not name its {error.args[0]}") from error
        return self._known

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        now = self._clock.now_ms()
        if self._keys is None or anew or now - self._keys_at > FRESH_MS:
            said = await self._ask("GET", (await self._server()).keys_at)
            try:
                self._keys = KeySet.import_key_set({"keys": said["keys"]})
            except (JoseError, KeyError, ValueError) as error:
                raise SsoError("the keys of the log-in server cannot be read") from error
            self._keys_at = now
        return self._keys

    async def _ask(
        self,
        method: str,
        address: str,
        *,
        data: dict[str, str] | None = None,
        bearer: str = "",
        basic: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        try:
            async with httpx.AsyncClient(timeout=self.config.timeout_s, follow_redirects=False) as client:
                answer = await client.request(method, address, data=data, headers=headers, auth=basic)
            if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
                raise SsoError(f"the log-in server answered {answer.status_code} at {address}")
            said = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SsoError(f"the log-in server cannot be asked at {address}: {type(error).__name__}") from error
        if not isinstance(said, dict):
            raise SsoError(f"the log-in server answered nonsense at {address}")
        return said


def _with_query(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _safe(address: str) -> str:
    """The address, if a browser may be sent there: never a script, and not in the clear but on this machine."""
    try:
        parts = urlsplit(address)
        here = parts.scheme == "http" and is_here(parts.hostname or "")
    except ValueError:
        return ""
    return address if parts.scheme == "https" or here else ""


def _person(claims: dict[str, Any], config: SsoConfig) -> Person:
    name, groups = claims.get(config.name_claim), claims.get(config.groups_claim, [])
    if not isinstance(name, str) or not name.strip():
        raise UnbelievedError(f"the log-in server does not say {config.name_claim!r}")
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Person(str(claims["sub"]), name.strip(), tuple(map(str, listed)))
