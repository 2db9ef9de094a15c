"""Flink SQL alone, all in the JVM: rows of people from a file, HOP windows. Python only submits it and reads the answers."""

from __future__ import annotations

from pyflink.table import EnvironmentSettings, TableEnvironment
from reading import Answers, arguments

SOURCE = """
CREATE TABLE people (
  camera STRING NOT NULL, event_ms BIGINT NOT NULL, x_cm INT NOT NULL, y_cm INT NOT NULL, vx INT NOT NULL, vy INT NOT NULL,
  et AS TO_TIMESTAMP_LTZ(event_ms, 3), WATERMARK FOR et AS et
) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = '{format}')
"""
# The zones of this workload stand at one place of every tile, so that no join is needed.
INSIDE = """
SELECT camera, et, vx, vy, CASE WHEN vx <> {none} THEN CAST(FLOOR(SQRT(CAST(vx * vx + vy * vy AS DOUBLE))) AS BIGINT) END AS v
FROM people WHERE x_cm >= {x0} AND x_cm < {x1} AND y_cm >= {y0} AND y_cm < {y1}
"""
QUERY = """
SELECT camera,
  UNIX_TIMESTAMP(DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss')) * 1000 + CAST(DATE_FORMAT(window_end, 'SSS') AS BIGINT),
  COUNT(*), COUNT(v), SUM(CASE WHEN v IS NOT NULL THEN vx ELSE 0 END), SUM(CASE WHEN v IS NOT NULL THEN vy ELSE 0 END), SUM(v)
FROM TABLE(HOP(TABLE inside, DESCRIPTOR(et), INTERVAL '0.2' SECOND, INTERVAL '1' SECOND))
GROUP BY window_start, window_end, camera
"""


def main():
    frames, out, form = arguments()
    environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    settings = {
        "parallelism.default": "1",
        "table.local-time-zone": "UTC",
        "table.optimizer.agg-phase-strategy": "TWO_PHASE",
        "pipeline.object-reuse": "true",
    }
    for key, value in settings.items():
        environment.get_config().set(key, value)
    first = frames.about["zones"][0]
    zones = {zone["camera"]: zone["zone"] for zone in frames.about["zones"]}
    x0, y0, x1, y1 = first["rectangle_cm"]  # the first camera's tile begins at 0, 0
    environment.execute_sql(SOURCE.format(path=frames.path.with_name(f"people.{form}").resolve().as_uri(), format=form))
    inside = INSIDE.format(none=frames.about["no_velocity"], x0=x0, y0=y0, x1=x1, y1=y1)
    environment.execute_sql(f"CREATE TEMPORARY VIEW inside AS {inside}")
    answers = Answers(frames.about, out)
    with environment.execute_sql(QUERY).collect() as found:
        for camera, end_ms, n, n_v, sum_vx, sum_vy, sum_v in found:
            answers.add(zones[camera], end_ms * 1000, n, n_v, sum_vx, sum_vy, sum_v or 0)
    answers.close()


if __name__ == "__main__":
    main()
