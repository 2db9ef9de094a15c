"""The trend's interval and the time to a threshold."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import forecast as bench
from pipelines.measures.forecast import crossing
from pipelines.measures.trend import trend


def line(start: float, slope: float, *, n: int = 121, noise: float = 0.0, alike: float = 0.0, seed: int = 1) -> list[float]:
    chance, drift, found = random.Random(seed), 0.0, []
    for second in range(n):
        drift = alike * drift + math.sqrt(1 - alike**2) * chance.gauss(0, noise)
        found.append(start + slope * second + drift)
    return found


def test_a_straight_line_is_found_exactly():
    found = trend(seconds=range(121), values=line(1.0, 0.01))
    assert (found.slope_per_s, found.value, found.span_s) == (pytest.approx(0.01), pytest.approx(2.2), 120)
    at = crossing(trend=found, threshold=4.2)
    assert at.at_s == pytest.approx(200)
    assert at.low_s < 200 < at.high_s


def test_too_few_samples_say_nothing():
    assert trend(seconds=range(9), values=[1.0] * 9) is None
    assert trend(seconds=[5] * 20, values=[1.0] * 20) is None


def test_gaps_are_left_out_and_change_nothing_on_a_line():
    seconds = [second for second in range(121) if second % 7]
    values = line(1.0, 0.01)
    found = trend(seconds=seconds, values=[values[second] for second in seconds])
    assert found.slope_per_s == pytest.approx(0.01)


def test_samples_that_are_alike_widen_the_interval():
    apart = trend(seconds=range(121), values=line(2, 0, noise=0.2))
    alike = trend(seconds=range(121), values=line(2, 0, noise=0.2, alike=0.9))
    assert alike.slope_var > 3 * apart.slope_var
    assert alike.factor > apart.factor


def test_a_trend_that_does_not_surely_rise_has_no_upper_end():
    flat = trend(seconds=range(121), values=line(2, 0, noise=0.2))
    assert crossing(trend=flat, threshold=5).high_s is None
    falling = trend(seconds=range(121), values=line(4, -0.01, noise=0.1))
    assert crossing(trend=falling, threshold=5) == crossing(trend=falling, threshold=5)
    assert crossing(trend=falling, threshold=5).at_s is None


def test_a_threshold_that_is_past_is_reached_now():
    found = crossing(trend=trend(seconds=range(121), values=line(1.0, 0.05, noise=0.05)), threshold=3.0)
    assert (found.at_s, found.low_s, found.high_s) == (0, 0, 0)


def test_a_course_that_levels_off_has_no_upper_end():
    values = [4 - 3 * math.exp(-second / 100) for second in range(181)]
    assert crossing(trend=trend(seconds=range(181), values=values), threshold=5).high_s is None


@settings(max_examples=100, deadline=None)
@given(
    start=st.floats(0.2, 3),
    slope=st.floats(-0.02, 0.02),
    noise=st.floats(0, 0.5),
    seed=st.integers(0, 1000),
    threshold=st.floats(1, 7),
)
def test_an_interval_holds_its_own_estimate(start, slope, noise, seed, threshold):
    found = crossing(trend=trend(seconds=range(121), values=line(start, slope, noise=noise, seed=seed)), threshold=threshold)
    if found.at_s is not None:
        assert found.low_s is not None
        assert found.low_s <= found.at_s + 1e-6
        assert found.high_s is None or found.at_s <= found.high_s + 1e-6


def test_the_true_time_lies_in_the_interval_as_often_as_the_documents_say():
    found = bench.synthetic(draws=8)
    rates = {kind: row["hit_rate"] for kind, row in found.items()}
    print(f"\nhit rates: {rates}")
    assert rates["linear"] > 0.9
    assert rates["noisy"] > 0.9
    assert rates["stepwise"] > 0.9
    assert rates["steady"] > 0.98
    assert rates["saturating"] > 0.7
    assert rates["accelerating"] > 0.5
