"""What the page says of recordings: how many cameras of those that the plan wants, and the worst of the disk."""

from __future__ import annotations

from typing import Any

import pytest

from command.picture import Picture
from command.recordings import Recordings
from tests.command import feed
from tests.command.feed import NOW_US, S


def told(*rows: feed.Fed, now_us: int = NOW_US, expected: bool = True, wanted: int = 6) -> dict[str, Any] | None:
    recordings = Recordings(wanted, expected=expected)
    for _, record in rows:
        recordings.take(record, 0)
    return recordings.now(now_us)


def test_recorders_together_record_what_the_plan_wants() -> None:
    rows = (feed.recorder("recorder-a", NOW_US, cameras=4, recording=4), feed.recorder("recorder-e", NOW_US, cameras=2, recording=1))
    assert told(*rows) == {"wanted": 6, "recorded": 5, "disk": "ok"}


def test_the_worst_word_on_the_disk_counts_and_the_newest_of_each_recorder() -> None:
    early = feed.recorder("recorder-a", NOW_US - S, cameras=4, recording=4, state="stopped")
    rows = (feed.recorder("recorder-a", NOW_US, cameras=4, recording=4, state="disk_80"), early)
    assert told(*rows, feed.recorder("recorder-e", NOW_US, cameras=2, recording=2)) == {"wanted": 6, "recorded": 6, "disk": "disk_80"}


def test_a_recorder_that_is_silent_for_half_a_minute_records_nothing() -> None:
    row = feed.recorder("recorder-a", NOW_US, cameras=4, recording=4, state="disk_90")
    assert told(row, now_us=NOW_US + 30 * S) == {"wanted": 6, "recorded": 4, "disk": "disk_90"}
    assert told(row, now_us=NOW_US + 31 * S) == {"wanted": 6, "recorded": 0, "disk": "ok"}


def test_where_nothing_is_to_be_recorded_nothing_is_said() -> None:
    assert told(wanted=0) is None
    assert told(expected=False) is None, "a drill may have no recorder"
    assert told() == {"wanted": 6, "recorded": 0, "disk": "ok"}, "an event must have one"


@pytest.mark.parametrize(("mode", "clock", "said"), [("live", "wall", True), ("drill-x", "wall", False), ("live", "player", False)])
def test_an_event_misses_recorders_that_never_spoke_and_a_drill_or_a_played_stream_does_not(mode: str, clock: Any, *, said: bool) -> None:
    snapshot = Picture(feed.recorded(feed.small_plan(), 1), mode=mode, clock=clock).snapshot(NOW_US)
    assert (snapshot["recordings"] is not None) == said
