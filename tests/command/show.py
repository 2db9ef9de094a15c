"""Serves the page with synthetic pictures, to look at it: `python -m tests.command.show DIST PORT [scene]`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import uvicorn

from command.api import create_app
from command.order_book import OrderBook
from command.picture import Picture
from command.source import Mode
from pipelines.events import AlertChange, AlertCommand, CameraPreview, LinkageRequest, OrderCommand
from plan.model import Plan
from tests.command import feed


class Made:
    """A source whose pictures are fed by a test."""

    def __init__(self, modes: dict[str, Plan], *, now_us: Callable[[], int] = lambda: feed.NOW_US, state: str = "running") -> None:
        """One picture for each mode; nothing is sent anywhere, `sent` keeps it."""
        self.pictures = {mode: Picture(plan, mode=mode) for mode, plan in modes.items()}
        self.sent: list[tuple[str, Any]] = []
        self.gestures: list[tuple[str, LinkageRequest]] = []
        self._now_us, self._state = now_us, state
        self.before: Callable[[str], None] = lambda _mode: None

    def now_us(self) -> int:
        """The given clock."""
        return self._now_us()

    def modes(self) -> list[Mode]:
        """Each mode, since a fixed time."""
        return [
            Mode(
                mode=mode,
                plan=Path("plan.yaml"),
                title_en="Demo evening" if mode != "live" else "Tonight",
                title_zh="演示之夜" if mode != "live" else "今晚",
                state="running",
                since_us=feed.NOW_US,
                clock="wall",
            )
            for mode in self.pictures
        ]

    def plan(self, mode: str) -> Plan | None:
        """The mode's plan."""
        return self.pictures[mode].plan if mode in self.pictures else None

    def snapshot(self, mode: str) -> str | None:
        """The picture as JSON."""
        if mode not in self.pictures:
            return None
        self.before(mode)
        return json.dumps(self.pictures[mode].snapshot(self.now_us()))

    def alert(self, mode: str, alert_id: str) -> AlertChange | None:
        """The newest change."""
        return self.pictures[mode].alerts.newest(alert_id)

    def preview(self, mode: str, camera: str) -> CameraPreview | None:
        """The newest preview."""
        return self.pictures[mode].preview(camera) if mode in self.pictures else None

    def orders(self, mode: str) -> OrderBook:
        """The orders of the picture."""
        return self.pictures[mode].orders if mode in self.pictures else OrderBook()

    def send(self, mode: str, command: AlertCommand | OrderCommand) -> None:
        """Keep the command."""
        self.sent.append((mode, command))

    def ask_panel(self, mode: str, gesture: LinkageRequest) -> None:
        """Keep the gesture."""
        self.gestures.append((mode, gesture))


def a_jpeg(second: int = 0) -> bytes:
    """A grey floor with a few dark discs."""
    floor = np.full((360, 640, 3), 118, dtype=np.uint8)
    for index in range(8):
        cv2.circle(floor, (60 + index * 70, 80 + (index * 53 + second * 3) % 220), 14, (40, 46, 60), -1)
    return bytes(cv2.imencode(".jpg", floor)[1])


def boxes(second: int = 0) -> list[tuple[float, float, float, float]]:
    """Boxes round the discs, in the full frame's pixels."""
    return [
        ((46 + i * 70) * 3.0, (66 + (i * 53 + second * 3) % 220) * 3.0, (74 + i * 70) * 3.0, (94 + (i * 53 + second * 3) % 220) * 3.0)
        for i in range(8)
    ]


def evening_source(plan: Plan, *, now_us: int, seconds: int = 120, mode: str = "drill-demo") -> Made:
    """A source that has seen the evening's last *seconds*."""
    made = Made({mode: plan}, now_us=lambda: now_us + 400_000)
    picture = made.pictures[mode]
    for second in range(seconds + 1):
        at_us = now_us - (seconds - second) * feed.S
        full = second >= seconds - 3 or second % 20 == 0
        for thing, record in feed.evening(plan, at_us, second):
            if full or thing != "crowd.cells":
                picture.apply(thing, record, at_us)
    for thing, record in (*feed.evening_outlook(now_us, seconds), *feed.evening_orders(now_us)):
        picture.apply(thing, record, now_us)
    for thing, record in feed.evening_alerts(now_us):
        picture.apply(thing, record, now_us + 180_000 * (thing == "dispatch.receipts"))
    picture.apply(*feed.preview("cam-b-gate", now_us, a_jpeg(), boxes()), now_us)
    return made


def video_only() -> Plan:
    """A plan whose only camera is an uncalibrated video."""
    zone = {"id": "scene", "name": {"en": "Scene", "zh": "画面"}, "area_type": "standing", "polygon": [[0, 0], [40, 0], [40, 20], [0, 20]]}
    camera = {"id": "video", "name": {"en": "crossing.mp4", "zh": "crossing.mp4"}, "at": [1, 1], "owns": [0, 0, 40, 20], "kind": "video"}
    return feed.small_plan(zones=[zone], cameras=[camera], gates=[], lines=[], devices=[], areas=[])


def main() -> None:
    """Serve until interrupted; time goes on."""
    dist, port, scene = Path(sys.argv[1]), int(sys.argv[2]), (sys.argv[3] if len(sys.argv) > 3 else "evening")
    start_us = time.time_ns() // 1_000_000_000 * feed.S
    plan = video_only() if scene == "video" else feed.stadium()
    made = evening_source(plan, now_us=start_us, seconds=600) if scene != "video" else Made({"drill-video": plan})
    mode = next(iter(made.pictures))
    made._now_us = lambda: time.time_ns() // 1000
    told = [start_us]

    def go_on(_: str) -> None:
        while told[0] + feed.S <= made.now_us() and scene != "silent":
            told[0] += feed.S
            second = (told[0] - start_us) // feed.S
            rows = (
                (*feed.evening(plan, told[0], 600 + second), *feed.evening_outlook(told[0], 600 + second))
                if scene != "video"
                else [feed.health("video", told[0], calibrated=False, people=8)]
            )
            for thing, record in rows:
                made.pictures[mode].apply(thing, record, told[0])
            camera = "video" if scene == "video" else "cam-b-gate"
            made.pictures[mode].apply(*feed.preview(camera, told[0], a_jpeg(second), boxes(second)), told[0])

    made.before = go_on
    uvicorn.run(create_app(made, dist=dist, run=Path("/nonexistent")), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
