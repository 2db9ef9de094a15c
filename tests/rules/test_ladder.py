"""The ladder: hold, hysteresis, coverage, the card rule."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.levels import LEVELS, NONE, rank
from pipelines.rules.ladder import UNSEEN, Ladder, Reading, Steps
from pipelines.units import MICRO, SLICE_US

STEPS = Steps(
    thresholds=(2.0, 3.0, 4.0, 5.0, 6.0),
    hold_up_us=10 * MICRO,
    hold_down_us=60 * MICRO,
    hysteresis=0.5,
    card_mean_per_m2=0.72,
    card_hold_us=30 * MICRO,
    card_radius_m=1.0,
)


def reading(peak: float, *, x: float = 0.0, around: float = 1.0, covered: bool = True) -> Reading:
    return Reading(peak_per_m2=peak, x_m=x, y_m=0.0, around_per_m2=around, seen=True, covered=covered)


def play(ladder: Ladder, peaks: list[Reading], *, start_s: float = 0) -> list[tuple[float, list[str]]]:
    found = []
    for index, row in enumerate(peaks):
        now = round(start_s * MICRO) + index * SLICE_US
        reached = ladder.step(now, row, STEPS)
        if reached:
            found.append((now / MICRO, reached))
    return found


def test_a_level_counts_only_after_ten_seconds_without_a_break():
    assert play(Ladder(), [reading(2.5)] * 50) == []
    assert play(Ladder(), [reading(2.5)] * 51) == [(10.0, ["watch"])]
    broken = [reading(2.5)] * 50 + [reading(1.9)] + [reading(2.5)] * 50
    assert play(Ladder(), broken) == []


def test_a_jump_reaches_every_level_on_the_way_lowest_first():
    ladder = Ladder()
    assert play(ladder, [reading(6.5)] * 51) == [(10.0, list(LEVELS))]
    assert ladder.level == "act_now"


def test_a_level_falls_only_after_a_minute_below_threshold_minus_hysteresis():
    ladder = Ladder()
    play(ladder, [reading(3.2)] * 51)
    assert ladder.level == "caution"
    play(ladder, [reading(2.6)] * 400, start_s=20)
    assert ladder.level == "caution"  # 2.6 is above 3.0 - 0.5
    play(ladder, [reading(2.4)] * 301, start_s=120)
    assert ladder.level == "watch"
    play(ladder, [reading(0.0)] * 301, start_s=200)
    assert ladder.level == NONE


def test_below_coverage_a_level_may_rise_but_never_falls():
    ladder = Ladder()
    play(ladder, [reading(4.5)] * 51)
    assert ladder.level == "warning"
    play(ladder, [UNSEEN] * 1000, start_s=20)
    play(ladder, [reading(0.0, covered=False)] * 1000, start_s=300)
    assert ladder.level == "warning"
    play(ladder, [reading(5.5, covered=False)] * 51, start_s=600)
    assert ladder.level == "critical"


def test_low_levels_deserve_a_card_only_where_the_crowd_stays_and_is_dense_around():
    standing, roaming, sparse = Ladder(), Ladder(), Ladder()
    play(standing, [reading(2.5)] * 151)
    play(roaming, [reading(2.5, x=float(index % 5)) for index in range(151)])
    play(sparse, [reading(2.5, around=0.7)] * 151)
    assert [ladder.deserves_card(30 * MICRO, STEPS) for ladder in (standing, roaming, sparse)] == [True, False, False]


def test_high_levels_deserve_a_card_by_the_peak_alone():
    ladder = Ladder()
    play(ladder, [reading(4.5, around=0.1, x=float(index % 9)) for index in range(51)])
    assert ladder.deserves_card(10 * MICRO, STEPS)


peaks = st.lists(st.sampled_from([0.0, 1.4, 1.6, 2.0, 2.6, 3.1, 4.2, 5.0, 6.0, 9.0]), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(peaks=peaks, cut=st.integers(min_value=0, max_value=400))
def test_a_saved_ladder_goes_on_as_if_it_had_not_stopped(peaks, cut):
    from dataclasses import asdict

    rows = [reading(peak) for peak in peaks for _ in range(30)]
    whole, broken = Ladder(), Ladder()
    expected = play(whole, rows)
    cut = min(cut, len(rows))
    found = play(broken, rows[:cut])
    resumed = Ladder(**asdict(broken))
    found += [(at, reached) for at, reached in play(resumed, rows[cut:], start_s=cut * SLICE_US / MICRO)]
    assert found == expected
    assert resumed.level == whole.level


@settings(max_examples=60, deadline=None)
@given(peaks=peaks)
def test_levels_are_reached_in_order_and_never_above_what_was_measured(peaks):
    ladder = Ladder()
    rows = [reading(peak) for peak in peaks for _ in range(60)]
    for _, reached in play(ladder, rows):
        assert reached == sorted(reached, key=rank)
    highest = max(peaks)
    assert rank(ladder.level) < sum(highest >= threshold for threshold in STEPS.thresholds) or ladder.level == NONE
