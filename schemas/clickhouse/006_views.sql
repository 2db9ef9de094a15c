-- What analysts and dashboards read: the newest revision of each measure, and no personal data (no pass, plate, name or call
-- sign of a person; posts and roles only). Times are UTC; `at` of a measure is its window's end.
-- `at_us` is the same instant as the tables are sorted by: who asks for a span of time by it reads that span alone, and who asks
-- by `at` reads the whole table.
-- A person's account may read these views and nothing else.

CREATE OR REPLACE VIEW {database}.v_places AS
SELECT kind, id, name_en, name_zh, detail, approved, area_m2, x_m, y_m, parent, plan, saved_at
FROM {database}.plan_places FINAL;

-- Zones, one row a second. `coverage` is cameras seen of those expected; `known` says whether the number may be believed.
CREATE OR REPLACE VIEW {database}.v_zones AS
SELECT at, zone, people, error_people, density_per_m2, local_peak_per_m2, peak_x_m, peak_y_m, around_per_m2, speed_mps, vx_mps, vy_mps,
    los, indexOf(['A', 'B', 'C', 'D', 'E', 'F'], los) AS los_number, los_scale, specific_flow_per_m_s,
    pressure_per_s2, pressure_low_per_s2, pressure_high_per_s2, noise_mps,
    cameras_expected, cameras_seen, if(cameras_expected > 0, cameras_seen / cameras_expected, 0) AS coverage,
    observed_share, frames_expected, frames_used, age_ms, patch_people, lost, revision,
    cameras_seen > 0 AND frames_used > 0 AS known, window_end_us AS at_us
FROM {database}.zone_seconds FINAL;

-- Levels by the ladder, one row a second and zone: 0 none, 1 watch IV, 2 caution III, 3 warning II, 4 critical I, 5 act now.
CREATE OR REPLACE VIEW {database}.v_zone_levels AS
SELECT at, zone, level, indexOf(['watch', 'caution', 'warning', 'critical', 'act_now'], level) AS level_number,
    next_level, trend_per_m2_min, history_s, next_s, next_low_s, next_high_s, critical_high_s, act_now_high_s,
    window_end_us AS at_us
FROM {database}.crowd_forecast FINAL;

-- The grid: one row a cell and ten seconds; x and y are the cell's lower corner in the venue frame, metres.
CREATE OR REPLACE VIEW {database}.v_grid AS
SELECT at, camera, x_m, y_m, density_centi / 100 AS density_per_m2,
    if(vx_cmps = -32768, NULL, vx_cmps / 100) AS vx_mps, if(vy_cmps = -32768, NULL, vy_cmps / 100) AS vy_mps,
    if(pressure_milli = 65535, NULL, pressure_milli / 1000) AS pressure_per_s2
FROM {database}.grid_10s;

-- The minute in which each zone was worst, by local peak: read it with ORDER BY local_peak_per_m2 DESC LIMIT 1 BY zone.
CREATE OR REPLACE VIEW {database}.v_worst_minutes AS
SELECT toStartOfMinute(z.at) AS minute, z.zone AS zone, max(z.local_peak_per_m2) AS local_peak_per_m2,
    argMax(z.peak_x_m, z.local_peak_per_m2) AS peak_x_m, argMax(z.peak_y_m, z.local_peak_per_m2) AS peak_y_m,
    avg(z.density_per_m2) AS density_per_m2, max(z.people) AS people, max(z.pressure_low_per_s2) AS pressure_low_per_s2,
    min(z.coverage) AS coverage, max(z.error_people) AS error_people
FROM {database}.v_zones AS z GROUP BY minute, zone;

-- Lines and gates, one row a second.
CREATE OR REPLACE VIEW {database}.v_lines AS
SELECT at, gate, line, entered, exited, entered_per_min, exited_per_min, entered_per_m_min, exited_per_m_min, width_m, counter_share,
    entered_total, exited_total, cameras_seen, revision, window_end_us AS at_us
FROM {database}.line_seconds FINAL;

CREATE OR REPLACE VIEW {database}.v_gate_minutes AS
SELECT toStartOfMinute(l.at) AS minute, l.gate AS gate, sum(l.entered) AS entered, sum(l.exited) AS exited,
    max(l.counter_share) AS counter_share
FROM {database}.v_lines AS l GROUP BY minute, gate;

CREATE OR REPLACE VIEW {database}.v_queues AS
SELECT at, gate, people, arriving_per_min, served_per_min, wait_s, known, window_end_us AS at_us
FROM {database}.crowd_queue FINAL;

-- Areas: by turnstiles alone, and by conservation with its interval (turnstiles, lines and cameras reconciled).
CREATE OR REPLACE VIEW {database}.v_areas AS
SELECT at, area, inside, entries_total, exits_total, turnstiles_seen, revision, window_end_us AS at_us
FROM {database}.area_seconds FINAL;

CREATE OR REPLACE VIEW {database}.v_balance AS
SELECT at, area, inside, low, high, turnstiles, lines, seen, residual, suspect, window_end_us AS at_us
FROM {database}.crowd_balance FINAL;

-- Turnstile counters as devices reported them, for a camera against a turnstile.
CREATE OR REPLACE VIEW {database}.v_turnstiles AS
SELECT at, device, gate, area, entries_total, exits_total, event_time_us AS at_us
FROM {database}.sensor_turnstile FINAL;

-- Alerts: every change, and each alert as it stands with the times of its handling. Seconds are NULL for what has not happened.
CREATE OR REPLACE VIEW {database}.v_alert_changes AS
SELECT at, alert_id, mode, axis, number, rule, place, priority, level,
    indexOf(['watch', 'caution', 'warning', 'critical', 'act_now'], level) AS level_number,
    condition, work, latched, card, verified, value, unit, x_m, y_m, actor_role, verdict, closing, grouped_under, inhibited_by, repeats, plan,
    event_time_us AS at_us
FROM {database}.alerts_changes FINAL;

CREATE OR REPLACE VIEW {database}.v_alerts AS
SELECT c.alert_id AS alert_id, any(c.mode) AS mode, any(c.rule) AS rule, any(c.place) AS place, argMax(c.priority, c.at) AS priority,
    argMax(c.level, c.level_number) AS level, max(c.level_number) AS level_number, min(c.at) AS raised_at, max(c.at) AS changed_at,
    argMaxIf(c.condition, c.number, c.axis = 'condition') AS condition,
    if(countIf(c.axis = 'work') = 0, 'new', argMaxIf(c.work, c.number, c.axis = 'work')) AS work,
    max(c.card) AS card, max(c.latched) AS latched, min(c.verified) AS verified,
    argMax(c.verdict, c.at) AS verdict, argMax(c.closing, c.at) AS closing, argMax(c.grouped_under, c.at) AS grouped_under,
    minOrNullIf(c.at, c.axis = 'work' AND c.work = 'in_progress') AS acknowledged_at,
    minOrNullIf(c.at, c.axis = 'condition' AND c.condition = 'cleared') AS cleared_at,
    minOrNullIf(c.at, c.axis = 'work' AND c.work = 'closed') AS closed_at,
    dateDiff('millisecond', raised_at, acknowledged_at) / 1000 AS acknowledge_s,
    dateDiff('millisecond', raised_at, cleared_at) / 1000 AS clear_s,
    dateDiff('millisecond', raised_at, closed_at) / 1000 AS close_s
FROM {database}.v_alert_changes AS c GROUP BY alert_id;

-- Who was told when: each step, channel and post, with what became of it. Recipients are posts; an address of a person is cut.
CREATE OR REPLACE VIEW {database}.v_told AS
SELECT at, alert_id, axis, number, step, channel,
    if(position(recipient, '@') > 0 OR match(recipient, '^\\+?[0-9 -]{6,}$'), 'address', recipient) AS post,
    state, order_id, attempt, if(due_us > 0, fromUnixTimestamp64Micro(due_us, 'UTC'), NULL) AS due_at,
    if(due_us > 0, (at_us - due_us) / 1000000, NULL) AS late_s, reason, at_us
FROM {database}.dispatch_receipts FINAL;

CREATE OR REPLACE VIEW {database}.v_orders AS
SELECT o.order_id AS order_id, any(o.alert_id) AS alert_id, any(o.mode) AS mode, any(o.kind) AS kind, any(o.place) AS place,
    any(o.issued_role) AS issued_role, argMax(o.state, o.number) AS state, argMax(o.effect, o.number) AS effect, min(o.at) AS issued_at,
    minOrNullIf(o.at, o.state = 'delivered') AS delivered_at, minOrNullIf(o.at, o.state = 'accepted') AS accepted_at,
    minOrNullIf(o.at, o.state = 'on_scene') AS on_scene_at, minOrNullIf(o.at, o.state = 'done') AS done_at,
    dateDiff('millisecond', issued_at, on_scene_at) / 1000 AS arrive_s
FROM {database}.orders_changes AS o FINAL GROUP BY order_id;

-- Alarm load: cards in ten minutes, against EEMUA 191.
CREATE OR REPLACE VIEW {database}.v_alarm_load AS
SELECT toStartOfInterval(a.raised_at, INTERVAL 10 MINUTE) AS ten_minutes, countIf(a.card AND a.grouped_under = '') AS cards,
    count() AS alerts, countIf(a.priority = 'P1') AS p1, countIf(a.priority = 'P2') AS p2, countIf(a.priority = 'P3') AS p3
FROM {database}.v_alerts AS a GROUP BY ten_minutes;

-- Vehicles, fire and identity, without plates and passes.
CREATE OR REPLACE VIEW {database}.v_vehicle_events AS
SELECT at, kind, lane, zone, distance_cm / 100 AS distance_m, speed_cmps / 100 AS speed_mps, ahead_cm / 100 AS ahead_m,
    x_cm / 100 AS x_m, y_cm / 100 AS y_m, detail, event_time_us AS at_us
FROM {database}.vehicle_events FINAL;

CREATE OR REPLACE VIEW {database}.v_vehicle_speeds AS
SELECT toStartOfInterval(at, INTERVAL 10 SECOND) AS ten_seconds, lane, uniqExact(vehicle) AS vehicles, avg(speed_cmps) / 100 AS speed_mps,
    max(speed_cmps) / 100 AS fastest_mps, intDiv(event_time_us, 10000000) * 10000000 AS at_us
FROM {database}.vehicle_tracks FINAL GROUP BY ten_seconds, at_us, lane;

CREATE OR REPLACE VIEW {database}.v_fire AS
SELECT at, device, zone, kind, state, output, x_cm / 100 AS x_m, y_cm / 100 AS y_m, verified, event_time_us AS at_us
FROM {database}.sensor_fire FINAL;

CREATE OR REPLACE VIEW {database}.v_identity_minutes AS
SELECT toStartOfMinute(at) AS minute, gate, credential, outcome, count() AS passes,
    countIf(received_us - event_time_us <= 1000000) AS within_1s, quantile(0.95)((received_us - event_time_us) / 1000000) AS p95_s,
    intDiv(event_time_us, 60000000) * 60000000 AS at_us
FROM {database}.sensor_identity FINAL GROUP BY minute, at_us, gate, credential, outcome;

-- The fire panel: what was asked of it and what became of it; by roles, and by the two detectors where they asked.
CREATE OR REPLACE VIEW {database}.v_linkage AS
SELECT at, request_id, number, equipment, zone, state, by, actor_role, alert_id, reason_en, reason_zh, at_us
FROM {database}.linkage_changes FINAL;

-- Who did what, by role.
CREATE OR REPLACE VIEW {database}.v_acts AS
SELECT at, number, mode, actor_role, action, subject, place, at_us
FROM {database}.audit_log FINAL;

-- That a device spoke, and nothing of what it said.
CREATE OR REPLACE VIEW {database}.v_readings AS
SELECT at, 'turnstile' AS kind, device, gate AS place, received_us, event_time_us AS at_us FROM {database}.sensor_turnstile
UNION ALL
SELECT at, 'id_reader' AS kind, device, gate AS place, received_us, event_time_us AS at_us FROM {database}.sensor_identity
UNION ALL
SELECT at, kind, device, zone AS place, received_us, event_time_us AS at_us FROM {database}.sensor_fire
UNION ALL
SELECT at, 'vehicle' AS kind, device, lane AS place, received_us, event_time_us AS at_us FROM {database}.sensor_vehicle;

-- The platform.
CREATE OR REPLACE VIEW {database}.v_cameras AS
SELECT at, camera, state, fromUnixTimestamp64Micro(since_us, 'UTC') AS since, fps, width_px, height_px, calibrated, people,
    height_px >= 1080 AS full_hd, event_time_us AS at_us
FROM {database}.camera_health FINAL;

CREATE OR REPLACE VIEW {database}.v_stages AS
SELECT at, stage, taken, given, late, clamped, refused, lag, if(tick_age_us < 0, NULL, tick_age_us / 1000000) AS tick_age_s, at_us
FROM {database}.stage_health FINAL;

CREATE OR REPLACE VIEW {database}.v_dead_letters AS
SELECT at, stage, topic, reason, at_us FROM {database}.deadletter_ingest FINAL
UNION ALL
SELECT at, stage, topic, reason, at_us FROM {database}.deadletter_stages FINAL;

CREATE OR REPLACE VIEW {database}.v_ledger AS
SELECT toStartOfMinute(appended_at) AS minute, topic, sum(length(outcomes)) AS accounted, sum(countSubstrings(outcomes, 'A')) AS accepted,
    sum(countSubstrings(outcomes, 'D')) AS duplicates, sum(countSubstrings(outcomes, 'R')) AS refused, sum(clamped) AS clamped_times
FROM {database}.ledger_ingest FINAL GROUP BY minute, topic;

-- Late sums, and how much of what is shown has been corrected.
CREATE OR REPLACE VIEW {database}.v_late AS
SELECT toStartOfMinute(at) AS minute, camera, count() AS sums, max(received_us - slice_start_us) / 1000000 AS latest_s,
    intDiv(slice_start_us, 60000000) * 60000000 AS at_us
FROM {database}.crowd_late FINAL GROUP BY minute, at_us, camera;

-- Days that each table holds, what a day of it takes on the disk, and how many more days fit.
CREATE OR REPLACE VIEW {database}.v_disk AS
SELECT p.table AS table, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, min(p.min_time) AS oldest, max(p.max_time) AS newest,
    greatest(dateDiff('second', oldest, newest), 3600) / 86400 AS days, bytes / days AS bytes_a_day,
    (SELECT min(free_space) FROM system.disks) AS free_bytes, (SELECT min(total_space) FROM system.disks) AS total_bytes
FROM system.parts AS p WHERE p.database = '{database}' AND p.active GROUP BY table;
