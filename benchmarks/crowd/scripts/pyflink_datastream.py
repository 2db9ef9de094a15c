"""PyFlink DataStream in process mode: rows keyed by zone, a sliding window of 1 s every 200 ms, aggregated in Python."""

from __future__ import annotations

import sys
from pathlib import Path

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows
from reading import Answers, arguments

ROW = Types.TUPLE([Types.STRING(), *[Types.LONG()] * 6])
SUMS = Types.TUPLE([Types.LONG()] * 5)
ANSWER = Types.TUPLE([Types.STRING(), *[Types.LONG()] * 6])


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1] // 1000


class Sum(AggregateFunction):
    def create_accumulator(self):
        return 0, 0, 0, 0, 0

    def add(self, value, accumulator):
        n, n_v, vx, vy, v = accumulator
        return n + value[2], n_v + value[3], vx + value[4], vy + value[5], v + value[6]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, one, other):
        return tuple(a + b for a, b in zip(one, other))


class WithWindow(ProcessWindowFunction):
    def process(self, key, context, elements):
        for sums in elements:
            yield (key, context.window().end * 1000, *sums)


def main():
    frames, out, per = arguments()
    settings = Configuration()
    settings.set_string("python.execution-mode", "process")
    settings.set_string("python.executable", sys.executable)
    settings.set_string("python.client.executable", sys.executable)
    settings.set_string("python.files", str(Path(__file__).with_name("reading.py")))
    settings.set_string("pipeline.object-reuse", "true")
    settings.set_string("taskmanager.memory.managed.size", "512m")
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    environment.set_parallelism(1)
    decode = frames.decode
    expand = decode.persons if per == "person" else decode.frames
    watermarks = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(0)).with_timestamp_assigner(EventTime())
    windows = (
        environment.from_collection(list(frames.raw()))
        .flat_map(expand, output_type=ROW)
        .assign_timestamps_and_watermarks(watermarks)
        .key_by(lambda row: row[0], key_type=Types.STRING())
        .window(
            SlidingEventTimeWindows.of(
                Time.milliseconds(frames.about["window_us"] // 1000), Time.milliseconds(frames.about["slide_us"] // 1000)
            )
        )
        .aggregate(Sum(), WithWindow(), accumulator_type=SUMS, output_type=ANSWER)
    )
    answers = Answers(frames.about, out)
    with windows.execute_and_collect() as found:
        for row in found:
            answers.add(*row)
    answers.close()


if __name__ == "__main__":
    main()
