"""F34: the centre's answer to a renewal is garbage, of another authority, or without its chain: the old one stays."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from edge_agent.identity.errors import IdentityError
from edge_agent.identity.papers import new_key, signing_request
from tests.edge_agent.identity.authority import DAY_MS, Authority, now_ms
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import GATEWAY, Stand, standing
from tests.waiting import eventually

Spoil = Callable[[Stand], None]


def says(octets: bytes) -> Spoil:
    def spoil(stand: Stand) -> None:
        stand.garble = lambda _: octets

    return spoil


def half(stand: Stand) -> None:
    stand.garble = lambda packed: packed[: len(packed) // 2]


def rolled_root(stand: Stand) -> None:
    other = Authority("rolled")
    stand.issue = lambda csr: [other.issue(csr, GATEWAY), other.issuing, other.root]


def rolled_issuer_without_chain(stand: Stand) -> None:
    stand.authority.roll_issuer()
    stand.issue = lambda csr: [stand.authority.issue(csr, GATEWAY)]


def another_name(stand: Stand) -> None:
    stand.issue = lambda csr: [stand.authority.issue(csr, "gw-other"), stand.authority.issuing]


def another_key(stand: Stand) -> None:
    foreign = signing_request(new_key(), name=GATEWAY)
    stand.issue = lambda _: [stand.authority.issue(foreign, GATEWAY), stand.authority.issuing]


def made_at(offset_ms: int) -> Spoil:
    def spoil(stand: Stand) -> None:
        stand.issue = lambda csr: [
            stand.authority.issue(csr, GATEWAY, now=now_ms() + offset_ms),
            stand.authority.issuing,
        ]

    return spoil


def the_old_one(stand: Stand) -> None:
    known: list[x509.Certificate] = []
    first = stand.joined

    def remembered(request):  # type: ignore[no-untyped-def]
        answer = first(request)
        known.append(x509.load_pem_x509_certificate(answer.certificate.encode()))
        return answer

    stand.joined = remembered  # type: ignore[method-assign]
    stand.issue = lambda _: [known[-1], stand.authority.issuing]


CASES: dict[str, tuple[Spoil, str]] = {
    "garbage": (says(b"\x00\xff" * 100), "garbage"),
    "a page of a proxy": (says(b"<html>Log in to the network</html>"), "garbage"),
    "base64 of garbage": (says(b64encode(b"nothing of this kind")), "garbage"),
    "nothing": (says(b""), "garbage"),
    "half of it": (half, "garbage"),
    "a rolled root": (rolled_root, "chain"),
    "a rolled issuer whose certificate is missing": (rolled_issuer_without_chain, "chain"),
    "another gateway's name": (another_name, "other_name"),
    "another key's certificate": (another_key, "other_key"),
    "one that is over": (made_at(-91 * DAY_MS), "expired"),
    "one that has not begun": (made_at(DAY_MS), "not_yet"),
    "the one in force": (the_old_one, "same"),
}


@pytest.mark.parametrize("case", CASES)
async def test_f34_the_old_certificate_stays_and_it_is_said(tmp_path: Path, case: str) -> None:
    spoil, code = CASES[case]
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        if spoil is the_old_one:
            spoil(stand)
        stand.made_at = now_ms() - 60 * DAY_MS  # due
        before = await boxed.join(stand.link)
        files = {path.name: path.read_bytes() for path in boxed.store.folder.glob("*.pem")}
        if spoil is not the_old_one:
            spoil(stand)
        async with kept(boxed) as keeper:
            await eventually(lambda: keeper.standing().fault)
            said = keeper.standing()
            assert (said.state, said.fault and said.fault.code) == ("member", code)
            assert said.ends_at == before.ends_at
        assert {path.name: path.read_bytes() for path in boxed.store.folder.glob("*.pem")} == files
        stand.garble, stand.issue = None, None
        renewed = await boxed.renewer.renew(before)
    assert renewed.ends_at > before.ends_at
    assert boxed.store.load() == renewed


async def test_f34_a_rolled_issuer_with_its_chain_is_believed(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        before = await boxed.join(stand.link)
        stand.authority.roll_issuer()
        renewed = await boxed.renewer.renew(before)
    assert renewed.chain != before.chain


async def test_f34_a_renewal_that_does_not_come_to_the_disk_is_none(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        before = await boxed.join(stand.link)
        (boxed.store.folder / ".certificate.pem.new").mkdir()
        with pytest.raises(IdentityError, match="disk"):
            await boxed.renewer.renew(before)
    assert boxed.store.load() == before
