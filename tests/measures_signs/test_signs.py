"""The measures of the signs: known answers, and what each refuses to say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.balance import DISAGREE, Count, balance
from pipelines.measures.bottleneck import chokes, outflow_per_m_s
from pipelines.measures.minority import minority_share
from pipelines.measures.observability import fallen_share, grows_unseen
from pipelines.measures.standstill import foot_stands
from pipelines.measures.stop_and_go import stops
from pipelines.measures.trend import trend
from pipelines.measures.vanished import vanished_share
from pipelines.measures.waiting import waiting

RISING = trend(seconds=range(61), values=[2.0 + 0.02 * second for second in range(61)])
FLAT = trend(seconds=range(61), values=[3.0] * 61)


def count(people: float, error: float) -> Count:
    return Count(people=people, error=error)


def test_no_count_is_no_balance():
    assert balance(counts={}) is None


def test_counts_that_agree_are_weighed_by_their_errors():
    found = balance(counts={"turnstiles": count(1000, 10), "lines": count(1010, 20)})
    assert found.inside == pytest.approx(1002)
    assert found.suspect == ""
    assert found.residual == 10
    assert found.low < 1002 < found.high < 1015


def test_the_count_that_two_others_contradict_is_left_out_and_named():
    found = balance(counts={"turnstiles": count(700, 10), "lines": count(1000, 20), "seen": count(1010, 30)})
    assert found.suspect == "turnstiles"
    assert found.low > 950


def test_when_nobody_can_say_which_is_wrong_the_interval_holds_them_all():
    two = balance(counts={"turnstiles": count(700, 10), "lines": count(1000, 20)})
    three = balance(counts={"turnstiles": count(500, 10), "lines": count(1000, 20), "seen": count(1500, 30)})
    assert (two.suspect, two.low, two.high) == (DISAGREE, 690, 1020)
    assert (three.suspect, three.low, three.high) == (DISAGREE, 490, 1530)


@settings(max_examples=200, deadline=None)
@given(
    counts=st.dictionaries(
        st.sampled_from(["turnstiles", "lines", "seen"]),
        st.builds(Count, people=st.floats(0, 1e5), error=st.floats(1, 1e4)),
        min_size=1,
    )
)
def test_the_estimate_lies_in_its_interval_and_the_interval_among_the_counts(counts):
    found = balance(counts=counts)
    assert found.low <= found.inside + 1e-6
    assert found.inside <= found.high + 1e-6
    assert found.high <= max(row.people + row.error for row in counts.values()) + 1e-6


def test_a_queue_arrives_as_fast_as_it_is_served_and_grows():
    found = waiting(people=[100 + second for second in range(61)], served=30, over_s=60)
    assert found.served_per_min == 30
    assert found.arriving_per_min == pytest.approx(90)
    assert found.wait_s == pytest.approx(158 / 0.5)
    assert waiting(people=[5.0] * 61, served=0, over_s=60).wait_s is None


@settings(max_examples=100, deadline=None)
@given(people=st.lists(st.floats(0, 5000), min_size=2, max_size=61), served=st.integers(0, 200))
def test_nobody_arrives_less_than_not_at_all(people, served):
    found = waiting(people=people, served=served, over_s=60)
    assert found.arriving_per_min >= 0
    assert found.wait_s is None or found.wait_s >= 0


def test_one_of_four_people_who_turns_round_is_no_counter_flow():
    assert minority_share(entered=3, exited=1, least=10) is None
    assert minority_share(entered=3, exited=9, least=10) == 0.25


def test_a_passage_chokes_only_with_a_growing_crowd_before_it():
    limits = {"least_flow": 0.8, "per_m2": 2.5, "rise_per_s": 0.1 / 60}
    assert outflow_per_m_s(people=12, width_m=1.2, over_s=20) == pytest.approx(0.5)
    assert chokes(outflow=0.5, upstream=RISING, **limits)
    assert not chokes(outflow=0.9, upstream=RISING, **limits)
    assert not chokes(outflow=0.5, upstream=FLAT, **limits)
    assert not chokes(outflow=0.5, upstream=RISING, least_flow=0.8, per_m2=3.5, rise_per_s=0)


def test_noise_on_a_threshold_and_the_unknown_are_no_wave():
    assert stops(speeds_mps=[0.6, 0.1, 0.6, 0.1], stop_mps=0.15, go_mps=0.4) == 2
    assert stops(speeds_mps=[0.14, 0.16, 0.14, 0.16, 0.14], stop_mps=0.15, go_mps=0.4) == 0
    assert stops(speeds_mps=[0.6, None, 0.1, None, 0.1], stop_mps=0.15, go_mps=0.4) == 1


def test_the_share_that_vanished_is_of_the_fullest_patch():
    assert vanished_share(lost=[0, 6, 6], patch_people=[20, 14, 8], least=10) == pytest.approx(0.6)
    assert vanished_share(lost=[5], patch_people=[9], least=10) == 0
    assert vanished_share(lost=[-4], patch_people=[20], least=10) == 0
    assert vanished_share(lost=[], patch_people=[], least=10) == 0


def test_two_who_chat_at_the_foot_are_no_standstill():
    limits = {"standstill_mps": 0.1, "per_m2": 1.1, "least_flight_people": 5}
    assert foot_stands(speed_mps=0.02, peak_per_m2=2, flight_people=8, **limits)
    assert not foot_stands(speed_mps=0.02, peak_per_m2=0.5, flight_people=8, **limits)
    assert not foot_stands(speed_mps=0.02, peak_per_m2=2, flight_people=2, **limits)
    assert not foot_stands(speed_mps=None, peak_per_m2=2, flight_people=8, **limits)


def test_growing_unseen_needs_both():
    assert fallen_share(shares=[1.0, 0.9, 0.5]) == 0.5
    assert fallen_share(shares=[]) == 0
    assert grows_unseen(peak=RISING, shares=[1.0, 0.5], fall=0.2, per_m2=2)
    assert not grows_unseen(peak=RISING, shares=[1.0, 0.9], fall=0.2, per_m2=2)
    assert not grows_unseen(peak=FLAT, shares=[1.0, 0.5], fall=0.2, per_m2=2)
