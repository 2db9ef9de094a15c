"""From what cameras tell to alerts: through the kernel, with the merge's ticks."""

from __future__ import annotations

from pipelines.alerts.kernel import Kernel
from pipelines.alerts.merge import Merge, input_name
from pipelines.events import AlertChange, CameraEvent
from pipelines.topics import BY_THING
from pipelines.units import MICRO, SLICE_US
from plan import needs
from plan.load import parse
from stack.ticker import tick_record
from tests.alerts.scene import START, posts
from tests.plans import plan_dict
from tests.rules.test_evidence import behaves

NAME = {"en": "Fence", "zh": "围栏"}
BEHAVIOUR = {
    "closed_zones": [{"zone": "queue"}],
    "fences": [{"id": "north", "name": NAME, "a": [1, 15], "b": [19, 15]}],
    "running": {"zones": ["hall"]},
    "loitering": {"zones": ["hall"]},
    "lying": {"zones": ["hall"]},
}
PLAN = parse(plan_dict(posts=posts(), behaviour=BEHAVIOUR))


class Room:
    """ALERTS without a broker: what waits for ticks, and what is open."""

    def __init__(self) -> None:
        self.kernel = Kernel(PLAN, plan_hash="abc", mode="drill-t")
        self.inputs = [input_name(thing, number) for thing in needs.readings(PLAN) for number in range(BY_THING[thing].partitions)]
        self.merge = Merge(results=(), readings=self.inputs)
        self.offset = 0

    def tick(self, at_us: int, *, but: str = "") -> list[AlertChange]:
        for name in self.inputs:
            if name != but:
                self.merge.put_reading(name, 0, tick_record(BY_THING[name.partition("/")[0]], at_us))
        return [change for now_us, rows in self.merge.steps() for change in self.kernel.step(now_us, rows).changes]

    def put(self, row: CameraEvent) -> None:
        self.offset += 1
        self.merge.put_reading("camera.events", self.offset, row)


def test_a_breach_becomes_a_p1_that_latches_and_more_who_climb_are_the_same_alert() -> None:
    room = Room()
    room.tick(START - SLICE_US)
    room.put(behaves("fence_line", place="north", since_s=0))
    room.put(behaves("fence_line", "going", place="north", people=3, since_s=0))
    (change,) = room.tick(START + SLICE_US)
    assert (change.rule, change.place, change.level, change.priority, change.latched, change.card) == (
        "breach",
        "north",
        "critical",
        "P1",
        True,
        True,
    )
    assert room.tick(START + 120 * MICRO) == []


def test_nothing_is_taken_before_the_ticks_of_behaviour_have_come_too() -> None:
    room = Room()
    room.tick(START - SLICE_US)
    room.put(behaves("closed_zone", place="queue", since_s=0))
    assert room.tick(START + SLICE_US, but="camera.events") == []
    assert [change.rule for change in room.tick(START + SLICE_US)] == ["breach"]


def test_loitering_is_p3_and_clears_by_quiet_and_a_person_down_is_p2_and_waits_for_a_person() -> None:
    room = Room()
    room.tick(START - SLICE_US)
    room.put(behaves("loitering", since_s=-600))
    room.put(behaves("lying", since_s=-10))
    begun = {change.rule: (change.level, change.priority) for change in room.tick(START + SLICE_US)}
    assert begun == {"loitering": ("watch", "P3"), "person_down": ("caution", "P2")}
    assert [(change.rule, change.condition) for change in room.tick(START + 120 * MICRO)] == [("loitering", "cleared")]
