-- Crossings of each line by direction: windows of 1 s. Counts add up, so any longer rate is a sum of these rows.

-- step crossings: one row a camera, slice and line
CREATE TEMPORARY VIEW crossings AS
SELECT c.et, c.camera, e.line, e.gate, e.entered, e.exited
FROM crowd_crossings AS c
CROSS JOIN UNNEST(c.entries) AS e (line, gate, entered, exited);

-- step by_line
CREATE TEMPORARY VIEW by_line AS
SELECT window_start, window_end, window_time, line, gate, SUM(entered) AS entered, SUM(exited) AS exited, COUNT(DISTINCT camera) AS cameras_seen
FROM TABLE(TUMBLE(TABLE crossings, DESCRIPTOR(et), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, window_time, line, gate;

-- step windows_ended: every 200 ms that the ticks have passed, with how many result rows end there
CREATE TEMPORARY VIEW counted AS
SELECT window_time AS ended, CAST(1 AS BIGINT) AS present FROM by_line
UNION ALL
SELECT window_time AS ended, CAST(0 AS BIGINT) AS present
FROM TABLE(TUMBLE(TABLE crowd_crossings, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
WHERE tick
GROUP BY window_start, window_end, window_time;

INSERT INTO crowd_flow
SELECT FALSE, CAST(0 AS BIGINT), {end_us}, gate, line, entered, exited, CAST(cameras_seen AS INT)
FROM by_line
UNION ALL
SELECT TRUE, SUM(present), {end_us}, '', '', CAST(0 AS BIGINT), CAST(0 AS BIGINT), 0
FROM TABLE(TUMBLE(TABLE counted, DESCRIPTOR(ended), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time;
