"""Row 41: hostile events of drills, with the mode written in every way, against every border to the world."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

from benchmarks.leaks import LIVE, hostile_modes, run

EVENTS = 100_000


def test_no_live_message_comes_of_a_hundred_thousand_hostile_drill_events(capsys):
    found = run(Path(), Path(), events=EVENTS)
    with capsys.disabled():
        print(f"\nrow 41: {found['events']} drill events, {found['spellings_of_the_mode']} spellings: {found['drill_leaks']} live messages")
    assert (found["events"], found["drill_leaks"], found["a_live_event_passes"]) == (EVENTS, 0, True)


def test_the_spellings_hold_what_they_should():
    modes = set(islice(hostile_modes(random.Random(1)), 20_000))
    assert {LIVE, "LIVE", "Live", " live", "live\n", "live\0", "live\u200b", "drill-live", "live-drill", "", "lіve"} <= modes
    assert any(mode != LIVE and mode.casefold() == LIVE for mode in modes)
