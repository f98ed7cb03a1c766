"""The words of a debrief on paper, in the two languages of the house."""

from __future__ import annotations

from typing import Final

from device_profiles.basics import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "vi": {
        "title": "Tổng kết diễn tập", "mark": "DIỄN TẬP", "story": "Kịch bản", "from": "từ", "to": "đến",
        "real": "Thời gian thật", "alarms": "Cảnh báo", "unanswered": "chưa xác nhận", "median": "Trung vị xác nhận",
        "verdict": "Kết quả so với kế hoạch", "holds": "ĐẠT", "fails": "KHÔNG ĐẠT", "open": "CHƯA XONG",
        "rule": "Quy tắc", "place": "Nơi", "level": "Mức", "expected": "Dự kiến", "came": "Đã đến",
        "raised": "có", "missing": "thiếu", "waiting": "còn chờ", "anywhere": "bất kỳ",
        "forbidden": "Cảnh báo không được có", "people": "Từng người trực", "name": "Tên",
        "acknowledged": "Đã xác nhận", "longest": "Lâu nhất", "answers": "Từng cảnh báo", "by": "Người",
        "after": "Sau (thật)", "nobody": "chưa ai", "acts": "Người hướng dẫn đã làm",
        "notices": "Thông báo được ghi, không gửi",
        "page": "Trang {page}", "none": "Không có.", "no_plan": "Cuộc diễn tập này không có kế hoạch.",
        "speed": "tốc độ", "injection": "đưa lỗi vào", "more": "và {count} cảnh báo nữa",
    },
    "en": {
        "title": "Debrief of an exercise", "mark": "EXERCISE", "story": "Scenario", "from": "from", "to": "to",
        "real": "Real time", "alarms": "Alarms", "unanswered": "unacknowledged", "median": "Median acknowledgement",
        "verdict": "Against the plan", "holds": "PASSED", "fails": "FAILED", "open": "NOT FINISHED",
        "rule": "Rule", "place": "Place", "level": "Level", "expected": "Expected", "came": "Came",
        "raised": "raised", "missing": "missing", "waiting": "awaited", "anywhere": "anywhere",
        "forbidden": "Alarms that must not come", "people": "Each operator", "name": "Name",
        "acknowledged": "Acknowledged", "longest": "Longest", "answers": "Each alarm", "by": "By",
        "after": "After (real)", "nobody": "nobody", "acts": "What the trainer did",
        "notices": "Notices recorded, not sent",
        "page": "Page {page}", "none": "None.", "no_plan": "This exercise has no plan.",
        "speed": "speed", "injection": "fault thrown in", "more": "and {count} more alarms",
    },
}  # fmt: skip
