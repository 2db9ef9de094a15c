-- Where people hide each other from a camera a zone's numbers are lower bounds; and what a camera's picture is worth, for boards.

ALTER TABLE {database}.zone_seconds
    ADD COLUMN IF NOT EXISTS saturated Bool AFTER age_ms;

ALTER TABLE {database}.alerts_changes
    ADD COLUMN IF NOT EXISTS at_least Bool AFTER repeats;

-- Zones, one row a second. `coverage` is cameras seen of those expected; `known` says whether the number may be believed, and
-- `saturated` that it is the least there are: people, density and local peak may be higher, and a fall of them may be none.
CREATE OR REPLACE VIEW {database}.v_zones AS
SELECT at, zone, people, error_people, density_per_m2, local_peak_per_m2, peak_x_m, peak_y_m, around_per_m2, speed_mps, vx_mps, vy_mps,
    los, indexOf(['A', 'B', 'C', 'D', 'E', 'F'], los) AS los_number, los_scale, specific_flow_per_m_s,
    pressure_per_s2, pressure_low_per_s2, pressure_high_per_s2, noise_mps,
    cameras_expected, cameras_seen, if(cameras_expected > 0, cameras_seen / cameras_expected, 0) AS coverage,
    observed_share, frames_expected, frames_used, age_ms, patch_people, lost, revision,
    cameras_seen > 0 AND frames_used > 0 AS known, saturated, window_end_us AS at_us
FROM {database}.zone_seconds FINAL;

-- The minute in which each zone was worst, by local peak: read it with ORDER BY local_peak_per_m2 DESC LIMIT 1 BY zone.
CREATE OR REPLACE VIEW {database}.v_worst_minutes AS
SELECT toStartOfMinute(z.at) AS minute, z.zone AS zone, max(z.local_peak_per_m2) AS local_peak_per_m2,
    argMax(z.peak_x_m, z.local_peak_per_m2) AS peak_x_m, argMax(z.peak_y_m, z.local_peak_per_m2) AS peak_y_m,
    avg(z.density_per_m2) AS density_per_m2, max(z.people) AS people, max(z.pressure_low_per_s2) AS pressure_low_per_s2,
    min(z.coverage) AS coverage, max(z.error_people) AS error_people, max(z.saturated) AS saturated
FROM {database}.v_zones AS z GROUP BY minute, zone;

CREATE OR REPLACE VIEW {database}.v_cameras AS
SELECT at, camera, state, fromUnixTimestamp64Micro(since_us, 'UTC') AS since, fps, width_px, height_px, calibrated, people,
    height_px >= 1080 AS full_hd, night, saturated, event_time_us AS at_us
FROM {database}.camera_health FINAL;

CREATE OR REPLACE VIEW {database}.v_alert_changes AS
SELECT at, alert_id, mode, axis, number, rule, place, priority, level,
    indexOf(['watch', 'caution', 'warning', 'critical', 'act_now'], level) AS level_number,
    condition, work, latched, card, verified, value, at_least, unit, x_m, y_m, actor_role, verdict, closing, grouped_under, inhibited_by,
    repeats, plan, event_time_us AS at_us
FROM {database}.alerts_changes FINAL;
