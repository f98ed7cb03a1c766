"""What people read about an identity: for every code what happened and what to do, in Vietnamese and English; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what to do about it."""

    what_vi: str
    what_en: str
    hint_vi: str
    hint_en: str


WAIT_VI = "Thiết bị tự thử lại; mọi việc khác vẫn chạy."
WAIT_EN = "It is tried again by itself; everything else works meanwhile."
NEW_CLAIM_VI = "Xin trung tâm một mã mới cho trạm này rồi nhập lại."
NEW_CLAIM_EN = "Ask the centre for a new code for this site, and enter it."
KEPT_VI = "Chứng thư cũ vẫn được dùng. Báo cho trung tâm."
KEPT_EN = "The old certificate stays in use. Tell the centre."

WORDS = {
    "claim_unreadable": Words(
        "Mã không đúng dạng.",
        "This is no claim code.",
        "Xem lại nhãn: mã có 10 chữ và số, ví dụ K7QPM-2XV9D; hoặc quét mã QR.",
        "Look at the label again: a code has 10 letters and digits, as in K7QPM-2XV9D; or scan the QR code.",
    ),
    "centre_unknown": Words(
        "Chưa biết địa chỉ của trung tâm.",
        "The address of the centre is not known.",
        "Quét mã QR trên nhãn, hoặc ghi thêm địa chỉ: thacba-edge join MÃ --centre https://...",
        "Scan the QR code of the label, or name it: thacba-edge join CODE --centre https://...",
    ),
    "joined_already": Words(
        "Thiết bị này đã là thành viên.",
        "This gateway has joined already.",
        "Nếu muốn đổi sang trạm khác: thacba-edge join MÃ --anew.",
        "To give it another place: thacba-edge join CODE --anew.",
    ),
    "busy": Words(
        "Một lần ghi danh khác đang chạy.",
        "Another program of this gateway is joining right now.",
        "Đợi một phút rồi xem lại trạng thái.",
        "Wait a minute, then look at the state.",
    ),
    "dns": Words(
        "Không tìm thấy tên của trung tâm.",
        "The name of the centre is not found.",
        f"Kiểm tra SIM, DNS và địa chỉ trung tâm. {WAIT_VI}",
        f"Look at the SIM, the DNS server and the centre's address. {WAIT_EN}",
    ),
    "unreachable": Words(
        "Không nối được tới trung tâm.",
        "The centre cannot be reached.",
        f"Kiểm tra sóng, cáp và tường lửa (cổng 443). {WAIT_VI}",
        f"Look at the signal, the cable and the firewall (port 443). {WAIT_EN}",
    ),
    "timeout": Words(
        "Trung tâm không trả lời kịp.",
        "The centre does not answer in time.",
        f"Đường truyền yếu hoặc bị chặn. {WAIT_VI}",
        f"The link is weak or blocked. {WAIT_EN}",
    ),
    "portal": Words(
        "Có máy khác trả lời thay trung tâm (trang đăng nhập mạng hoặc proxy).",
        "Something else answers in place of the centre (a log-in page of the network, or a proxy).",
        f"Đăng nhập mạng đó, hoặc dùng mạng khác. {WAIT_VI}",
        f"Log in to that network, or use another one. {WAIT_EN}",
    ),
    "not_tls": Words(
        "Cổng này không dùng TLS.",
        "This port does not speak TLS.",
        f"Kiểm tra cổng trong địa chỉ trung tâm. {WAIT_VI}",
        f"Look at the port in the centre's address. {WAIT_EN}",
    ),
    "tls_name": Words(
        "Chứng thư của trung tâm mang tên khác.",
        "The centre's certificate bears another name.",
        f"Dùng đúng địa chỉ ghi trên nhãn. {WAIT_VI}",
        f"Use the address of the label. {WAIT_EN}",
    ),
    "centre_dates": Words(
        "Chứng thư của trung tâm đã hết hạn hoặc chưa có hiệu lực theo đồng hồ của thiết bị.",
        "By this gateway's clock the centre's certificate has run out, or has not begun.",
        f"Kiểm tra đồng hồ của thiết bị; nếu đúng giờ, báo cho trung tâm. {WAIT_VI}",
        f"Look at this gateway's clock; when it is right, tell the centre. {WAIT_EN}",
    ),
    "authority_unknown": Words(
        "Không ai mà thiết bị tin cậy bảo đảm cho trung tâm này.",
        "Nobody whom this gateway trusts vouches for this centre.",
        "Quét mã QR trên nhãn (có dấu vân tay của trung tâm) thay vì gõ mã.",
        "Scan the QR code of the label (it carries the centre's fingerprint) instead of typing the code.",
    ),
    "authority_other": Words(
        "Chứng thư HTTPS của trung tâm không do cơ quan ghi trên nhãn cấp, hoặc có kẻ đứng giữa.",
        "The centre's HTTPS certificate does not come from the authority of the label, or somebody is in between.",
        f"Thử mạng khác; nếu vẫn vậy, báo cho trung tâm. {WAIT_VI}",
        f"Try another network; when it stays so, tell the centre. {WAIT_EN}",
    ),
    "pin_wrong": Words(
        "Trung tâm trả lời không phải trung tâm trên nhãn.",
        "The centre that answers is not the one of the label.",
        "Không nhập mã trên mạng này. Dùng mạng khác; nếu vẫn vậy, xin nhãn mới.",
        "Do not join on this network. Use another one; if it stays so, ask for a new label.",
    ),
    "centre_fault": Words(
        "Trung tâm đang có lỗi.",
        "The centre has a fault of its own.",
        WAIT_VI,
        WAIT_EN,
    ),
    "too_many": Words(
        "Đã thử quá nhiều lần.",
        "It was tried too often.",
        f"Đợi vài phút. {WAIT_VI}",
        f"Wait some minutes. {WAIT_EN}",
    ),
    "claim_unknown": Words(
        "Trung tâm không biết mã này.",
        "The centre does not know this code.",
        f"Xem lại từng chữ trên nhãn. {NEW_CLAIM_VI}",
        f"Compare it with the label, letter by letter. {NEW_CLAIM_EN}",
    ),
    "claim_used": Words(
        "Mã này đã được thiết bị khác dùng.",
        "Another gateway has used this code.",
        f"Báo ngay cho trung tâm nếu không phải do bạn. {NEW_CLAIM_VI}",
        f"Tell the centre at once if that was not you. {NEW_CLAIM_EN}",
    ),
    "claim_expired": Words("Mã này đã hết hạn.", "This code has expired.", NEW_CLAIM_VI, NEW_CLAIM_EN),
    "serial_not_expected": Words(
        "Mã này dành cho thiết bị có số sê-ri khác.",
        "This code is meant for a box with another serial number.",
        "So số sê-ri (thacba-edge identity show) với phiếu giao; báo cho trung tâm.",
        "Compare the serial number (thacba-edge identity show) with the delivery note, and tell the centre.",
    ),
    "csr_wrong": Words(
        "Trung tâm không nhận yêu cầu chứng thư của thiết bị.",
        "The centre does not take this gateway's signing request.",
        "Cập nhật chương trình của thiết bị rồi thử lại.",
        "Update this gateway's program, then try again.",
    ),
    "refused": Words(
        "Trung tâm từ chối.",
        "The centre refuses.",
        "Báo cho trung tâm câu trong ngoặc.",
        "Tell the centre the words in brackets.",
    ),
    "revoked": Words(
        "Trung tâm đã thu hồi chứng thư của thiết bị này.",
        "The centre has revoked this gateway's certificate.",
        f"Số đo vẫn được giữ. {NEW_CLAIM_VI}",
        f"Readings are kept. {NEW_CLAIM_EN}",
    ),
    "expired": Words(
        "Chứng thư đã hết hạn.",
        "The certificate has expired.",
        "Thiết bị tự xin chứng thư mới khi có mạng; số đo vẫn được giữ.",
        "A new one is asked for as soon as there is a link; readings are kept.",
    ),
    "certificate_expired": Words(
        "Chứng thư đã hết hạn quá lâu, trung tâm không gia hạn nữa.",
        "The certificate ran out so long ago that the centre does not renew it.",
        f"Số đo vẫn được giữ. {NEW_CLAIM_VI}",
        f"Readings are kept. {NEW_CLAIM_EN}",
    ),
    "certificate_unknown": Words(
        "Trung tâm không biết chứng thư của thiết bị này.",
        "The centre does not know this gateway's certificate.",
        f"Số đo vẫn được giữ. {NEW_CLAIM_VI}",
        f"Readings are kept. {NEW_CLAIM_EN}",
    ),
    "stale": Words(
        "Trung tâm thấy đồng hồ của thiết bị sai quá nhiều.",
        "To the centre this gateway's clock is too far off.",
        f"Kiểm tra đồng hồ của thiết bị (NTP). {WAIT_VI}",
        f"Look at this gateway's clock (NTP). {WAIT_EN}",
    ),
    "not_yet": Words(
        "Chứng thư chưa có hiệu lực.",
        "The certificate does not count yet.",
        f"Kiểm tra đồng hồ của thiết bị và của trung tâm. {KEPT_VI}",
        f"Look at the clocks of the gateway and of the centre. {KEPT_EN}",
    ),
    "garbage": Words(
        "Trung tâm gửi một thứ không phải chứng thư.", "What the centre sent is no certificate.", KEPT_VI, KEPT_EN
    ),
    "other_key": Words("Chứng thư dành cho khoá khác.", "The certificate is for another key.", KEPT_VI, KEPT_EN),
    "other_name": Words(
        "Chứng thư mang tên thiết bị khác.", "The certificate bears another gateway's name.", KEPT_VI, KEPT_EN
    ),
    "chain": Words(
        "Chứng thư mới không do cơ quan mà thiết bị tin cậy cấp.",
        "The new certificate does not come from an authority that this gateway trusts.",
        KEPT_VI,
        KEPT_EN,
    ),
    "same": Words("Trung tâm gửi lại chứng thư cũ.", "The centre sent the old certificate again.", KEPT_VI, KEPT_EN),
    "answer_wrong": Words(
        "Câu trả lời của trung tâm không đọc được.",
        "The centre's answer cannot be read.",
        f"Chương trình của thiết bị có thể quá cũ. {WAIT_VI}",
        f"This gateway's program may be too old. {WAIT_EN}",
    ),
    "clock": Words(
        "Đồng hồ của thiết bị sai.",
        "The gateway's clock is wrong.",
        f"Thiết bị lấy giờ của trung tâm khi có mạng. {WAIT_VI}",
        f"It takes the centre's time when there is a link. {WAIT_EN}",
    ),
    "key": Words(
        "Khoá của thiết bị không đọc được.",
        "The gateway's key cannot be read.",
        "Kiểm tra quyền của thư mục identity; nếu hỏng, ghi danh lại với --anew.",
        "Look at the rights of the folder identity; when it is damaged, join again with --anew.",
    ),
    "damaged": Words(
        "Tệp danh tính bị hỏng hoặc không đọc được.",
        "The files of the identity are damaged or cannot be read.",
        "Kiểm tra đĩa và quyền của thư mục identity; nếu hỏng, ghi danh lại với --anew.",
        "Look at the disk and at the rights of the folder identity; when it is damaged, join again with --anew.",
    ),
    "disk": Words(
        "Không ghi được vào thư mục dữ liệu.",
        "The data folder cannot be written.",
        "Kiểm tra đĩa đầy và quyền (chạy bằng người dùng của dịch vụ).",
        "Look whether the disk is full, and at the rights (run it as the service's user).",
    ),
}


def sentences(code: str, detail: str = "") -> dict[str, str]:
    """What happened and what to do, as the page and the console show it; the facts stand in brackets."""
    words = WORDS.get(code, WORDS["refused"])
    facts = f" ({detail})" if detail else ""
    return {
        "what_vi": words.what_vi + facts,
        "what_en": words.what_en + facts,
        "hint_vi": words.hint_vi,
        "hint_en": words.hint_en,
    }
