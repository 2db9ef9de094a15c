"""Bytewax: rows keyed by zone, a sliding window of 1 s every 200 ms, folded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.operators import windowing
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from reading import Answers, arguments

FRAMES, OUT, PER = arguments()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALIGN = EPOCH + timedelta(microseconds=FRAMES.about["start_us"])
SLIDE_US, WINDOW_US = FRAMES.about["slide_us"], FRAMES.about["window_us"]


class FileReader(StatelessSourcePartition):
    def __init__(self):
        self.records = FRAMES.raw()

    def next_batch(self):
        batch = list(islice(self.records, 50))
        if not batch:
            raise StopIteration
        return batch


class FileSource(DynamicSource):
    def build(self, step_id, worker_index, worker_count):
        return FileReader()


class Writer(StatelessSinkPartition):
    def __init__(self):
        self.answers = Answers(FRAMES.about, OUT)

    def write_batch(self, items):
        for zone, (window, sums) in items:
            self.answers.add(zone, FRAMES.about["start_us"] + window * SLIDE_US + WINDOW_US, *sums)

    def close(self):
        self.answers.close()


class FileSink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Writer()


def keyed(raw):
    decoded = FRAMES.decode.persons(raw) if PER == "person" else FRAMES.decode.frames(raw)
    if not decoded:
        return []
    at = EPOCH + timedelta(microseconds=decoded[0][1])
    return [(row[0], (at, row)) for row in decoded]


def fold(sums, value):
    row = value[1]
    sums[0] += row[2]
    sums[1] += row[3]
    sums[2] += row[4]
    sums[3] += row[5]
    sums[4] += row[6]
    return sums


def merge(one, other):
    return [a + b for a, b in zip(one, other)]


flow = Dataflow("crowd")
rows = op.flat_map("rows", op.input("frames", flow, FileSource()), keyed)
clock = windowing.EventClock(
    ts_getter=lambda value: value[0],
    wait_for_system_duration=timedelta(0),
    now_getter=lambda: ALIGN,  # a clock that stands: the watermark then follows the events alone, however fast they come
)
windower = windowing.SlidingWindower(length=timedelta(microseconds=WINDOW_US), offset=timedelta(microseconds=SLIDE_US), align_to=ALIGN)
windows = windowing.fold_window("windows", rows, clock, windower, lambda: [0, 0, 0, 0, 0], fold, merge, ordered=False)
op.output("out", windows.down, FileSink())
run_main(flow)
