"""Pathway: rows by zone, a sliding window of 1 s every 200 ms, reduced."""

from __future__ import annotations

import pathway as pw
from reading import Answers, arguments

FRAMES, OUT, PER = arguments()
DECODE = FRAMES.decode.persons if PER == "person" else FRAMES.decode.frames
Row = tuple[str, int, int, int, int, int, int]


class Frame(pw.Schema):
    raw: bytes


class Records(pw.io.python.ConnectorSubject):
    def run(self):
        for raw in FRAMES.raw():
            self.next(raw=raw)


@pw.udf(deterministic=True)
def rows_of(raw: bytes) -> list[Row]:
    return DECODE(raw)


class Writer(pw.io.python.ConnectorObserver):
    def __init__(self):
        self.newest = {}

    def on_change(self, key, row, time, is_addition):
        if is_addition:
            self.newest[row["zone"], row["end_us"]] = (row["n"], row["n_v"], row["sum_vx"], row["sum_vy"], row["sum_v"])

    def on_end(self):
        answers = Answers(FRAMES.about, OUT)
        for (zone, end_us), sums in self.newest.items():
            answers.add(zone, end_us, *sums)
        answers.close()


frames = pw.io.python.read(Records(), schema=Frame, autocommit_duration_ms=200)
lists = frames.select(row=rows_of(pw.this.raw)).flatten(pw.this.row)
rows = lists.select(
    zone=pw.this.row[0],
    at_us=pw.this.row[1],
    n=pw.this.row[2],
    n_v=pw.this.row[3],
    vx=pw.this.row[4],
    vy=pw.this.row[5],
    v=pw.this.row[6],
)
window = pw.temporal.sliding(hop=FRAMES.about["slide_us"], duration=FRAMES.about["window_us"])
windows = rows.windowby(
    pw.this.at_us,
    window=window,
    instance=pw.this.zone,
    behavior=pw.temporal.exactly_once_behavior(),
).reduce(
    zone=pw.this._pw_instance,
    end_us=pw.this._pw_window_end,
    n=pw.reducers.sum(pw.this.n),
    n_v=pw.reducers.sum(pw.this.n_v),
    sum_vx=pw.reducers.sum(pw.this.vx),
    sum_vy=pw.reducers.sum(pw.this.vy),
    sum_v=pw.reducers.sum(pw.this.v),
)
pw.io.python.write(windows, Writer())
pw.run(monitoring_level=pw.MonitoringLevel.NONE)
