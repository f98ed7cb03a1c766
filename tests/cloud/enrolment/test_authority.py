"""The authority gives certificates that name whom we name, and keeps its keys to itself."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from cloud.enrolment.authority import CRL, ISSUING, ROOT, ROOT_KEY, Revoked, make_authority, read_authority
from cloud.enrolment.certificates import AuthorityError, RequestWrongError, key_digest, read_request
from cloud.errors import ConfigurationError
from tests.cloud.enrolment.requests import new_key, request_for

NOW = 1_790_000_000_000
DAY_MS = 86_400_000


def test_a_certificate_names_the_gateway_that_we_name_and_leads_to_the_root(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "Thacba", now=NOW)
    key = new_key()
    issued = authority.issue(read_request(request_for(key, "gw-somebody-else")), "gw-thao", now=NOW, days=90)
    leaf = x509.load_pem_x509_certificate(issued.pem.encode())
    assert leaf.subject.rfc4514_string() == "CN=gw-thao"
    assert leaf.public_key() == key.public_key()
    assert issued.not_after == NOW + 90 * DAY_MS
    assert f"{leaf.serial_number:x}" == issued.serial
    assert issued.public_key == key_digest(leaf)
    at = datetime.fromtimestamp(NOW / 1000, UTC)
    verifier = PolicyBuilder().store(Store([authority.root])).time(at).build_client_verifier()
    verified = verifier.verify(leaf, [authority.issuing])
    assert [each.value for each in verified.subjects or ()] == ["urn:thacba:gateway:gw-thao"]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_the_root_key_may_be_taken_away(tmp_path: Path) -> None:
    made = make_authority(tmp_path, "Thacba", now=NOW)
    shutil.rmtree(tmp_path / "root")
    again = make_authority(tmp_path, "Thacba", now=NOW)
    assert again.pin == made.pin == hashlib.sha256(made.root.public_bytes(Encoding.DER)).hexdigest()
    assert again.issue(read_request(request_for(new_key())), "gw-1", now=NOW, days=1).serial
    (tmp_path / ISSUING).unlink()
    with pytest.raises(AuthorityError, match="root's key"):
        make_authority(tmp_path, "Thacba", now=NOW)


@pytest.mark.parametrize("lost", [(ISSUING,), (ISSUING, CRL), (ISSUING, "claim_key"), (ISSUING, "issuing_key.pem")])
def test_a_cut_while_it_is_made_is_mended_by_making_it_again(tmp_path: Path, lost: tuple[str, ...]) -> None:
    made = make_authority(tmp_path, "Thacba", now=NOW)
    for name in lost:
        (tmp_path / name).unlink()
    assert read_authority(tmp_path) is None
    assert make_authority(tmp_path, "Thacba", now=NOW).pin == made.pin


def test_keys_are_for_us_alone(tmp_path: Path) -> None:
    make_authority(tmp_path, "Thacba", now=NOW)
    for name in (ROOT_KEY, "issuing_key.pem", "claim_key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "root").stat().st_mode & 0o077 == 0
    (tmp_path / "issuing_key.pem").chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read it"):
        read_authority(tmp_path)


def test_an_issuing_certificate_of_another_root_is_refused(tmp_path: Path) -> None:
    make_authority(tmp_path / "a", "Thacba", now=NOW)
    make_authority(tmp_path / "b", "Thacba", now=NOW)
    shutil.copy(tmp_path / "b" / ROOT, tmp_path / "a" / ROOT)
    with pytest.raises(ConfigurationError):
        read_authority(tmp_path / "a")


def test_the_revocation_list_holds_what_is_revoked_and_is_signed(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "Thacba", now=NOW)
    text = authority.revocation_list([Revoked("1f", NOW), Revoked("2e", NOW, replaced=True)], now=NOW)
    crl = x509.load_pem_x509_crl(text.encode())
    key = authority.issuing.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert crl.is_signature_valid(key)
    assert sorted(each.serial_number for each in crl) == [0x1F, 0x2E]
    replaced = crl.get_revoked_certificate_by_serial_number(0x2E)
    assert replaced is not None
    assert replaced.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.superseded
    assert (tmp_path / CRL).exists()


def test_est_gets_all_certificates_in_one_answer(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "Thacba", now=NOW)
    issued = authority.issue(read_request(request_for(new_key())), "gw-1", now=NOW, days=1)
    assert authority.root in pkcs7.load_der_pkcs7_certificates(authority.certificates_der())
    assert len(pkcs7.load_der_pkcs7_certificates(authority.certificates_der(issued.pem))) == 3


def test_a_digest_of_a_code_needs_the_key_of_this_centre(tmp_path: Path) -> None:
    one, other = (make_authority(tmp_path / name, "Thacba", now=NOW) for name in "ab")
    assert one.digest_of("K7QPM-2XV9D") != other.digest_of("K7QPM-2XV9D")
    again = read_authority(tmp_path / "a")
    assert again is not None
    assert again.digest_of("K7QPM-2XV9D") == one.digest_of("K7QPM-2XV9D")


def test_a_wrong_signing_request_is_refused() -> None:
    good = request_for(new_key())
    lines = good.splitlines()
    lines[-2] = lines[-2][:4] + ("A" if lines[-2][4] != "A" else "B") + lines[-2][5:]
    strong = rsa.generate_private_key(65537, 2048)
    subject = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for wrong in (
        "",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
        "\n".join(lines),
        subject.sign(strong, SHA256()).public_bytes(Encoding.PEM).decode(),
        subject.sign(ec.generate_private_key(ec.SECP384R1()), SHA256()).public_bytes(Encoding.PEM).decode(),
    ):
        with pytest.raises(RequestWrongError):
            read_request(wrong)
