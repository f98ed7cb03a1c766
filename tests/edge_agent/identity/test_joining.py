"""A box becomes a member: over real HTTPS, with the label's pin, and with a sentence for whatever goes wrong."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from device_profiles.wire.claims import code_of
from edge_agent.identity.errors import AwayError, PapersError, RefusedError
from edge_agent.identity.papers import prove, same_key
from tests.edge_agent.identity.authority import DAY_MS, Authority, now_ms
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import CODE, GATEWAY, standing
from tests.fakes import WrongClock
from tests.servers import free_port
from tests.waiting import eventually


async def test_the_labels_link_makes_a_member_whose_key_never_left_it(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        identity = await boxed.join(stand.link)
    (asked,) = stand.joins
    assert (asked.code, asked.serial, asked.agent) == (CODE, "SN-1", "thacba-edge 1")
    assert same_key(identity.key, identity.certificate)
    assert (identity.gateway, identity.welcome.site) == (GATEWAY, "tram-yen-bai")
    key_file = boxed.store.key_file
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert "PRIVATE" not in asked.csr
    again = Boxed(tmp_path)
    assert again.keeper.standing().state == "member"
    assert again.store.claim() is None


async def test_a_code_typed_by_hand_joins_the_centre_that_is_named_with_its_pin(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        typed = CODE.lower().replace("-", " ")
        identity = await Boxed(tmp_path).join(typed, centre=f"{stand.url}/#pin={stand.authority.pin}")
    assert identity.gateway == GATEWAY


async def test_the_box_may_know_its_centre_and_the_pin_from_its_settings(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        boxed = Boxed(tmp_path, centre=f"{stand.url}#pin={stand.authority.pin}")
        assert (await boxed.join(CODE)).gateway == GATEWAY


async def test_without_a_pin_the_systems_authorities_decide(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        with pytest.raises(AwayError, match="authority_unknown"):
            await Boxed(tmp_path).join(CODE, centre=stand.url)
        assert stand.joins == []


async def test_somebody_in_between_never_hears_the_code(tmp_path: Path) -> None:
    """Whoever shows another root than the label's is not told anything, even when it relays the true one's."""
    async with standing(tmp_path, authority=Authority("liar")) as liar:
        true_one = Authority("true")
        link = liar.link.replace(liar.authority.pin, true_one.pin)
        with pytest.raises(RefusedError, match="pin_wrong"):
            await Boxed(tmp_path / "a").join(link)
        liar.authority.root, own = true_one.root, liar.authority.root  # relays the certificates of the true one
        with pytest.raises(AwayError, match="authority_other"):
            await Boxed(tmp_path / "b").join(link)
        liar.authority.root = own
        assert liar.joins == []


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "claim_unknown", "refused"),
        (409, "claim_used", "refused"),
        (410, "claim_expired", "refused"),
        (403, "serial_not_expected", "refused"),
        (429, "too_many", "queued"),
        (503, "store_unavailable", "queued"),
    ],
)
async def test_what_the_centre_says_decides_whether_it_is_tried_again(
    tmp_path: Path, status: int, code: str, expected: str
) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand, kept(boxed) as keeper:
        stand.refuse = (status, code)
        keeper.queue(stand.link)
        await eventually(lambda: keeper.standing().fault is not None)
        said = keeper.standing()
        assert said.state == expected
        sentences = said.document()["fault"]
        assert isinstance(sentences, dict)
        assert all(sentences[key] for key in ("what_vi", "what_en", "hint_vi", "hint_en"))


async def test_without_the_centre_the_claim_waits_and_completes_by_itself(tmp_path: Path) -> None:
    authority, port = Authority(), free_port()
    boxed = Boxed(tmp_path)
    async with kept(boxed) as keeper:
        keeper.queue(CODE, centre=f"https://127.0.0.1:{port}/#pin={authority.pin}")
        await eventually(lambda: keeper.standing().fault is not None)
        said = keeper.standing()
        assert (said.state, said.fault and said.fault.code) == ("queued", "unreachable")
        async with standing(tmp_path, authority=authority, port=port):
            await eventually(lambda: boxed.joined)
    assert boxed.keeper.standing().state == "member"


async def test_a_lost_answer_is_asked_for_again_with_the_same_key_after_a_restart(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        stand.refuse = (503, "store_unavailable")  # it took the claim, and the answer was lost on the way
        with pytest.raises(AwayError):
            await Boxed(tmp_path).join(stand.link)
        stand.refuse = None
        restarted = Boxed(tmp_path)
        queued = restarted.store.claim()
        assert queued is not None
        await restarted.joiner.attempt(queued)
    keys = {x509.load_pem_x509_csr(each.csr.encode()).public_key().public_numbers() for each in stand.joins}  # type: ignore[union-attr]
    assert len(stand.joins) == 2
    assert len(keys) == 1


async def test_a_box_in_1970_joins_by_the_centres_time(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path, clock=WrongClock())
    async with standing(tmp_path) as stand:
        identity = await boxed.join(stand.link)
    prove(identity, now=now_ms())


async def test_a_certificate_that_is_over_is_not_taken_however_wrong_the_own_clock_is(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path, clock=WrongClock())
    async with standing(tmp_path) as stand:
        stand.made_at = now_ms() - 100 * DAY_MS
        with pytest.raises(PapersError, match="expired"):
            await boxed.join(stand.link)
    assert boxed.keeper.standing().state == "refused"
    assert boxed.store.load() is None


async def test_a_member_joins_anew_only_when_that_is_said_and_with_another_key(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        first = await boxed.join(stand.link)
        with pytest.raises(RefusedError, match="joined_already"):
            await boxed.join(stand.link)
        second = await boxed.join(stand.link, anew=True)
    assert not same_key(first.key, second.certificate)
    known = boxed.store.load()
    assert known is not None
    prove(known, now=now_ms())
    assert known.certificate == second.certificate


async def test_a_refusal_of_an_old_claim_does_not_swallow_the_new_one_that_came_meanwhile(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    other = code_of(12345)
    async with standing(tmp_path) as stand:
        old = boxed.joiner.queue(stand.link.replace(CODE, other))
        stand.on_join = lambda: boxed.joiner.queue(stand.link)
        with pytest.raises(RefusedError, match="claim_unknown"):
            await boxed.joiner.attempt(old)
        waiting = boxed.store.claim()
        assert waiting is not None
        assert (waiting.code, waiting.refused) == (CODE, "")


async def test_a_member_whose_new_claim_was_refused_still_has_to_say_that_it_joins_anew(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        await boxed.join(stand.link)
        with pytest.raises(RefusedError, match="claim_unknown"):
            await boxed.join(stand.link.replace(CODE, code_of(12345)), anew=True)
        said = boxed.keeper.standing()
        assert (said.state, said.claim, said.fault and said.fault.code) == ("member", "refused", "claim_unknown")
        with pytest.raises(RefusedError, match="joined_already"):
            boxed.joiner.queue(stand.link)


@pytest.mark.parametrize("text", ["", "K7QPM", "K7QPM-2XV9E", "http://thacba.local:8090/", "https://x/#claim=zz"])
async def test_what_is_no_claim_is_said_at_once_and_not_queued(tmp_path: Path, text: str) -> None:
    boxed = Boxed(tmp_path)
    with pytest.raises(RefusedError) as error:
        boxed.joiner.queue(text, centre="https://centre.example")
    assert error.value.code == "claim_unreadable"
    assert boxed.store.claim() is None


async def test_a_code_without_a_centre_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="centre_unknown"):
        Boxed(tmp_path).joiner.queue(CODE)


async def test_a_name_that_nobody_knows_and_a_port_without_tls_have_their_own_words(tmp_path: Path) -> None:
    with pytest.raises(AwayError) as error:
        await Boxed(tmp_path / "a").join(CODE, centre="https://centre.invalid/#pin=" + "0" * 64)
    assert error.value.code == "dns"

    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(portal, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AwayError) as error:
            await Boxed(tmp_path / "b").join(CODE, centre=f"https://127.0.0.1:{port}/#pin=" + "0" * 64)
    assert error.value.code == "not_tls"


async def test_the_verb_join_waits_for_the_first_answer_and_tells_it(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand, kept(boxed) as keeper:
        answer = await keeper.verbs()["join"]({"claim": stand.link})
        assert (answer["state"], answer["gateway"], answer["serial"]) == ("member", GATEWAY, "SN-1")
        assert msgspec.json.encode(answer)
