"""What is asked of an ONVIF camera: the requests that the client sends; pure."""

from __future__ import annotations

from xml.sax.saxutils import escape

from edge_agent.onvif.reading import EVENTS, MEDIA, MEDIA2, PTZ
from edge_agent.onvif.soap import Call

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2"
PULL = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest"
SUBSCRIBE = "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest"
RENEW = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest"
UNSUBSCRIBE = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest"

DATE_AND_TIME = Call(f"{DEVICE}/GetSystemDateAndTime", f'<GetSystemDateAndTime xmlns="{DEVICE}"/>')
SERVICES = Call(
    f"{DEVICE}/GetServices",
    f'<GetServices xmlns="{DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>',
)
CAPABILITIES = Call(
    f"{DEVICE}/GetCapabilities", f'<GetCapabilities xmlns="{DEVICE}"><Category>All</Category></GetCapabilities>'
)


def profiles(*, new: bool) -> Call:
    """The media profiles; `new` for the service of Profile T."""
    if new:
        return Call(f"{MEDIA2}/GetProfiles", f'<GetProfiles xmlns="{MEDIA2}"><Type>All</Type></GetProfiles>')
    return Call(f"{MEDIA}/GetProfiles", f'<GetProfiles xmlns="{MEDIA}"/>')


def stream(profile: str, *, new: bool) -> Call:
    """The address of the stream of a profile, over TCP."""
    token = f"<ProfileToken>{escape(profile)}</ProfileToken>"
    if new:
        body = f'<GetStreamUri xmlns="{MEDIA2}"><Protocol>RTSP</Protocol>{token}</GetStreamUri>'
        return Call(f"{MEDIA2}/GetStreamUri", body)
    setup = (
        f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
    )
    return Call(f"{MEDIA}/GetStreamUri", f'<GetStreamUri xmlns="{MEDIA}">{setup}{token}</GetStreamUri>')


def presets(profile: str) -> Call:
    """The presets of a profile."""
    token = f"<ProfileToken>{escape(profile)}</ProfileToken>"
    return Call(f"{PTZ}/GetPresets", f'<GetPresets xmlns="{PTZ}">{token}</GetPresets>')


def goto(profile: str, preset: str) -> Call:
    """Look at a preset."""
    tokens = f"<ProfileToken>{escape(profile)}</ProfileToken><PresetToken>{escape(preset)}</PresetToken>"
    return Call(f"{PTZ}/GotoPreset", f'<GotoPreset xmlns="{PTZ}">{tokens}</GotoPreset>')


def subscribe(to: str, message: str, *, lasts_s: int) -> Call:
    """A pull point for everything that the camera tells."""
    lasts = f"<InitialTerminationTime>PT{lasts_s}S</InitialTerminationTime>"
    body = f'<CreatePullPointSubscription xmlns="{EVENTS}">{lasts}</CreatePullPointSubscription>'
    return Call(SUBSCRIBE, body, to, message)


def pull(to: str, message: str, *, wait_s: float, most: int) -> Call:
    """What has been said since, waiting so long for it."""
    body = f"<Timeout>PT{wait_s:.3f}S</Timeout><MessageLimit>{most}</MessageLimit>"
    return Call(PULL, f'<PullMessages xmlns="{EVENTS}">{body}</PullMessages>', to, message)


def renew(to: str, message: str, *, lasts_s: int) -> Call:
    """Keep the pull point."""
    lasts = f"<TerminationTime>PT{lasts_s}S</TerminationTime>"
    return Call(RENEW, f'<Renew xmlns="{NOTIFICATION}">{lasts}</Renew>', to, message)


def unsubscribe(to: str, message: str) -> Call:
    """Give the pull point back: cameras have few."""
    return Call(UNSUBSCRIBE, f'<Unsubscribe xmlns="{NOTIFICATION}"/>', to, message)
