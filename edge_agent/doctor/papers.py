"""Whether this gateway can prove who it is: the certificate in its data folder."""

from __future__ import annotations

from pathlib import Path

from device_profiles.checkup import Fact, Finding, error, ok, warning
from device_profiles.schema import Text
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.papers import Identity, prove
from edge_agent.identity.store import IdentityStore
from edge_agent.identity.words import sentences

FEW_DAYS = 7.0  # renewed at half of its life, so that few days left mean that renewals fail
JOIN_STEP = Text(
    vi="Ghi danh: `thacba-edge join MÃ`, hoặc quét mã QR trên nhãn bằng điện thoại.",
    en="Join: `thacba-edge join CODE`, or scan the label's QR code with a phone.",
)
RENEW_STEP = Text(
    vi="Đưa cổng vào mạng: chứng thư tự được gia hạn. Nếu vẫn lỗi, xin trung tâm một mã mới.",
    en="Give the gateway a link: the certificate is renewed by itself. If that fails, ask the centre for a new code.",
)
CLOCK_FIRST = Text(vi="Sửa đồng hồ trước.", en="Mend the clock first.")


def check_papers(data_dir: Path, *, now_ms: int, is_clock_wrong: bool, has_password: bool) -> Finding:
    """Whether there is a certificate, in date, not revoked, and fitting its key; or a log-in by password instead."""
    store = IdentityStore(data_dir)
    try:
        identity, revoked, claim = store.load(), store.revoked(), store.claim()
        if identity is not None:
            prove(identity, now=None)
    except IdentityError as fault:
        return _in_identity_words(fault.code, fault.detail)
    if identity is None and claim is not None:
        said = Text(vi="Mã ghi danh đang chờ trung tâm.", en="The claim waits for the centre.")
        if claim.refused:
            return _in_identity_words(claim.refused, claim.detail)
        return error("claim_queued", said, Text(vi="Tự hoàn tất khi có mạng.", en="It completes when there is a link."))
    if identity is None:
        if has_password:
            return ok("Đăng nhập bằng mật khẩu, không có chứng thư.", "Log-in by password, no certificate.")
        return error("not_joined", Text(vi="Cổng chưa ghi danh.", en="The gateway has not joined."), JOIN_STEP)
    if revoked is not None and revoked.certificate == identity.number:
        return _in_identity_words("revoked", "")
    return _in_date(identity, now_ms, is_clock_wrong=is_clock_wrong)


def _in_date(identity: Identity, now_ms: int, *, is_clock_wrong: bool) -> Finding:
    days = round(identity.days_left(now_ms), 1)
    facts: dict[str, Fact] = {"days_left": days, "gateway": identity.gateway}
    if now_ms < identity.begins_at:
        said = Text(vi="Chứng thư chưa có hiệu lực.", en="The certificate has not begun.")
        return error("not_yet_valid", said, CLOCK_FIRST, **facts)
    if days <= 0:
        said = Text(vi=f"Chứng thư hết hạn {-days:g} ngày trước.", en=f"The certificate ran out {-days:g} days ago.")
        return error("expired", said, CLOCK_FIRST if is_clock_wrong else RENEW_STEP, **facts)
    if days < FEW_DAYS:
        said = Text(vi=f"Chứng thư chỉ còn {days:g} ngày.", en=f"The certificate has only {days:g} days left.")
        return warning("expires_soon", said, RENEW_STEP, **facts)
    return ok(f"{identity.gateway}: còn {days:g} ngày.", f"{identity.gateway}: {days:g} days left.", **facts)


def _in_identity_words(code: str, detail: str) -> Finding:
    words = sentences(code, detail)
    said = Text(vi=words["what_vi"], en=words["what_en"])
    return error(code, said, Text(vi=words["hint_vi"], en=words["hint_en"]))
