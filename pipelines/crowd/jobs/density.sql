-- Crowd measures by zone: windows of 1 s every 200 ms over the cameras' partial sums.
-- Sums are integers to the last projection: per camera floor(n * 10^6 / frames used), then add, then divide once.

-- step once: a sum that was sent twice counts once; a camera has one sum in each 200 ms
CREATE TEMPORARY VIEW once AS
SELECT ended, camera, slice_start_us, entries
FROM (
  SELECT window_time AS ended, camera, slice_start_us, entries,
         ROW_NUMBER() OVER (PARTITION BY window_start, window_end, camera ORDER BY et) AS place
  FROM TABLE(TUMBLE(TABLE crowd_zones, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
  WHERE NOT tick
)
WHERE place = 1;

-- step slices: one row a camera, slice and zone
CREATE TEMPORARY VIEW slices AS
SELECT c.ended AS et, c.camera, c.slice_start_us, z.zone, z.zone_area_cm2, z.los_scale, z.cameras_expected, z.frames_expected, z.frames_used,
       z.n, z.n_v, z.sum_vx, z.sum_vy, z.sum_v, z.peak_sum, z.peak_place, z.around_sum, z.owned_area_cm2, z.queue_gate, z.n_error,
       z.noise_micro, z.pressure_n, z.pressure_sum, z.pressure_low_sum, z.pressure_high_sum, z.patch_n, z.lost, z.saturated
FROM once AS c
CROSS JOIN UNNEST(c.entries) AS z (zone, zone_area_cm2, los_scale, cameras_expected, frames_expected, frames_used, frames_skipped,
     skip_reason, n, n_v, sum_vx, sum_vy, sum_v, sum_v2, peak_sum, peak_place, around_sum, owned_area_cm2, queue_gate, n_error,
     noise_micro, pressure_n, pressure_sum, pressure_low_sum, pressure_high_sum, patch_n, lost, saturated);

-- step by_camera: each camera's own mean, as an integer
CREATE TEMPORARY VIEW by_camera AS
SELECT window_start, window_end, window_time, zone, camera,
       MAX(zone_area_cm2) AS area_cm2, MAX(los_scale) AS los_scale, MAX(cameras_expected) AS cameras_expected,
       MAX(owned_area_cm2) AS owned_cm2, MAX(queue_gate) AS queue_gate,
       SUM(frames_expected) AS frames_expected, SUM(frames_used) AS frames_used,
       SUM(n) * 1000000 / GREATEST(SUM(frames_used), 1) AS people_micro,
       SUM(n_error) / GREATEST(SUM(frames_used), 1) AS error_micro,
       SUM(n_v) AS n_v, SUM(sum_vx) AS sum_vx, SUM(sum_vy) AS sum_vy, SUM(sum_v) AS sum_v,
       SUM(peak_sum) * 1000000 / GREATEST(SUM(frames_used), 1) AS peak_micro,
       MAX(peak_place) AS peak_place,
       SUM(around_sum) / GREATEST(SUM(frames_used), 1) AS around_micro,
       MAX(noise_micro) AS noise_micro, SUM(pressure_n) AS pressure_n,
       SUM(pressure_sum) / GREATEST(SUM(pressure_n), 1) AS pressure_micro,
       SUM(pressure_low_sum) / GREATEST(SUM(pressure_n), 1) AS pressure_low_micro,
       SUM(pressure_high_sum) / GREATEST(SUM(pressure_n), 1) AS pressure_high_micro,
       MAX(patch_n) AS patch_n, SUM(lost) AS lost, MAX(saturated) AS saturated,
       MAX(CASE WHEN frames_used > 0 THEN slice_start_us ELSE -1 END) AS newest_us
FROM TABLE(HOP(TABLE slices, DESCRIPTOR(et), INTERVAL '0.2' SECOND, INTERVAL '1' SECOND))
GROUP BY window_start, window_end, window_time, zone, camera;

-- step by_zone: cameras added; peaks and pressures do not add, the largest counts; one saturated camera makes a lower bound of all
CREATE TEMPORARY VIEW by_zone AS
SELECT window_start, window_end, window_time, zone,
       MAX(area_cm2) AS area_cm2, MAX(los_scale) AS los_scale, MAX(cameras_expected) AS cameras_expected, MAX(queue_gate) AS queue_gate,
       SUM(CASE WHEN frames_used > 0 THEN 1 ELSE 0 END) AS cameras_seen,
       SUM(CASE WHEN frames_used > 0 THEN owned_cm2 ELSE 0 END) AS observed_cm2,
       SUM(frames_expected) AS frames_expected, SUM(frames_used) AS frames_used,
       SUM(people_micro) AS people_micro, SUM(error_micro) AS error_micro,
       SUM(n_v) AS n_v, SUM(sum_vx) AS sum_vx, SUM(sum_vy) AS sum_vy, SUM(sum_v) AS sum_v,
       MAX(peak_micro) AS peak_micro, MAX(peak_place) AS peak_place, MAX(around_micro) AS around_micro,
       MAX(noise_micro) AS noise_micro, SUM(pressure_n) AS pressure_n, MAX(pressure_micro) AS pressure_micro,
       MAX(pressure_low_micro) AS pressure_low_micro, MAX(pressure_high_micro) AS pressure_high_micro,
       SUM(patch_n) AS patch_n, SUM(lost) AS lost, MAX(saturated) AS saturated, MAX(newest_us) AS newest_us
FROM by_camera
GROUP BY window_start, window_end, window_time, zone;

-- step zone_measures: the one division
CREATE TEMPORARY VIEW zone_measures AS
SELECT window_time, zone, los_scale, cameras_expected, CAST(cameras_seen AS INT) AS cameras_seen, frames_expected, frames_used,
       people_micro / 1e6 AS people,
       people_micro / 1e6 / (area_cm2 / 1e4) AS density_per_m2,
       peak_micro / 4e6 AS local_peak_per_m2,
       (MOD(peak_place / 1048576, 1048576) - 524288) * 0.5e0 + 1e0 AS peak_x_m,
       (MOD(peak_place, 1048576) - 524288) * 0.5e0 + 1e0 AS peak_y_m,
       around_micro / 1e6 AS around_per_m2,
       CASE WHEN n_v > 0 THEN sum_v / 1e2 / n_v END AS speed_mps,
       CASE WHEN n_v > 0 THEN sum_vx / 1e2 / n_v END AS vx_mps,
       CASE WHEN n_v > 0 THEN sum_vy / 1e2 / n_v END AS vy_mps,
       CASE WHEN pressure_n > 0 THEN pressure_micro / 1e6 END AS pressure_per_s2,
       CASE WHEN pressure_n > 0 THEN pressure_low_micro / 1e6 END AS pressure_low_per_s2,
       CASE WHEN pressure_n > 0 THEN pressure_high_micro / 1e6 END AS pressure_high_per_s2,
       SQRT(noise_micro / 1e6) AS noise_mps,
       patch_n, lost, queue_gate,
       CASE WHEN area_cm2 > 0 THEN LEAST(observed_cm2 / (area_cm2 * 1e0), 1e0) ELSE 0e0 END AS observed_share,
       error_micro / 1e6 AS counting_error,
       saturated > 0 AS saturated, newest_us, {window_end_us} AS window_end_us
FROM by_zone;

-- step windows_ended: every window that the ticks have passed, with how many rows it has
CREATE TEMPORARY VIEW counted AS
SELECT window_time AS ended, CAST(1 AS BIGINT) AS present FROM by_zone
UNION ALL
SELECT window_time AS ended, CAST(0 AS BIGINT) AS present
FROM TABLE(TUMBLE(TABLE crowd_zones, DESCRIPTOR(et), INTERVAL '0.2' SECOND))
WHERE tick
GROUP BY window_start, window_end, window_time;

-- progress rows come first: what gives them runs once, and with them the sink, or they would overtake each other
-- what is not observed may hold as many people to the m² as what is: that share is added to the counting error
INSERT INTO crowd_density
SELECT TRUE, SUM(present), {progress_end_us}, '', 0e0, 0e0, 0e0, 0e0, 0e0, 0e0,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), '', '', 0, 0, CAST(0 AS BIGINT), CAST(0 AS BIGINT),
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), 0e0, CAST(0 AS BIGINT), CAST(0 AS BIGINT), '',
       0e0, 0e0, CAST(-1 AS BIGINT), FALSE
FROM TABLE(TUMBLE(TABLE counted, DESCRIPTOR(ended), INTERVAL '0.2' SECOND))
GROUP BY window_start, window_end, window_time
UNION ALL
SELECT FALSE, CAST(0 AS BIGINT), window_end_us, zone, people, density_per_m2, local_peak_per_m2,
       CASE WHEN local_peak_per_m2 > 0 THEN peak_x_m ELSE 0e0 END, CASE WHEN local_peak_per_m2 > 0 THEN peak_y_m ELSE 0e0 END,
       around_per_m2, speed_mps, vx_mps, vy_mps,
       CASE WHEN cameras_seen = 0 THEN '' {level_of_service} END,
       los_scale, cameras_expected, cameras_seen, frames_expected, frames_used,
       density_per_m2 * speed_mps, pressure_per_s2, pressure_low_per_s2, pressure_high_per_s2, noise_mps, patch_n, lost, queue_gate,
       observed_share,
       counting_error + CASE WHEN observed_share > 0 THEN people * (1e0 - observed_share) / observed_share ELSE 0e0 END,
       CASE WHEN newest_us >= 0 THEN (window_end_us - newest_us - 200000) / 1000 ELSE CAST(-1 AS BIGINT) END,
       saturated
FROM zone_measures;
