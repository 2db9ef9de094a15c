"""A plan with a panel, and a gateway on it whose topics are lists and whose clock stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.kafka import Row
from connectors.modbus import Credentials, PanelLine, RequestLine
from pipelines.events import LinkageChange, LinkageRequest, SensorFire
from pipelines.linkage.gateway import Gateway, Identity
from pipelines.linkage.gestures import sign
from pipelines.units import MICRO
from plan.load import parse, plan_hash
from plan.model import Plan
from tests.linkage.panel_peer import PASSCODE, READ_UNIT, REQUEST_UNIT, SPRINKLER
from tests.plans import plan_dict

LIVE, DRILL = "live", "drill-t"
LIVE_KEY, DRILL_KEY = b"L" * 32, b"D" * 32
START = 1_767_225_600 * MICRO
DEVICES = [
    {"id": "s-1", "kind": "smoke", "at": [1, 2], "zone": "hall"},
    {"id": "h-1", "kind": "heat", "at": [3, 4], "zone": "hall"},
    {"id": "s-2", "kind": "smoke", "at": [30, 4], "zone": "queue"},
    {"id": "p-1", "kind": "panel", "at": [10, 10], "zone": "hall"},
]
POSTS = [
    {"call_sign": "F1", "role": {"en": "fire control room", "zh": "消防控制室"}, "rights": ["acknowledge", "clear", "fire_output"]},
    {"call_sign": "S1", "role": {"en": "shift leader", "zh": "值班长"}, "rights": ["acknowledge", "clear"]},
]
# what stands at which discrete input of the simulated panel
SMOKE, HEAT, SMOKE_FAULT, POWER, BROADCAST, BROADCAST_BACK, SPRINKLES, SPRINKLER_BACK = range(8)


def at(address: int) -> dict[str, Any]:
    return {"table": "discrete", "address": address}


def linkage_dict(*, port: int = 1502, simulator: int | None = 1503, enabled: bool = False, **changes: Any) -> dict[str, Any]:
    return {
        "device": "p-1",
        "panel": {"host": "127.0.0.1", "port": port, "unit": READ_UNIT},
        "simulator": {"host": "127.0.0.1", "port": simulator, "unit": READ_UNIT} if simulator else None,
        "poll_s": 0.1,
        "timeout_s": 0.5,
        "silent_s": 5,
        "power_lost": at(POWER),
        "detectors": [{"device": "s-1", "alarm": at(SMOKE), "fault": at(SMOKE_FAULT)}, {"device": "h-1", "alarm": at(HEAT)}],
        "equipment": [
            {"id": "hall-broadcast", "kind": "broadcast", "zone": "hall", "started": at(BROADCAST), "feedback": at(BROADCAST_BACK)},
            {
                "id": "hall-sprinkler",
                "kind": "sprinkler",
                "zone": "hall",
                "at": [5, 6],
                "started": at(SPRINKLES),
                "feedback": at(SPRINKLER_BACK),
            },
        ],
        "outputs": {
            "enabled": enabled,
            "unit": REQUEST_UNIT,
            "requests": [
                {"equipment": "hall-sprinkler", "code": SPRINKLER, "address": 0, "echo": 0, "by": ["right", "two_detectors"]},
            ],
        },
        **changes,
    }


def plan_of(**how: Any) -> Plan:
    return parse(plan_dict(devices=DEVICES, posts=POSTS, linkage=linkage_dict(**how)))


class Topics:
    """A sender that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def send(self, thing: str, record: Any, *, key: str = "") -> None:
        self.sent.append((thing, record))

    def of(self, thing: str) -> list[Any]:
        return [record for name, record in self.sent if name == thing]


class Clock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.now_us = START

    def __call__(self) -> int:
        return self.now_us

    def go_on(self, seconds: float) -> None:
        self.now_us += round(seconds * MICRO)


class Scene:
    """A gateway with all that is round it."""

    def __init__(
        self,
        plan: Plan,
        *,
        mode: str = LIVE,
        key: bytes | None = None,
        writer: RequestLine | None = None,
        line: Any = None,
        changes: tuple[LinkageChange, ...] = (),
    ) -> None:
        assert plan.linkage is not None
        self.plan, self.clock, self.topics = plan, Clock(), Topics()
        self.key = key or (LIVE_KEY if mode == LIVE else DRILL_KEY)
        address = plan.linkage.panel
        self.line = line or PanelLine(host=address.host, port=address.port, unit=address.unit, timeout_s=plan.linkage.timeout_s)
        who = Identity(mode=mode, plan=plan, mode_key=self.key, boot_id="boot")
        self.mode = mode
        self.gateway = Gateway(who, line=self.line, writer=writer, sender=self.topics, clock_us=self.clock, changes=changes)

    def hear(self, *records: Any, mode: str | None = None) -> None:
        rows = [
            Row(thing="linkage.requests", mode=mode or self.mode, partition=0, offset=0, appended_us=0, record=record) for record in records
        ]
        self.gateway.hear(rows)

    def gesture(self, which: str, **changes: Any) -> LinkageRequest:
        return gesture(self.plan, which, self.clock.now_us, key=changes.pop("key", self.key), **{"mode": self.mode, **changes})

    def press_and_hold(self, held_s: float = 2.0, **changes: Any) -> None:
        self.hear(self.gesture("press", **changes))
        self.clock.go_on(held_s)
        self.hear(self.gesture("held", **changes))

    def states(self) -> list[str]:
        return [change.state for change in self.topics.of("linkage.changes")]


def gesture(plan: Plan, which: str, at_us: int, *, key: bytes, **changes: Any) -> LinkageRequest:
    row = LinkageRequest(
        request_id="0123456789abcdef",
        mode=LIVE,
        site="site",
        equipment="hall-sprinkler",
        gesture=which,
        actor="F1",
        actor_role="fire control room",
        alert_id="",
        reason="",
        received_us=at_us,
        plan=plan_hash(plan),
        hmac=b"",
    )
    return sign(replace(row, **changes), key)


def alarm(device: str, at_us: int, *, kind: str = "smoke", **changes: Any) -> SensorFire:
    row = SensorFire(
        device=device, event_time_us=at_us, received_us=at_us, zone="hall", kind=kind, state="alarm", output="", x_cm=100, y_cm=200
    )
    return replace(row, **changes)


def credentials(**changes: Any) -> Credentials:
    return Credentials(**{"mode": LIVE, "site": "site", "panel": "p-1", "passcode": PASSCODE, **changes})


def writer(port: int, **changes: Any) -> RequestLine:
    return RequestLine(credentials(**changes), site="site", panel="p-1", host="127.0.0.1", port=port, unit=REQUEST_UNIT, timeout_s=0.5)
