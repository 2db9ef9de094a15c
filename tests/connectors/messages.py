"""Messages for the tests of channels."""

from __future__ import annotations

from typing import Any

from pipelines.events import AlertChange, OrderChange
from pipelines.messages import Message, Texts
from simulation.alerts import alert_change

ALERT_ID = "0a" * 16
SENT_US = 1_767_268_800_123_456  # 2026-01-01T12:00:00Z


def change(**fields: Any) -> AlertChange:
    here = {"alert_id": ALERT_ID, "mode": "drill-t1", "start_us": SENT_US - 10_000_000, "event_time_us": SENT_US - 1_000_000}
    return alert_change(**(here | {"x_m": 12.0, "y_m": 3.0} | fields))


def order(**fields: Any) -> OrderChange:
    plain: dict[str, Any] = {
        "order_id": "0b" * 16,
        "alert_id": ALERT_ID,
        "mode": "drill-t1",
        "number": 1,
        "state": "issued",
        "kind": "hold_upstream",
        "place": "gate-c-queue",
        "recipient": "C2",
        "text_en": "hold at 200 m",
        "text_zh": "200米处截流",
        "issued_by": "S1",
        "issued_role": "shift leader",
        "actor": "",
        "actor_role": "",
        "at_us": SENT_US,
        "due_us": SENT_US + 120_000_000,
        "effect": "",
        "effect_due_us": 0,
        "reason": "",
        "plan": "abc",
    }
    return OrderChange(**(plain | fields))


def message(mode: str = "drill-t1", **fields: Any) -> Message:
    """The first message about a crowd at gate C, in *mode*."""
    plain: dict[str, Any] = {
        "message_id": f"{mode}:{ALERT_ID}:condition:1:C2",
        "mode": mode,
        "kind": "alert",
        "recipient": "C2 gate C sector lead",
        "texts": {
            "en": Texts(radio="Gate C, crowding I, hold entry, reply", screen="Gate C queue – crowding – critical I"),
            "zh": Texts(radio="C口,拥挤一级,停止放人,收到复述", screen="C口排队区,拥挤,危急一级"),
        },
        "sent_us": SENT_US,
        "change": change(mode=mode),
        "place_name": {"en": "Gate C queue", "zh": "C口排队区"},
        "polygon": ((31.0, 121.0), (31.0, 121.001), (31.001, 121.001), (31.0, 121.0)),
    }
    return Message(**(plain | fields))
