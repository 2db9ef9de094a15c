-- Evidence about vehicles, from their positions against the plan's lanes. ALERTS joins it into episodes.

-- step tracks
CREATE TEMPORARY VIEW tracks AS
SELECT et, event_time_us, vehicle, lane, along_cmps, s_cm, speed_cmps, ahead_zone, ahead_cm, x_cm, y_cm
FROM vehicle_tracks
WHERE NOT tick AND lane <> '';

-- step wrong_way: against the lane's direction for the plan's distance and time
CREATE TEMPORARY VIEW wrong_way AS
SELECT found.et, found.vehicle, found.lane, start_us, event_time_us, distance_cm, speed_cmps, x_cm, y_cm
FROM tracks
MATCH_RECOGNIZE (
  PARTITION BY vehicle, lane
  ORDER BY et
  MEASURES
    FIRST(AGAINST.event_time_us) AS start_us, TURNED.event_time_us AS event_time_us,
    FIRST(AGAINST.s_cm) - TURNED.s_cm AS distance_cm, TURNED.speed_cmps AS speed_cmps, TURNED.x_cm AS x_cm, TURNED.y_cm AS y_cm,
    MATCH_ROWTIME() AS et
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (AGAINST+? TURNED) WITHIN INTERVAL '30' SECOND
  DEFINE
    AGAINST AS AGAINST.along_cmps <= -{cmps},
    TURNED AS TURNED.along_cmps <= -{cmps}
      AND TURNED.event_time_us - FIRST(AGAINST.event_time_us) >= {microseconds}
      AND FIRST(AGAINST.s_cm) - TURNED.s_cm >= {centimetres}
) AS found;

-- step evidence: one row a kind, vehicle and second, so that its windows can be closed
CREATE TEMPORARY VIEW evidence AS
SELECT et, 'wrong_way' AS kind, vehicle, lane, '' AS zone, start_us, event_time_us, distance_cm, speed_cmps, CAST(-1 AS BIGINT) AS ahead_cm, x_cm, y_cm
FROM wrong_way
UNION ALL
SELECT et, 'towards_people', vehicle, lane, ahead_zone, event_time_us, event_time_us, CAST(0 AS BIGINT), speed_cmps, ahead_cm, x_cm, y_cm
FROM tracks
WHERE ahead_zone <> ''
  AND ((along_cmps <= -{cmps} AND speed_cmps > 0 AND ahead_cm <= speed_cmps * {ahead_seconds}) OR (ahead_cm = 0 AND speed_cmps > {people_cmps}));

-- step by_second: the first evidence of each second and kind
CREATE TEMPORARY VIEW by_second AS
SELECT window_start, window_end, window_time, kind, vehicle, zone, MIN(lane) AS lane, MIN(start_us) AS start_us, MIN(event_time_us) AS event_time_us,
       MAX(distance_cm) AS distance_cm, MAX(speed_cmps) AS speed_cmps, MIN(ahead_cm) AS ahead_cm, MIN(x_cm) AS x_cm, MIN(y_cm) AS y_cm
FROM TABLE(TUMBLE(TABLE evidence, DESCRIPTOR(et), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, window_time, kind, vehicle, zone;

-- step windows_ended: every 200 ms that the ticks have passed, with how many result rows end there
CREATE TEMPORARY VIEW counted AS
SELECT window_time AS ended, CAST(1 AS BIGINT) AS present FROM by_second
UNION ALL
SELECT window_time AS ended, CAST(0 AS BIGINT) AS present
FROM TABLE(TUMBLE(TABLE vehicle_tracks, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
WHERE tick
GROUP BY window_start, window_end, window_time;

-- progress rows come first: what gives them runs once, and with them the sink, or they would overtake each other
INSERT INTO vehicle_events
SELECT TRUE, SUM(present), {end_us}, '', '', '', '', CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT),
       CAST(-1 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), '', ''
FROM TABLE(TUMBLE(TABLE counted, DESCRIPTOR(ended), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time
UNION ALL
SELECT FALSE, CAST(0 AS BIGINT), {end_us}, kind, vehicle, lane, zone, start_us, event_time_us, distance_cm, speed_cmps, ahead_cm, x_cm, y_cm, '', ''
FROM by_second;
