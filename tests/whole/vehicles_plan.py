"""A small road with all that the vehicle rules know, and an hour's mistakes in one minute."""

from __future__ import annotations

import math
from pathlib import Path

import yaml

from tests.plans import plan_dict

NAME = {"en": "x", "zh": "某处"}
SINCE, UNTIL = "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"
HEADER = "t,id,x,y,speed,angle_deg,lane,label,plate"
EAST, WEST = 90, 270
BAD = (
    "30.0,nowhere,nan,0,1,90,,bad,",
    "30.0,rocket,100,0,500,90,,bad,",
    "30.0,astray,9000,0,10,90,,bad,",
    "30.0,standing,390,0,0,90,,bad,",  # a leap of 190 m, at a time that the vehicle has no other record of
    "30.1,standing,200,0.5,0,90,,bad,",  # a second record of one time
    "86430.0,standing,200,0,0,90,,bad,",
)


def plan() -> dict:
    """Two lanes, a bay, a barrier with its queue, a yard that needs permits, and a plaza where nobody is."""
    row = plan_dict(
        extent=[0, -40, 400, 60],
        zones=[{"id": "plaza", "name": NAME, "area_type": "way", "polygon": [[0, -30], [100, -30], [100, -20], [0, -20]]}],
        lanes=[
            {"id": "east", "name": NAME, "a": [0, 0], "b": [400, 0], "width_m": 8},
            {"id": "west", "name": NAME, "a": [400, 8], "b": [0, 8], "width_m": 8},
        ],
        bays=[{"id": "bay-1", "name": NAME, "polygon": [[140, -4], [160, -4], [160, -1.5], [140, -1.5]]}],
        barriers=[{"id": "bar-1", "name": NAME, "lane": "east", "at_m": 300, "queue_m": 40}],
        restricted=[{"id": "yard", "name": NAME, "polygon": [[340, 20], [390, 20], [390, 50], [340, 50]], "level": 2}],
        permits=[
            {"plate": "van-ok", "areas": ["yard"], "since": SINCE, "until": UNTIL, "level": 2},
            {"plate": "van-late", "areas": ["yard"], "since": SINCE, "until": "2026-01-01T00:00:00Z", "level": 2},
            {"plate": "LOW-1", "areas": ["yard"], "since": SINCE, "until": UNTIL, "level": 1},
        ],
        gates=[],
        lines=[],
        cameras=[],
        areas=[],
        devices=[{"id": "v-played", "kind": "vehicle", "at": [0, 0]}],
    )
    return dict(row)


def rows(*, seconds: int = 50) -> list[str]:
    """One line a vehicle and 200 ms."""
    found = []
    for step in range(seconds * 5):
        t = step / 5
        if t >= 5:
            found += [f"{t:.1f},first,298,0,0,{EAST},,queue,", f"{t:.1f},second,290,0,0,{EAST},,queue,"]
            found.append(f"{t:.1f},in-bay,150,-3,0,{EAST},,bay,")
        if 10 <= t < 45 and t != 30.0:
            found.append(f"{t:.1f},standing,200,0,0,{EAST},,stands,")
        if t == 30.0:
            found.append("30.1,standing,200,0,0,90,,stands,")
        for name, x, plate in (("van-ok", 350, ""), ("van-late", 360, ""), ("van-none", 370, ""), ("van-7", 380, "LOW-1")):
            found.append(f"{t:.1f},{name},{x},35,0.4,{EAST},,yard,{plate}")
        if t <= 9:
            found.append(f"{t:.1f},speeder,{5 + 10 * t:.1f},-25,10,{EAST},,speeds,")
        found += _turning(t)
        if 20 <= t <= 30:
            found.append(f"{t:.1f},ghost,{130 - 6 * (t - 20):.1f},0,6,{WEST},,ghost,")
    return found


def _turning(t: float) -> list[str]:
    """East, round in a half circle, and west again."""
    if t < 8:
        return [f"{t:.1f},u-turn,{60 + 8 * t:.2f},0,8,{EAST},,u-turn,"]
    angle = (t - 8) * 0.8
    if angle < math.pi:
        x, y = 124 + 4 * math.sin(angle), 4 - 4 * math.cos(angle)
        return [f"{t:.1f},u-turn,{x:.2f},{y:.2f},3.2,{EAST - math.degrees(angle):.1f},,u-turn,"]
    return [f"{t:.1f},u-turn,{124 - 8 * (t - 8 - math.pi / 0.8):.2f},8,8,{WEST},,u-turn,"] if t < 20 else []


def write(folder: Path) -> tuple[Path, Path]:
    """The file of vehicles, with the bad rows, and the plan."""
    (folder / "road.csv").write_text("\n".join([HEADER, *rows(), *BAD]) + "\n")
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan(), allow_unicode=True))
    return folder / "road.csv", folder / "plan.yaml"
