"""Crowd pressure at the edge: what is noise, what is shear, and what is neither."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.detect.floor import zone_floor
from pipelines.detect.frames import NO_VELOCITY
from pipelines.detect.noise import Noise
from pipelines.detect.sums import Accuracy, SliceSums
from pipelines.measures.pressure import Moments, crowd_pressures, moments_of, position_noise_m, velocity_noise_variance

HALL = zone_floor("hall", [(0, 0), (20, 0), (20, 15), (0, 15)], los_scale="walkway", cameras_expected=1)


def people(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(400, 600, size=(count, 2))


def pressure(positions: np.ndarray, velocities: np.ndarray, *, noise: float = 0.0) -> tuple[float, float, float]:
    moments = Moments(*(np.asarray([column.sum()]) for column in moments_of(positions, velocities)))
    found = crowd_pressures(people=np.asarray([len(positions)]), moments=moments, area_m2=4.0, noise_variance_m2_s2=noise)
    return float(found.value[0]), float(found.low[0]), float(found.high[0])


def test_random_velocities_have_the_pressure_that_their_spread_gives_them() -> None:
    """6 p/m² and 0.058 m/s of spread, both components together, are the 0.02 /s² at which turbulence begins."""
    chance = np.random.default_rng(5)
    found = []
    for seed in range(400):
        velocities = np.rint(chance.normal(0, 5.8 / math.sqrt(2), size=(24, 2))).astype(np.int64)
        found.append(pressure(people(24, seed), velocities))
    value = np.mean(found, axis=0)[0]
    assert value == pytest.approx(6 * (0.058**2 + 2 / 12 / 1e4), rel=0.03)  # whole cm/s add their own rounding
    inside = [low <= 6 * 0.058**2 <= high for _, low, high in found]
    assert np.mean(inside) > 0.92


def test_shear_and_speeding_up_are_no_pressure() -> None:
    positions = people(30, 1)
    velocities = np.stack([20 + (positions[:, 1] - 400) // 2, (positions[:, 0] - 400) // 4], axis=1)
    assert pressure(positions, velocities)[0] < 0.001


def test_three_centimetres_of_jitter_are_no_pressure_once_they_are_known() -> None:
    chance = np.random.default_rng(2)
    velocities = np.rint(chance.normal(0, 3 * math.sqrt(2), size=(24, 2))).astype(np.int64)
    noise = velocity_noise_variance(sigma_m=0.03, baseline_s=1)
    assert noise == pytest.approx(2 * 0.042426**2, rel=1e-3)
    assert pressure(people(24, 3), velocities)[0] > 0.01
    _, low, _ = pressure(people(24, 3), velocities, noise=noise)
    assert low < 0.005


@pytest.mark.parametrize(("count", "known"), [(15, 15), (30, 7)])
def test_it_is_not_measurable_below_four_to_the_square_metre_or_with_few_velocities(count: int, known: int) -> None:
    positions = people(count, 1)
    velocities = np.full((count, 2), NO_VELOCITY)
    velocities[:known] = 10
    sums = SliceSums([HALL], frames_expected=1)
    sums.add(positions, velocities)
    (entry,) = sums.close()
    assert (entry.pressure_n, entry.pressure_sum) == (0, 0)


def test_a_slice_carries_the_pressure_of_its_fullest_boxes_and_the_noise_that_was_taken_off() -> None:
    positions, chance = people(40, 4), np.random.default_rng(9)
    sums = SliceSums([HALL], frames_expected=1)
    sums.add(positions, np.rint(chance.normal(0, 30, size=(40, 2))).astype(np.int64))
    (entry,) = sums.close(Accuracy(noise_variance_m2_s2=0.0009, count_error_ppm=50_000))
    assert entry.pressure_n == 1
    assert 0 < entry.pressure_low_sum < entry.pressure_sum < entry.pressure_high_sum
    assert entry.pressure_sum == pytest.approx(10 * 0.18 * 1e6, rel=0.6)
    assert entry.noise_micro == 900
    assert entry.n_error == 40 * 50_000


def test_noise_is_learned_from_people_who_walk() -> None:
    chance, noise = np.random.default_rng(1), Noise(least_m=0.01)
    start, way = chance.uniform(0, 2000, size=(60, 2)), chance.normal(0, 100, size=(60, 2))
    for frame in range(200):
        t_s = frame / 25
        positions = np.rint(start + way * t_s + chance.normal(0, 3, size=(60, 2))).astype(np.int64)
        noise.add(round(t_s * 1e6), np.arange(60), positions)
    assert noise.sigma_m == pytest.approx(0.03, rel=0.12)


def test_noise_is_never_below_the_plans() -> None:
    noise = Noise(least_m=0.02)
    for frame in range(100):
        noise.add(frame * 40_000, np.arange(20), np.full((20, 2), frame))
    assert noise.sigma_m == 0.02


def test_nobody_has_no_noise() -> None:
    empty = np.zeros((0, 2))
    assert position_noise_m(empty, empty, empty) == 0.0
