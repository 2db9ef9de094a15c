"""What the benchmark of the store is made of: rows that hide nothing, and answers that are compared first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import store
from benchmarks.crowd.workload import START_US
from benchmarks.store import gridding, heatmap, load
from benchmarks.store.walking import Seen
from pipelines.errors import MusterError
from pipelines.events import CrowdZones

ROOT = Path(__file__).resolve().parents[2]
MIDNIGHT_S = 1_767_225_600


def test_walkers_jitter_and_no_second_of_a_standing_person_is_the_copy_of_another():
    block = next(Seen(ROOT, start_s=MIDNIGHT_S).blocks(1))
    track = np.bincount(np.unique(block["track"], return_inverse=True)[1]).argmax()
    mine = block["track"] == np.unique(block["track"])[track]
    xy = np.stack([block["x_cm"][mine], block["y_cm"][mine]], axis=1)
    assert len(xy) == 60
    assert len(np.unique(xy, axis=0)) > 30
    moved = np.diff(xy, axis=0)
    assert (np.stack([block["vx_cmps"][mine], block["vy_cmps"][mine]], axis=1)[1:] == moved).all()


def test_the_grid_has_as_many_occupied_cells_a_step_as_thirty_six_million_rows_need():
    (day,) = gridding.days(MIDNIGHT_S, count=1)
    steps = gridding.DAY_S // gridding.STEP_S
    assert len(day["at"]) / steps * steps * gridding.DAYS == pytest.approx(36e6, rel=0.01)
    cells = day["at"].astype(np.int64) * 1000 + day["x_m"] * 20 + day["y_m"]
    assert len(np.unique(cells)) == len(cells)


def test_cells_that_differ_end_the_heatmap():
    with pytest.raises(MusterError, match=r"\(0, 0, 1.0\) of ours, \(0, 0, 1.1\) of DuckDB's"):
        heatmap._compare("30d", [(0, 0, 1.0)], [(0, 0, 1.1)])


def test_a_record_of_the_load_comes_again_later_with_all_its_times():
    zones = CrowdZones(camera="c0", slice_start_us=START_US, received_us=START_US + 230_000, plan="p")
    due = load.Due(at_us=START_US + 230_000, thing="crowd.zones", record=zones, key="c0", rows={"crowd_zones": 1}).later(7)
    assert (due.at_us, due.record.slice_start_us, due.record.received_us) == (START_US + 230_007, START_US + 7, START_US + 230_007)


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(MusterError, match="there is no part disk; there are insert, bytes, heatmap, sink"):
        store.run(tmp_path, ROOT, only="disk")
