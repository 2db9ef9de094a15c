"""What the sender says of records that do not arrive."""

from __future__ import annotations

import pytest

from connectors.kafka import Sender, StillUnderWayError, producer
from pipelines.events import ProbePassed


def test_what_is_only_slow_to_arrive_is_told_apart_from_what_was_refused():
    sender = Sender(producer("127.0.0.1:1"), "drill-x")  # nobody listens there
    sender.send("probe.passed", ProbePassed(sequence=1, sent_us=0, stage="s", at_us=0, clock_us=0, problem=""))
    with pytest.raises(StillUnderWayError, match="1 records did not arrive within"):
        sender.flush(0.1)
    sender.forget()  # or the client would go on dialling, and say so, for as long as the tests run
