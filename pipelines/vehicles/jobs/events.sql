-- Evidence about vehicles, from their positions against the plan's lanes, zones, bays and areas. ALERTS joins it into episodes.
-- No step trusts one record: positions have a metre of noise, records are lost, and two may have one time.

-- step tracks
CREATE TEMPORARY VIEW tracks AS
SELECT et, event_time_us, vehicle, plate, lane, along_cmps, s_cm, speed_cmps, ahead_zone, ahead_cm, inside_zone, beyond, x_cm, y_cm,
       excused LIKE 'lane:%' AS may_stop,
       excused = '' AND (lane <> '' OR inside_zone <> '') AS in_the_way,
       ahead_zone <> '' AND speed_cmps > 0 AND ahead_cm <= speed_cmps * {ahead_seconds}
         AND (along_cmps <= -{cmps} OR (lane = '' AND excused = '' AND speed_cmps > {limit_cmps}))
         OR (ahead_cm = 0 AND speed_cmps > {people_cmps}) AS at_people,
       inside_zone <> '' AND speed_cmps > {limit_cmps} AS speeding
FROM vehicle_tracks
WHERE NOT tick;

-- step halves: where each vehicle was along its lane, by half second
CREATE TEMPORARY VIEW halves AS
SELECT window_time AS half_time, vehicle, lane, MAX(plate) AS plate, MIN(event_time_us) AS first_us, MAX(event_time_us) AS last_us,
       AVG(s_cm) AS s_cm, AVG(speed_cmps) AS speed_cmps, AVG(x_cm) AS x_cm, AVG(y_cm) AS y_cm
FROM TABLE(TUMBLE(TABLE tracks, DESCRIPTOR(et), INTERVAL '0.5' SECOND))
GROUP BY window_start, window_end, window_time, vehicle, lane;

-- step wrong_way: back along one lane by the plan's distance and time, judged by where it went and not by where it heads.
-- A quarter of the way lies before the mean place between and a quarter after it: a leap back is no way.
CREATE TEMPORARY VIEW wrong_way AS
SELECT found.et, found.vehicle, found.lane, plate, start_us, event_time_us, distance_cm, speed_cmps, x_cm, y_cm
FROM halves
MATCH_RECOGNIZE (
  PARTITION BY vehicle, lane
  ORDER BY half_time
  MEASURES
    BEGUN.first_us AS start_us, TURNED.last_us AS event_time_us, BEGUN.s_cm - TURNED.s_cm AS distance_cm,
    TURNED.plate AS plate, TURNED.speed_cmps AS speed_cmps, TURNED.x_cm AS x_cm, TURNED.y_cm AS y_cm,
    MATCH_ROWTIME() AS et
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (BEGUN BACK+? TURNED) WITHIN INTERVAL '{within_s}' SECOND(4)
  DEFINE
    BEGUN AS BEGUN.lane <> '',
    BACK AS BACK.s_cm <= BEGUN.s_cm + {noise_cm} - (BACK.last_us - BEGUN.last_us) * {cmps} / 1000000,
    TURNED AS TURNED.last_us - BEGUN.first_us >= {microseconds}
      AND BEGUN.s_cm - TURNED.s_cm >= {centimetres}
      AND AVG(BACK.s_cm) - TURNED.s_cm >= {quarter_cm}
      AND BEGUN.s_cm - AVG(BACK.s_cm) >= {quarter_cm}
) AS found;

-- step seconds: what most records of each vehicle's last second say, every half second
CREATE TEMPORARY VIEW seconds AS
SELECT window_time AS et, vehicle, MAX(plate) AS plate, MAX(lane) AS lane, COUNT(*) AS n,
       SUM(CASE WHEN at_people THEN 1 ELSE 0 END) AS n_at_people, MAX(CASE WHEN at_people THEN ahead_zone ELSE '' END) AS people_zone,
       MIN(CASE WHEN at_people THEN ahead_cm ELSE 99999999 END) AS ahead_cm,
       SUM(CASE WHEN speeding THEN 1 ELSE 0 END) AS n_speeding, MAX(inside_zone) AS inside_zone,
       SUM(CASE WHEN beyond <> '' THEN 1 ELSE 0 END) AS n_beyond, MAX(beyond) AS beyond,
       MIN(event_time_us) AS first_us, MAX(event_time_us) AS last_us, AVG(speed_cmps) AS speed_cmps, AVG(x_cm) AS x_cm, AVG(y_cm) AS y_cm
FROM TABLE(HOP(TABLE tracks, DESCRIPTOR(et), INTERVAL '0.5' SECOND, INTERVAL '1' SECOND))
GROUP BY window_start, window_end, window_time, vehicle;

-- step dwells: who was in one place for so long, every second
CREATE TEMPORARY VIEW dwells AS
SELECT window_time AS et, vehicle, MAX(plate) AS plate, COUNT(*) AS n, SUM(CASE WHEN in_the_way THEN 1 ELSE 0 END) AS n_in_the_way,
       MAX(CASE WHEN in_the_way THEN lane ELSE '' END) AS lane, MAX(CASE WHEN in_the_way THEN inside_zone ELSE '' END) AS inside_zone,
       MIN(event_time_us) AS first_us, MAX(event_time_us) AS last_us, AVG(speed_cmps) AS speed_cmps, AVG(x_cm) AS x_cm, AVG(y_cm) AS y_cm,
       VAR_POP(CAST(x_cm AS DOUBLE)) + VAR_POP(CAST(y_cm AS DOUBLE)) AS spread_cm2
FROM TABLE(HOP(TABLE tracks, DESCRIPTOR(et), INTERVAL '1' SECOND, INTERVAL '{stop_window_s}' SECOND(4)))
GROUP BY window_start, window_end, window_time, vehicle;

-- step parked: the same for a long time, on lanes that allow a short stop
CREATE TEMPORARY VIEW stoppable AS
SELECT et, event_time_us, vehicle, plate, lane, speed_cmps, x_cm, y_cm
FROM tracks
WHERE may_stop;

CREATE TEMPORARY VIEW parked AS
SELECT window_time AS et, vehicle, MAX(plate) AS plate, COUNT(*) AS n, MAX(lane) AS lane,
       MIN(event_time_us) AS first_us, MAX(event_time_us) AS last_us, AVG(speed_cmps) AS speed_cmps, AVG(x_cm) AS x_cm, AVG(y_cm) AS y_cm,
       VAR_POP(CAST(x_cm AS DOUBLE)) + VAR_POP(CAST(y_cm AS DOUBLE)) AS spread_cm2
FROM TABLE(HOP(TABLE stoppable, DESCRIPTOR(et), INTERVAL '1' SECOND, INTERVAL '{park_window_s}' SECOND(4)))
GROUP BY window_start, window_end, window_time, vehicle;

-- step evidence: one row a kind, vehicle and step
CREATE TEMPORARY VIEW evidence AS
SELECT et, 'wrong_way' AS kind, vehicle, plate, lane, '' AS zone, '' AS detail, start_us, event_time_us, distance_cm, speed_cmps,
       CAST(-1 AS BIGINT) AS ahead_cm, x_cm, y_cm
FROM wrong_way
UNION ALL
SELECT et, 'towards_people', vehicle, plate, lane, people_zone, '', first_us, last_us, CAST(0 AS BIGINT), speed_cmps, ahead_cm, x_cm, y_cm
FROM seconds
WHERE n_at_people >= 2 AND n_at_people * 4 >= n * 3
UNION ALL
SELECT et, 'speeding', vehicle, plate, lane, inside_zone, '', first_us, last_us, CAST(0 AS BIGINT), speed_cmps, CAST(-1 AS BIGINT), x_cm, y_cm
FROM seconds
WHERE n_speeding >= 2 AND n_speeding * 4 >= n * 3
UNION ALL
SELECT et, 'beyond_permit', vehicle, plate, lane, SPLIT_INDEX(beyond, ':', 1), SPLIT_INDEX(beyond, ':', 0), first_us, last_us,
       CAST(0 AS BIGINT), speed_cmps, CAST(-1 AS BIGINT), x_cm, y_cm
FROM seconds
WHERE n_beyond >= 2 AND n_beyond * 4 >= n * 3
UNION ALL
SELECT et, 'improper_stop', vehicle, plate, lane, inside_zone, 'stop', first_us, last_us, CAST(0 AS BIGINT), speed_cmps, CAST(-1 AS BIGINT), x_cm, y_cm
FROM dwells
WHERE last_us - first_us >= {stop_s} * 1000000 AND n * 2 >= {stop_s} AND spread_cm2 <= {stop_cm2} AND speed_cmps <= {stop_cmps}
  AND n_in_the_way * 2 > n
UNION ALL
SELECT et, 'improper_stop', vehicle, plate, lane, '', 'park', first_us, last_us, CAST(0 AS BIGINT), speed_cmps, CAST(-1 AS BIGINT), x_cm, y_cm
FROM parked
WHERE last_us - first_us >= {park_s} * 1000000 AND n * 2 >= {park_s} AND spread_cm2 <= {stop_cm2} AND speed_cmps <= {stop_cmps};

-- step by_step: the first evidence of each kind and 200 ms, so that its windows can be closed
CREATE TEMPORARY VIEW by_step AS
SELECT window_start, window_end, window_time, kind, vehicle, zone, detail, MAX(plate) AS plate, MIN(lane) AS lane, MIN(start_us) AS start_us,
       MIN(event_time_us) AS event_time_us, MAX(distance_cm) AS distance_cm, MAX(speed_cmps) AS speed_cmps, MIN(ahead_cm) AS ahead_cm,
       MIN(x_cm) AS x_cm, MIN(y_cm) AS y_cm
FROM TABLE(TUMBLE(TABLE evidence, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time, kind, vehicle, zone, detail;

-- step windows_ended: every 200 ms that the ticks have passed, with how many result rows end there
CREATE TEMPORARY VIEW counted AS
SELECT window_time AS ended, CAST(1 AS BIGINT) AS present FROM by_step
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
SELECT FALSE, CAST(0 AS BIGINT), {end_us}, kind, vehicle, lane, zone, start_us, event_time_us, distance_cm, speed_cmps, ahead_cm, x_cm, y_cm,
       plate, detail
FROM by_step;
