"""The grid over ten seconds is the mean of its seconds, and one record of the camera's eye."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.cells import CELL, NOT_MEASURABLE, CellRollup
from pipelines.detect.eye import ROLLUP_US, Eye
from pipelines.detect.frames import NO_VELOCITY
from pipelines.events import CrowdCells
from pipelines.units import MICRO
from plan.load import parse
from plan.views import view_of
from tests.plans import plan_dict

START = 1_767_225_600_000_000


def second(*rows: tuple[int, int, int, int, int, int]) -> bytes:
    return np.array(list(rows), dtype=CELL).tobytes()


def opened(rows: bytes | None) -> list[tuple[int, ...]]:
    assert rows is not None
    found: NDArray[np.void] = np.frombuffer(rows, dtype=CELL)
    return [tuple(int(value) for value in row) for row in found.tolist()]


def test_density_is_the_mean_over_the_seconds_and_velocity_that_of_the_people() -> None:
    rollup = CellRollup()
    rollup.add(second((3, -2, 400, 100, 0, 20), (4, 0, 100, NO_VELOCITY, NO_VELOCITY, NOT_MEASURABLE)))
    rollup.add(second((3, -2, 200, -50, 10, 35)))
    rollup.add(b"")
    rollup.add(b"")
    assert opened(rollup.close()) == [(3, -2, 150, 50, 3, 35), (4, 0, 25, NO_VELOCITY, NO_VELOCITY, NOT_MEASURABLE)]


def test_seconds_with_nobody_are_an_empty_grid_and_no_second_is_none() -> None:
    rollup = CellRollup()
    assert rollup.close() is None
    rollup.add(b"")
    assert rollup.close() == b""
    assert rollup.close() is None


def test_the_eye_tells_of_ten_seconds_once() -> None:
    plan = parse(plan_dict())
    camera = next(row for row in plan.cameras if row.sees_floor)
    x0, y0, _, _ = camera.owns
    eye, out = Eye(view_of(plan, camera), start_us=START), []
    place = np.array([[round(x0 * 100) + 50, round(y0 * 100) + 50]], dtype=np.int64)
    for number in range(125):
        at = START + number * 200_000
        out += eye.frame(at, np.array([1]), place, received_us=at)
    grids = [record for record in out if isinstance(record, CrowdCells)]
    long = [record for record in grids if record.period_us == ROLLUP_US]
    assert [record.event_time_us for record in long] == [START, START + ROLLUP_US]
    assert all([row[2] for row in opened(record.cells)] == [100] for record in long)
    assert sum(record.period_us == MICRO for record in grids) == 24
