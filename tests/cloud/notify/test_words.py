"""Notices in words for people."""

from __future__ import annotations

from cloud.notify.words import body
from tests.cloud.notify.contents import content


def test_a_notice_of_a_whole_site_names_no_device() -> None:
    assert "Thiết bị: " in body(content(), "vi")
    group = body(content(gateway="@site", device="tram-yen-bai"), "vi")
    assert "Thiết bị: " not in group
    assert "@site" not in group
    assert "Giá trị: " in group
