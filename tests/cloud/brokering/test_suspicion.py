"""Whom the centre suspects, given what the broker says and the registry knows."""

from __future__ import annotations

from cloud.brokering.log_lines import Came, Refused, TakenOver
from cloud.brokering.suspicion import MOST, SAME_MS, Standing, Suspicions

NOW = 1_790_000_000_000


def suspicions(**standing: Standing) -> Suspicions:
    known: dict[str, Standing] = {name.replace("_", "-"): each for name, each in standing.items()}
    return Suspicions(lambda gateway: known.get(gateway, "unknown"))


def test_a_refused_certificate_is_named_when_one_bad_gateway_was_last_seen_there() -> None:
    suspects = suspicions(gw_1="revoked", gw_2="good")
    suspects.of(Came("gw-1", "10.0.0.1"), NOW)
    suspects.of(Came("gw-2", "10.0.0.1"), NOW)
    refused = Refused("certificate_refused", source="10.0.0.1", detail="certificate verify failed")
    (named,) = suspects.of(refused, NOW)
    assert (named.kind, named.gateway) == ("certificate_revoked_used", "gw-1")
    assert not named.puts_out  # there is no session to end
    (elsewhere,) = suspects.of(Refused("certificate_refused", source="10.0.0.2"), NOW)
    assert (elsewhere.kind, elsewhere.gateway) == ("certificate_refused", "")


def test_behind_one_address_with_two_bad_gateways_nobody_is_named() -> None:
    suspects = suspicions(gw_1="revoked", gw_2="revoked")
    for name in ("gw-1", "gw-2"):
        suspects.of(Came(name, "10.0.0.1"), NOW)
    (one,) = suspects.of(Refused("certificate_refused", source="10.0.0.1"), NOW)
    assert one.gateway == ""


def test_a_link_that_breaks_and_comes_back_is_no_rival() -> None:
    """Also when it gets a new address each time, as on a mobile network."""
    suspects = suspicions(gw_1="good")
    found = []
    for number in range(20):
        suspects.of(TakenOver("gw-1"), NOW)
        found += suspects.of(Came("gw-1", f"10.0.0.{number // 2}"), NOW + number * 1000)
    assert found == []


def test_two_who_throw_each_other_out_are_told_apart() -> None:
    suspects = suspicions(gw_1="good")
    found = []
    for number in range(4):
        suspects.of(TakenOver("gw-1"), NOW)
        found += suspects.of(Came("gw-1", "10.0.0.1" if number % 2 else "10.9.9.9"), NOW + number * 1000)
    assert {each.kind for each in found} == {"identity_twice"}


def test_the_same_is_told_again_only_after_a_while() -> None:
    suspects = suspicions(gw_1="good")
    denied = suspects.of(Refused("topic_foreign", "gw-1", detail="publish x"), NOW)
    assert suspects.news(denied * 100, NOW) == denied
    assert suspects.news(denied, NOW + SAME_MS - 1) == []
    assert suspects.news(denied, NOW + SAME_MS) == denied


def test_a_newer_gateway_with_a_channel_that_we_do_not_know_is_reported_and_stays() -> None:
    suspects = suspicions(gw_1="good")
    (one,) = suspects.of(Refused("channel_unknown", "gw-1", detail="publish thacba/1/a6/gw-1/diary"), NOW)
    assert not one.puts_out


def test_what_is_remembered_is_bounded() -> None:
    suspects = suspicions()
    for number in range(MOST + 10):
        suspects.of(Came(f"gw-{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"), NOW)
    assert len(suspects._where) == len(suspects._at) == MOST
