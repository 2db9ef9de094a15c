"""A picture below the standard is on the list, without a card, until it is as good as the plan asks."""

from __future__ import annotations

from pipelines.alerts.kernel import Kernel
from pipelines.events import AlertChange, CameraHealth
from pipelines.units import MICRO
from plan.load import parse
from tests.alerts.scene import START, crowd
from tests.plans import plan_dict


def health(lines: int, now_us: int) -> tuple[str, CameraHealth]:
    row = CameraHealth(
        camera="c1",
        event_time_us=now_us,
        received_us=now_us,
        state="ok",
        since_us=START,
        fps=5.0,
        width_px=lines * 16 // 9,
        height_px=lines,
        calibrated=True,
        people=0,
    )
    return "camera.health", row


def changes(kind: str, lines: list[int]) -> list[AlertChange]:
    plan = plan_dict()
    plan["cameras"] = [{**camera, "kind": kind} for camera in plan["cameras"]]
    subject, out = Kernel(parse(plan), plan_hash="abc", mode="drill-t"), list[AlertChange]()
    for second, count in enumerate(lines):
        now_us = START + second * MICRO
        out += subject.step(now_us, [*crowd(now_us), health(count, now_us)]).changes
    return [change for change in out if change.rule == "camera_resolution"]


def test_a_picture_below_1080_lines_is_a_watch_without_a_card_until_it_has_them() -> None:
    found = changes("video", [576, 576, 576, 1080, 1080])
    assert [(row.place, row.level, row.card, row.condition, row.value) for row in found] == [
        ("c1", "watch", False, "active", 576.0),
        ("c1", "watch", False, "cleared", 576.0),
    ]
    assert len({row.alert_id for row in found}) == 1


def test_a_simulated_picture_and_one_without_a_size_are_not_judged() -> None:
    assert changes("simulated", [576] * 5) == []
    assert changes("video", [0] * 5) == []
