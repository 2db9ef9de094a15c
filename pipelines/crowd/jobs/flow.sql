-- Crossings of each line by direction: windows of 1 s, with rates over the last minute. Counts are integers to the end.

-- step once: counts that were sent twice count once
CREATE TEMPORARY VIEW once AS
SELECT ended, camera, entries
FROM (
  SELECT window_time AS ended, camera, entries, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, camera ORDER BY et) AS place
  FROM TABLE(TUMBLE(TABLE crowd_crossings, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
  WHERE NOT tick
)
WHERE place = 1;

-- step crossings: one row a camera, slice and line
CREATE TEMPORARY VIEW crossings AS
SELECT c.ended AS et, c.camera, e.line, e.gate, e.entered, e.exited, e.width_cm
FROM once AS c
CROSS JOIN UNNEST(c.entries) AS e (line, gate, entered, exited, width_cm);

-- step by_line
CREATE TEMPORARY VIEW by_line AS
SELECT window_start, window_end, window_time AS ended, line, gate, SUM(entered) AS entered, SUM(exited) AS exited,
       COUNT(DISTINCT camera) AS cameras_seen, MAX(width_cm) AS width_cm
FROM TABLE(TUMBLE(TABLE crossings, DESCRIPTOR(et), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, window_time, line, gate;

-- step last_minute, last_ten, since_begin: the same rows with sums over what came before them
CREATE TEMPORARY VIEW last_minute AS
SELECT ended, line, gate, entered, exited, cameras_seen, width_cm,
       SUM(entered) OVER minute_before AS entered_60, SUM(exited) OVER minute_before AS exited_60
FROM by_line
WINDOW minute_before AS (PARTITION BY line ORDER BY ended RANGE BETWEEN INTERVAL '59' SECOND PRECEDING AND CURRENT ROW);

CREATE TEMPORARY VIEW last_ten AS
SELECT ended, line, gate, entered, exited, cameras_seen, width_cm, entered_60, exited_60,
       SUM(entered) OVER ten_before AS entered_10, SUM(exited) OVER ten_before AS exited_10
FROM last_minute
WINDOW ten_before AS (PARTITION BY line ORDER BY ended RANGE BETWEEN INTERVAL '9' SECOND PRECEDING AND CURRENT ROW);

CREATE TEMPORARY VIEW since_begin AS
SELECT ended, line, gate, entered, exited, cameras_seen, width_cm, entered_60, exited_60, entered_10, exited_10,
       SUM(entered) OVER before AS entered_total, SUM(exited) OVER before AS exited_total
FROM last_ten
WINDOW before AS (PARTITION BY line ORDER BY ended RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- step windows_ended: every 200 ms that the ticks have passed, with how many result rows end there
CREATE TEMPORARY VIEW counted AS
SELECT ended, CAST(1 AS BIGINT) AS present FROM by_line
UNION ALL
SELECT window_time AS ended, CAST(0 AS BIGINT) AS present
FROM TABLE(TUMBLE(TABLE crowd_crossings, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
WHERE tick
GROUP BY window_start, window_end, window_time;

-- progress rows come first: what gives them runs once, and with them the sink, or they would overtake each other
INSERT INTO crowd_flow
SELECT TRUE, SUM(present), {end_us}, '', '', CAST(0 AS BIGINT), CAST(0 AS BIGINT), 0,
       0e0, 0e0, 0e0, 0e0, 0e0, 0e0, CAST(0 AS BIGINT), CAST(0 AS BIGINT)
FROM TABLE(TUMBLE(TABLE counted, DESCRIPTOR(ended), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time
UNION ALL
SELECT FALSE, CAST(0 AS BIGINT), {row_end_us}, gate, line, entered, exited, CAST(cameras_seen AS INT),
       width_cm / 1e2, entered_60 * 1e0, exited_60 * 1e0,
       CASE WHEN width_cm > 0 THEN entered_60 * 1e2 / width_cm ELSE 0e0 END,
       CASE WHEN width_cm > 0 THEN exited_60 * 1e2 / width_cm ELSE 0e0 END,
       CASE WHEN entered_10 + exited_10 > 0 THEN LEAST(entered_10, exited_10) * 1e0 / (entered_10 + exited_10) ELSE 0e0 END,
       entered_total, exited_total
FROM since_begin;
