"""The identity on a disk that loses its power at every step: the old one or the new one, and never a mixture."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509

from device_profiles.wire.claims import JoinAnswer, JoinRequest
from edge_agent.identity.errors import IdentityError, PapersError
from edge_agent.identity.papers import key_pem, prove, request_pem, same_key, signing_request
from edge_agent.identity.store import IdentityStore, QueuedClaim
from tests.edge_agent.identity.authority import Authority, now_ms
from tests.edge_agent.identity.stand import CODE, Stand
from tests.faults.tools.lossy_disk import Cut, Disk, lossy_disk

CLAIM = QueuedClaim("https://centre.example", CODE)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with lossy_disk(tmp_path_factory.mktemp("lossy") / "disk") as made:
        yield made


@pytest.fixture(scope="module")
def stand() -> Stand:
    return Stand(Authority(), url="https://centre.example")


def answer_to(store: IdentityStore, stand: Stand) -> JoinAnswer:
    csr = request_pem(signing_request(store.claim_key(), name="box"))
    return stand.joined(JoinRequest(CODE, csr))


def cut_at_every_step(disk: Disk, how: Cut, work: Callable[[], object], after: Callable[[], None]) -> int:
    """Does the work again and again, the power going one step later each time, until it is done; how many cuts."""
    codes = set[str]()
    for step in range(1, 100):
        disk.cut_at(step, how)
        try:
            work()
        except IdentityError as error:
            codes.add(error.code)
            disk.power_on()
            after()
        else:
            assert disk.is_on
            disk.power_on()  # takes the cut back that did not come
            assert codes <= {"disk", "damaged"}
            return step - 1
    raise AssertionError("it never ends")


@pytest.mark.parametrize("how", ["forget", "tear"])
def test_a_join_is_taken_whole_or_still_waits_with_its_key(disk: Disk, stand: Stand, how: Cut) -> None:
    boxes: list[IdentityStore] = []
    told: list[JoinAnswer] = []  # what the centre was asked; from there on it knows the key

    def work() -> None:
        boxes.append(IdentityStore(disk.folder / how / str(len(boxes))))
        told.clear()
        boxes[-1].queue(CLAIM)
        told.append(answer_to(boxes[-1], stand))
        boxes[-1].take(told[-1])

    def after() -> None:
        store = IdentityStore(boxes[-1].folder.parent)
        identity = store.load()
        if identity is not None:
            prove(identity, now=now_ms())
        elif told:
            assert store.claim() == CLAIM
            assert same_key(store.claim_key(), x509.load_pem_x509_certificate(told[0].certificate.encode()))

    assert cut_at_every_step(disk, how, work, after) > 20
    store = boxes[-1]
    identity = store.load()
    assert identity is not None
    prove(identity, now=now_ms())
    assert store.claim() is None
    assert sorted(path.name for path in store.folder.glob("*.pem")) == [
        "authorities.pem",
        "broker-authorities.pem",
        "certificate.pem",
        "key.pem",
    ]


def test_joining_anew_leaves_the_old_identity_or_the_new_one(disk: Disk, stand: Stand) -> None:
    folder = disk.folder / "anew"
    store = IdentityStore(folder)
    store.take(answer_to(store, stand))
    before = store.load()
    assert before is not None

    def work() -> None:
        store = IdentityStore(folder)
        store.queue(CLAIM)
        store.take(answer_to(store, stand))

    def after() -> None:
        identity = IdentityStore(folder).load()
        assert identity is not None
        prove(identity, now=now_ms())

    assert cut_at_every_step(disk, "forget", work, after) > 10


def test_a_renewal_is_one_step(disk: Disk, stand: Stand) -> None:
    folder = disk.folder / "renewal"
    store = IdentityStore(folder)
    identity = store.take(answer_to(store, stand))
    new = stand.authority.issue(signing_request(identity.key, name="x"), identity.gateway)
    known: set[x509.Certificate] = {identity.certificate, new}

    def after() -> None:
        now = IdentityStore(folder).load()
        assert now is not None
        assert now.certificate in known
        prove(now, now=now_ms())

    assert cut_at_every_step(disk, "tear", lambda: store.renew(new, identity.chain), after) >= 3
    assert store.load().certificate == new  # type: ignore[union-attr]


def test_only_one_program_joins_at_a_time_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path)
    code = (
        "import sys; from pathlib import Path; from edge_agent.identity.store import IdentityStore\n"
        "with IdentityStore(Path(sys.argv[1])).alone() as alone: print(alone, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        with store.alone() as is_alone:
            assert not is_alone
        other.kill()
    with store.alone() as is_alone:
        assert is_alone


@pytest.mark.parametrize("name", ["key.pem", "certificate.pem", "authorities.pem", "welcome.json"])
def test_a_damaged_file_is_said_and_never_half_believed(tmp_path: Path, stand: Stand, name: str) -> None:
    store = IdentityStore(tmp_path)
    store.take(answer_to(store, stand))
    (store.folder / name).write_bytes(b"\x00half")
    with pytest.raises(PapersError):
        store.load()
    (store.folder / name).unlink()
    if name == "certificate.pem":
        assert store.load() is None
    else:
        with pytest.raises(PapersError):
            store.load()


def test_a_full_disk_is_said_in_its_own_word(stand: Stand, tmp_path: Path) -> None:
    (tmp_path / "identity").write_bytes(b"")  # a file where the folder should be
    with pytest.raises(IdentityError) as error:
        IdentityStore(tmp_path).queue(CLAIM)
    assert error.value.code == "disk"


def test_the_key_of_a_claim_becomes_the_key_of_the_gateway(tmp_path: Path, stand: Stand) -> None:
    store = IdentityStore(tmp_path)
    key = store.claim_key()
    identity = store.take(answer_to(store, stand))
    assert key_pem(identity.key) == key_pem(key)
    assert same_key(key, identity.certificate)
