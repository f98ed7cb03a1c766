"""The control side of an ONVIF camera that is not there: SOAP over HTTP, its own clock, presets and a pull point."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self
from xml.etree import ElementTree

from fastapi import FastAPI, Request, Response

from device_profiles.clock import Clock, SystemClock
from simulators.http_server import HttpHost

PATH = "/onvif/device_service"
POINT = "/onvif/events/0"
REALM = "thacba"
TOLERATED_MS = 10_000  # a UsernameToken from further away in time is refused, as real cameras do
PRESETS = {"1": "Cầu Yên Bái", "2": "Ngã tư Km5", "3": "Bến xe"}
LONGEST_PULL_S = 20.0
SCHEMES = Literal["token", "digest", "none"]
_PAIR = re.compile(r'(\w+)="?([^",]*)"?')
_WAIT = re.compile(r"PT([\d.]+)S")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:wsa5="http://www.w3.org/2005/08/addressing" xmlns:tns1="http://www.onvif.org/ver10/topics" '
    'xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>'
)
TAIL = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"


@dataclass(slots=True)
class OnvifFaults:
    """What can be wrong with the camera; switched at run time."""

    silent: bool = False  # takes requests and never answers
    garbage: bool = False  # answers what is no SOAP
    no_events: bool = False  # an older model without an event service
    other_host: bool = False  # names itself by an address behind NAT


class OnvifCameraService:
    """`async with OnvifCameraService(...) as camera: camera.url`; `say` puts a message into its pull point."""

    def __init__(
        self,
        *,
        stream: str = "rtsp://127.0.0.1:554/live",
        login: tuple[str, str] = ("", ""),
        scheme: SCHEMES = "token",
        offset_ms: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.faults = OnvifFaults()
        self.stream = stream
        self.offset_ms = offset_ms
        self.looks_at = ""  # token of the preset
        self.asked: Counter[str] = Counter()
        self.refused = 0
        self.points = 0  # pull points that are open
        self._login = login
        self._scheme = scheme
        self._clock = clock or SystemClock()
        self._nonce = secrets.token_hex(8)
        self._said: deque[str] = deque(maxlen=200)
        self._news = asyncio.Event()
        api = FastAPI(openapi_url=None)
        api.add_api_route("/{path:path}", self._serve, methods=["POST"])
        self._host = HttpHost(api)

    @property
    def url(self) -> str:
        """Its device service."""
        return self._host.url + PATH

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._host.port

    async def __aenter__(self) -> Self:
        await self._host.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._host.__aexit__(kind, error, trace)

    def say(self, topic: str, item: str, value: str, *, operation: str = "Changed", source: str = "V1") -> None:
        """Tells something to whoever pulls."""
        kind = f' PropertyOperation="{operation}"' if operation else ""
        self._said.append(
            f'<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
            f'{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{self._moment()}"{kind}><tt:Source>'
            f'<tt:SimpleItem Name="VideoSourceToken" Value="{source}"/></tt:Source><tt:Data>'
            f'<tt:SimpleItem Name="{item}" Value="{value}"/></tt:Data></tt:Message></wsnt:Message>'
            f"</wsnt:NotificationMessage>"
        )
        self._news.set()

    async def _serve(self, request: Request) -> Response:
        content = await request.body()
        operation, root = _operation(content)
        if self.faults.silent:
            await asyncio.sleep(120)
        if self.faults.garbage:
            return Response("<html><body>It works!</body></html>")
        if operation != "GetSystemDateAndTime" and not self._admits(request, root):
            self.refused += 1
            return self._refusal()
        self.asked[operation] += 1
        if operation == "PullMessages":
            return _soap(await self._pulled(root))
        answer: Callable[[ElementTree.Element], str] | None = getattr(self, f"_{_snake(operation)}", None)
        if answer is None:
            return _fault("ter:ActionNotSupported", f"{operation} is not implemented")
        return _soap(answer(root))

    def _admits(self, request: Request, root: ElementTree.Element) -> bool:
        username, password = self._login
        if not username:
            return True
        if self._scheme == "digest":
            return _is_digest(request, self._nonce, (username, password))
        return _is_token(root, (username, password), now_ms=self._now_ms())

    def _refusal(self) -> Response:
        if self._scheme == "digest":
            challenge = f'Digest realm="{REALM}", qop="auth", nonce="{self._nonce}", algorithm=MD5'
            return Response(status_code=401, headers={"WWW-Authenticate": challenge})
        return _fault("ter:NotAuthorized", "Sender not Authorized", status=400)

    def _get_system_date_and_time(self, _: ElementTree.Element) -> str:
        now = datetime.fromtimestamp(self._now_ms() / 1000, UTC)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
            f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
            "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _get_services(self, _: ElementTree.Element) -> str:
        host = "http://192.168.7.7:8000" if self.faults.other_host else self._host.url
        known = {"ver10/device": PATH, "ver10/media": "/onvif/media", "ver20/ptz": "/onvif/ptz"}
        if not self.faults.no_events:
            known["ver10/events"] = "/onvif/events"
        return (
            "<tds:GetServicesResponse>"
            + "".join(
                f"<tds:Service><tds:Namespace>http://www.onvif.org/{name}/wsdl</tds:Namespace><tds:XAddr>{host}{path}"
                "</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
                for name, path in known.items()
            )
            + "</tds:GetServicesResponse>"
        )

    def _get_profiles(self, _: ElementTree.Element) -> str:
        known = _profile("main", 1920, 1080, 25) + _profile("sub", 640, 360, 12)
        return f"<trt:GetProfilesResponse>{known}</trt:GetProfilesResponse>"

    def _get_stream_uri(self, root: ElementTree.Element) -> str:
        stream = self.stream.replace("127.0.0.1", "192.168.7.7") if self.faults.other_host else self.stream
        uri = f"{stream}?profile={_text(root, 'ProfileToken')}"
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _get_presets(self, _: ElementTree.Element) -> str:
        names = PRESETS.items()
        known = "".join(f'<tptz:Preset token="{key}"><tt:Name>{name}</tt:Name></tptz:Preset>' for key, name in names)
        return f"<tptz:GetPresetsResponse>{known}</tptz:GetPresetsResponse>"

    def _goto_preset(self, root: ElementTree.Element) -> str:
        self.looks_at = _text(root, "PresetToken")
        return "<tptz:GotoPresetResponse/>"

    def _create_pull_point_subscription(self, _: ElementTree.Element) -> str:
        self.points += 1
        return (
            f"<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa5:Address>{self._host.url}{POINT}"
            f"</wsa5:Address></tev:SubscriptionReference><wsnt:CurrentTime>{self._moment()}</wsnt:CurrentTime>"
            f"<wsnt:TerminationTime>{self._moment(60_000)}</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>"
        )

    def _renew(self, _: ElementTree.Element) -> str:
        until = f"<wsnt:TerminationTime>{self._moment(60_000)}</wsnt:TerminationTime>"
        return f"<wsnt:RenewResponse>{until}</wsnt:RenewResponse>"

    def _unsubscribe(self, _: ElementTree.Element) -> str:
        self.points -= 1
        return "<wsnt:UnsubscribeResponse/>"

    async def _pulled(self, root: ElementTree.Element) -> str:
        """What was said, or nothing when the time is up."""
        wait = _WAIT.search(_text(root, "Timeout"))
        try:
            async with asyncio.timeout(min(LONGEST_PULL_S, float(wait[1]) if wait else 1.0)):
                if not self._said:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass  # nothing to say is an answer, too
        said = "".join(self._said)
        self._said.clear()
        now, until = self._moment(), self._moment(60_000)
        times = f"<tev:CurrentTime>{now}</tev:CurrentTime><tev:TerminationTime>{until}</tev:TerminationTime>"
        return f"<tev:PullMessagesResponse>{times}{said}</tev:PullMessagesResponse>"

    def _now_ms(self) -> int:
        return self._clock.now_ms() + self.offset_ms

    def _moment(self, later_ms: int = 0) -> str:
        moment = datetime.fromtimestamp((self._now_ms() + later_ms) / 1000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _operation(content: bytes) -> tuple[str, ElementTree.Element]:
    root = ElementTree.fromstring(content)  # noqa: S314 -- what our own tests send
    body = next(one for one in root if one.tag.endswith("}Body"))
    return body[0].tag.rpartition("}")[2], root


def _text(root: ElementTree.Element, name: str) -> str:
    return next((one.text or "" for one in root.iter() if one.tag.rpartition("}")[2] == name), "")


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def _is_token(root: ElementTree.Element, login: tuple[str, str], *, now_ms: int) -> bool:
    """UsernameToken with a password digest, as the OASIS profile defines it."""
    username, password = login
    created = _text(root, "Created")
    try:
        nonce = base64.b64decode(_text(root, "Nonce"), validate=True)
        at_ms = datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp() * 1000
    except ValueError:
        return False
    digest = base64.b64encode(
        hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    ).decode()
    fresh = bool(nonce) and abs(at_ms - now_ms) <= TOLERATED_MS
    return fresh and _text(root, "Username") == username and hmac.compare_digest(digest, _text(root, "Password"))


def _is_digest(request: Request, nonce: str, login: tuple[str, str]) -> bool:
    """HTTP Digest with qop auth (RFC 7616, MD5 as cameras have it)."""
    pairs = dict(_PAIR.findall(request.headers.get("authorization", "").removeprefix("Digest ")))
    secret = _md5(f"{login[0]}:{REALM}:{login[1]}")
    asked = _md5(f"POST:{request.url.path}")
    wanted = _md5(f"{secret}:{nonce}:{pairs.get('nc')}:{pairs.get('cnonce')}:auth:{asked}")
    return pairs.get("nonce") == nonce and hmac.compare_digest(wanted, pairs.get("response", ""))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _profile(token: str, width: int, height: int, rate: int) -> str:
    return (
        f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}Stream</tt:Name>'
        f'<tt:VideoEncoderConfiguration token="e_{token}"><tt:Name>{token}</tt:Name><tt:Encoding>H264</tt:Encoding>'
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        f"<tt:RateControl><tt:FrameRateLimit>{rate}</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration>"
        f'<tt:PTZConfiguration token="p"><tt:Name>p</tt:Name></tt:PTZConfiguration></trt:Profiles>'
    )


def _soap(body: str) -> Response:
    return Response(HEAD + body + TAIL, media_type="application/soap+xml; charset=utf-8")


def _fault(code: str, text: str, *, status: int = 500) -> Response:
    body = (
        f"<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        f"<SOAP-ENV:Value>{code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>"
        f'<SOAP-ENV:Text xml:lang="en">{text}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>'
    )
    return Response(HEAD + body + TAIL, status_code=status, media_type="application/soap+xml; charset=utf-8")
