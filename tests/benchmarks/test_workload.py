"""The crowd benchmark's workload: what its bytes hold, and whether its oracle is right."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
import time
from collections import defaultdict

import numpy as np
import pytest

from benchmarks.crowd import ours
from benchmarks.crowd.runners import Runner, Used, differing, read_lines
from benchmarks.crowd.workload import (
    FPS,
    PEOPLE,
    START_US,
    TILE_CM,
    ZONE_AREA_CM2,
    Size,
    frames,
    oracle,
    origin_cm,
    read_records,
    walk,
    whole_windows,
    write,
    zone_cm,
)
from pipelines.codec import decode, encode
from pipelines.detect.frames import NO_VELOCITY, unpack
from pipelines.detect.velocities import Velocities
from pipelines.events import CameraFrame

SIZE = Size(cameras=2, seconds=5)


def runner(**parts):
    return Runner(name="x", what="", size=SIZE, run=lambda _folder, _out: Used(cpu_s=0, wall_s=0), **parts)


def person_by_person(size: Size) -> dict[tuple[str, int], dict[str, float | None]]:
    """The answers from the packed bytes, in plain loops and Python's own numbers."""
    counts: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0] * 6)
    for frame in frames(size):
        camera = int(frame.camera[1:])
        x0, y0, x1, y1 = zone_cm(camera)
        positions, velocities, _ = unpack(frame.positions, origin_cm=(frame.tile_x_cm, frame.tile_y_cm))
        for end_us in whole_windows(size):
            if not end_us - 1_000_000 <= frame.event_time_us < end_us:
                continue
            sums = counts[f"z{camera}", end_us]
            sums[0] += 1
            for (x, y), (vx, vy) in zip(positions.tolist(), velocities.tolist(), strict=True):
                if x0 <= x < x1 and y0 <= y < y1:
                    sums[1] += 1
                    if vx != NO_VELOCITY:
                        sums[2:] = sums[2] + 1, sums[3] + vx, sums[4] + vy, sums[5] + math.isqrt(vx * vx + vy * vy)
    made = {}
    for place, (used, n, n_v, vx, vy, v) in counts.items():
        people = n * 1_000_000 // used / 1e6
        density, speed = people / (ZONE_AREA_CM2 / 1e4), v / 1e2 / n_v
        made[place] = {
            "people": people,
            "density_per_m2": density,
            "speed_mps": speed,
            "vx_mps": vx / 1e2 / n_v,
            "vy_mps": vy / 1e2 / n_v,
            "specific_flow_per_m_s": density * speed,
        }
    return made


def test_the_oracle_is_what_counting_person_by_person_gives():
    size = Size(cameras=2, seconds=2)
    assert {place: dataclasses.asdict(answer) for place, answer in oracle(size).items()} == person_by_person(size)


def test_every_window_of_every_zone_has_an_answer():
    ends = list(whole_windows(SIZE))
    assert (ends[0], ends[-1]) == (START_US + 1_000_000, START_US + 5_000_000)
    assert oracle(SIZE).keys() == {(zone, end) for zone in ("z0", "z1") for end in ends}


def test_frames_come_in_order_and_three_in_every_slice():
    found = list(frames(SIZE))
    times = [frame.event_time_us for frame in found]
    assert times == sorted(times)
    slices = np.bincount([(frame.event_time_us - START_US) // 200_000 for frame in found if frame.camera == "c1"])
    assert slices.tolist() == [3] * 25


def test_packed_frames_hold_the_walkers():
    made = walk(1, seconds=1)
    found = [decode(encode(frame), CameraFrame) for frame in frames(Size(cameras=2, seconds=1)) if frame.camera == "c1"]
    assert len(found) == FPS
    for index, frame in enumerate(found):
        positions, velocities, tracks = unpack(frame.positions, origin_cm=origin_cm(1))
        assert (frame.people, len(frame.positions)) == (PEOPLE, 14 * PEOPLE)
        assert (positions - np.asarray(origin_cm(1)) == made.positions_cm[index]).all()
        assert (velocities == made.velocities_cmps[index]).all()
        assert (tracks == made.tracks[index]).all()


def test_velocities_are_those_of_the_edge_over_its_baseline():
    made, seen = walk(3, seconds=5), Velocities()
    for index, event_us in enumerate(made.event_us.tolist()):
        found = seen.of(event_us, made.tracks[index], made.positions_cm[index])
        if index >= FPS:
            assert (found == made.velocities_cmps[index]).all()


def test_walkers_move_smoothly_within_their_tile_and_some_have_no_velocity():
    made = walk(0, seconds=10)
    assert made.positions_cm.min() >= 0
    assert made.positions_cm.max() < TILE_CM
    assert np.abs(np.diff(made.positions_cm, axis=0)).max() <= 12
    none = (made.velocities_cmps[..., 0] == NO_VELOCITY).mean()
    assert 0 < none < 0.05


def test_a_camera_walks_the_same_in_every_size():
    small, large = oracle(Size(cameras=1, seconds=2)), oracle(Size(cameras=3, seconds=4))
    assert small.items() <= large.items()


def test_the_written_file_is_read_back_and_not_written_twice(tmp_path):
    write(tmp_path, Size(cameras=1, seconds=1))
    first = (tmp_path / "frames.bin").stat()
    write(tmp_path, Size(cameras=1, seconds=1))
    assert (tmp_path / "frames.bin").stat() == first
    assert [decode(raw, CameraFrame) for raw in read_records(tmp_path / "frames.bin")] == list(frames(Size(cameras=1, seconds=1)))


def test_the_edges_sums_hold_the_oracles_answers_to_the_bit():
    sums = list(ours.edge(encode(frame) for frame in frames(SIZE)))
    assert len(sums) == 2 * 5 * 5
    assert ours.answers(sums, whole_windows(SIZE)) == oracle(SIZE)


@pytest.mark.parametrize(("off", "said"), [(0.0, ""), (1e-12, ""), (1e-6, "speed_mps of z0")])
def test_answers_are_compared_within_the_tolerance(off, said):
    right = oracle(Size(cameras=1, seconds=1))
    got = {place: dataclasses.replace(each, speed_mps=each.speed_mps + off) for place, each in right.items()}
    assert differing(runner(), right, got).startswith(said)
    assert bool(differing(runner(), right, got)) == bool(said)


def test_a_missing_window_is_said():
    assert differing(runner(), oracle(Size(cameras=1, seconds=1)), {}) == "0 windows where 1 belong, 0 of them in common"


def test_answers_are_read_from_lines(tmp_path):
    (tmp_path / "out").write_text('{"zone": "z0", "window_end_us": 7, "people": 1.5}\n')
    found = read_lines(tmp_path / "out", SIZE)["z0", 7]
    assert (found.people, found.speed_mps) == (1.5, None)


def test_the_meter_counts_a_child_that_outlives_its_parent(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.4: pass"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {busy!r}])"
    command = [sys.executable, "-m", "benchmarks.crowd.meter", str(tmp_path / "used"), "30", sys.executable, "-S", "-c", parent]
    begun = time.monotonic()
    assert subprocess.run(command, check=False).returncode == 0
    assert time.monotonic() - begun < 30
    assert '"code": 0' in (tmp_path / "used").read_text()
    assert float((tmp_path / "used").read_text().split('"cpu_s": ')[1].rstrip("}")) >= 0.4
