-- People inside each area: entries - exits of its turnstiles. The devices' counters never fall, so a lost or repeated
-- reading changes nothing, and the job remembers three seconds only.

-- step by_turnstile: the newest counters that each turnstile gave in the last 3 s
CREATE TEMPORARY VIEW by_turnstile AS
SELECT window_start, window_end, window_time, area, device, MAX(entries_total) AS entries_total, MAX(exits_total) AS exits_total
FROM TABLE(HOP(TABLE sensor_turnstile, DESCRIPTOR(et), INTERVAL '1' SECOND, INTERVAL '3' SECOND))
WHERE NOT tick
GROUP BY window_start, window_end, window_time, area, device;

-- step by_area
CREATE TEMPORARY VIEW by_area AS
SELECT window_start, window_end, window_time, area, SUM(entries_total) AS entries_total, SUM(exits_total) AS exits_total, COUNT(*) AS turnstiles_seen
FROM by_turnstile
GROUP BY window_start, window_end, window_time, area;

-- step windows_ended: every 200 ms that the ticks have passed, with how many result rows end there
CREATE TEMPORARY VIEW counted AS
SELECT window_time AS ended, CAST(1 AS BIGINT) AS present FROM by_area
UNION ALL
SELECT window_time AS ended, CAST(0 AS BIGINT) AS present
FROM TABLE(TUMBLE(TABLE sensor_turnstile, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
WHERE tick
GROUP BY window_start, window_end, window_time;

-- progress rows come first: what gives them runs once, and with them the sink, or they would overtake each other
INSERT INTO crowd_occupancy
SELECT TRUE, SUM(present), {end_us}, '', CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), 0
FROM TABLE(TUMBLE(TABLE counted, DESCRIPTOR(ended), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time
UNION ALL
SELECT FALSE, CAST(0 AS BIGINT), {end_us}, area, entries_total - exits_total, entries_total, exits_total, CAST(turnstiles_seen AS INT)
FROM by_area;
