"""The regulation that holds until a province names its own: unconfirmed, after common provincial practice."""

from __future__ import annotations

from typing import Final

from cloud.incidents.regulation import Regulation

# First action of severity 2 to 4, resolve of severity 1, and the province as the last step of 2 and 3 are our own
# proposals. Severity 4 counts office hours: 480 minutes are one working day.
PROPOSAL: Final = Regulation.model_validate(
    {
        "source": "đề xuất theo thông lệ các tỉnh; chờ quy chế của tỉnh",
        "confirmed": False,
        "severities": [
            {
                "severity": 1, "acknowledge_min": 2, "dispatch_min": 5, "first_action_min": 30, "resolve_min": 240,
                "escalate": [{"tier": "province", "after": 0}],
            },
            {
                "severity": 2, "acknowledge_min": 5, "dispatch_min": 15, "first_action_min": 60, "resolve_min": 240,
                "escalate": [{"tier": "department", "after": 1}, {"tier": "province", "after": 2}],
            },
            {
                "severity": 3, "acknowledge_min": 15, "dispatch_min": 60, "first_action_min": 240, "resolve_min": 1440,
                "escalate": [
                    {"tier": "commune", "after": 1}, {"tier": "department", "after": 1.5},
                    {"tier": "province", "after": 3},
                ],
            },
            {
                "severity": 4, "acknowledge_min": 120, "dispatch_min": 480, "first_action_min": 960,
                "resolve_min": 3360, "hours": "office", "escalate": [{"tier": "department", "after": 1.2}],
            },
        ],
        "office": {"hours": [{"start": "07:30", "end": "11:30"}, {"start": "13:00", "end": "17:00"}]},
    }
)  # fmt: skip
