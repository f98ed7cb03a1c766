"""What answers say, also when they say it oddly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connector import LinkError
from edge_agent.onvif import reading
from edge_agent.onvif.reading import MediaProfile, chosen, messages, own_address, stream_address
from edge_agent.onvif.soap import Element, parse

MAIN = MediaProfile("main", "mainStream", "H264", 1920, 1080, 25)
SUB = MediaProfile("sub", "subStream", "H264", 640, 360, 12)
TINY = MediaProfile("tiny", "", "H264", 176, 144, 5)


def xml(text: str) -> Element:
    return parse(text.encode())


def clock(year: int, month: int = 1, day: int = 2, hour: int = 3, second: int = 5) -> Element:
    return xml(
        f"<r><UTCDateTime><Time><Hour>{hour}</Hour><Minute>4</Minute><Second>{second}</Second></Time>"
        f"<Date><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></Date></UTCDateTime></r>"
    )


@pytest.mark.parametrize(
    ("answer", "at_ms"),
    [
        (clock(2024), 1_704_164_645_000),
        (clock(1970), 97_445_000),
        (clock(2024, second=60), 1_704_164_699_000),
        (clock(2024, month=13), None),
        (clock(0), None),
        (xml("<r><LocalDateTime/></r>"), None),
    ],
    ids=["a time", "1970", "a leap second", "no month", "no year", "local only"],
)
def test_the_clock(answer: Element, at_ms: int | None) -> None:
    assert reading.clock_ms(answer) == at_ms


def test_services_of_new_and_of_old_cameras() -> None:
    new = "<r><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://a/m</XAddr></Service></r>"
    old = "<r><Capabilities><Media><XAddr>http://a/m</XAddr></Media><PTZ><XAddr/></PTZ></Capabilities></r>"
    assert reading.services(xml(new)) == reading.services(xml(old)) == {reading.MEDIA: "http://a/m"}


def test_the_smallest_profile_that_is_wide_enough_unless_one_is_named() -> None:
    known = [MAIN, SUB, TINY]
    assert chosen(known, "", least_width=320) is SUB
    assert chosen(known, "", least_width=4000) is TINY
    assert chosen(known, "mainStream", least_width=320) is MAIN
    assert chosen(known, "tiny", least_width=320) is TINY
    with pytest.raises(LinkError, match="mainStream, subStream"):
        chosen(known, "other", least_width=320)
    with pytest.raises(LinkError, match="no media profile"):
        chosen([], "", least_width=320)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("rtsp://10.0.0.9:8554/live?a=1&b=2", "rtsp://cam.example:8554/live?a=1&b=2"),
        ("rtsp://192.168.1.2/x", "rtsp://cam.example:554/x"),
        ("rtsp://admin:secret@10.0.0.9/x", "rtsp://cam.example:554/x"),
    ],
)
def test_the_stream_is_on_the_host_that_was_configured(uri: str, address: str) -> None:
    assert stream_address(xml(f"<r><Uri>{uri.replace('&', '&amp;')}</Uri></r>"), "cam.example") == address


@pytest.mark.parametrize(
    "uri",
    ["", "http://a/x", "rtsp://", "rtsp://a:99999/x", "rtsp://a/'\nfile 'x", "rtsp://a/x y", "file:///etc/passwd"],
)
def test_an_address_that_makes_no_sense_is_refused(uri: str) -> None:
    with pytest.raises(LinkError):
        stream_address(xml(f"<r><Uri>{uri}</Uri></r>"), "cam.example")


@pytest.mark.parametrize(
    ("named", "called"),
    [
        ("http://10.0.0.9/onvif/media", "http://10.0.0.9/onvif/media"),
        ("http://192.168.7.7:81/onvif/media?x=1", "http://10.0.0.9:8000/onvif/media?x=1"),
        ("http://10.0.0.9:8080/events", "http://10.0.0.9:8080/events"),
        ("ftp://10.0.0.9/x", "http://10.0.0.9:8000/onvif/device_service"),
        ("http://[bad/x", "http://10.0.0.9:8000/onvif/device_service"),
    ],
    ids=["the usual port", "another host", "another port", "no http", "nonsense"],
)
def test_a_service_is_called_on_no_other_host(named: str, called: str) -> None:
    base = "http://10.0.0.9:8000/onvif/device_service"
    assert own_address(named, base) == called


def test_messages_with_one_and_with_several_in_a_notification() -> None:
    item = '<Data><SimpleItem Name="S" Value="1"/></Data>'
    one = f'<Message UtcTime="2024-01-02T03:04:05.5Z" PropertyOperation="Changed">{item}</Message>'
    text = f"<r><NotificationMessage><Topic> a:X/b:Y </Topic><Message>{one}{one}</Message></NotificationMessage></r>"
    found = messages(xml(text))
    assert len(found) == 2
    assert found[0].topic == "X/Y"
    assert found[0].data == {"S": "1"}
    assert found[0].utc_ms == 1_704_164_645_500


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_message_is_longer_than_a_word(topic: str, name: str, moment: str) -> None:
    said = "<Topic/><Message><Data><SimpleItem/></Data></Message>"
    root = xml(f"<r><NotificationMessage>{said}</NotificationMessage></r>")
    for element in root.iter():
        if element.tag == "Topic":
            element.text = topic * 20
        if element.tag == "Message":
            element.set("UtcTime", moment)
        if element.tag == "SimpleItem":
            element.set("Name", name * 20)
    for message in messages(root):
        assert len(message.topic) <= reading.LONGEST_WORD
        assert all(key.isprintable() and len(key) <= reading.LONGEST_WORD for key in message.data)
