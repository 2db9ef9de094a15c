-- What late sums corrected. A correction is a further revision in zone_seconds and a note here of what it changed; the note is
-- written first. A correction never raises, moves or re-identifies an alert: the view names the alerts whose time it falls into.

CREATE TABLE IF NOT EXISTS {database}.corrections
(
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    zone LowCardinality(String),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    revision UInt32,
    people_before Nullable(Float64),
    density_before_per_m2 Nullable(Float64),
    local_peak_before_per_m2 Nullable(Float64),
    cameras_seen_before Nullable(Int64),
    people Float64,
    density_per_m2 Float64,
    local_peak_per_m2 Float64,
    cameras_seen Int64,
    late_sums UInt32,
    late_frames Int64,
    late_us Int64,
    corrected_at_us Int64,
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(corrected_at_us)
PARTITION BY toYYYYMM(appended_at)
ORDER BY (zone, window_end_us, revision)
TTL appended_at + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- Up to which late sum each window has been worked in, and what became of its zones; a day longer than the sums themselves.
CREATE TABLE IF NOT EXISTS {database}.corrected_windows
(
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    late_offset Int64,
    late_sums UInt32,
    corrected UInt32,
    unchanged UInt32,
    gone UInt32,
    noted_at_us Int64,
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(noted_at_us)
PARTITION BY toDate(appended_at)
ORDER BY window_end_us
TTL appended_at + INTERVAL 72 HOUR DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- One row a correction. The local peak is the number that levels go by; *_before is NULL where every sum of the window was late.
-- alert_ids: alerts about the zone that were active at the window's end, as ALERTS had raised them by what came in time.
CREATE OR REPLACE VIEW {database}.v_corrections AS
SELECT c.at AS at, c.zone AS zone, c.revision AS revision,
    c.local_peak_before_per_m2 AS local_peak_before_per_m2, c.local_peak_per_m2 AS local_peak_per_m2,
    ifNull(c.local_peak_before_per_m2 != c.local_peak_per_m2, true) AS peak_changed,
    c.density_before_per_m2 AS density_before_per_m2, c.density_per_m2 AS density_per_m2,
    c.people_before AS people_before, c.people AS people,
    c.cameras_seen_before AS cameras_seen_before, c.cameras_seen AS cameras_seen,
    c.late_sums AS late_sums, c.late_us / 1000000 AS late_s, fromUnixTimestamp64Micro(c.corrected_at_us, 'UTC') AS corrected_at,
    arrayMap(one -> one.1, arrayFilter(one -> c.at >= one.2 AND c.at <= one.3, p.alerts)) AS alert_ids
FROM {database}.corrections AS c FINAL
LEFT JOIN
(
    SELECT place, groupArray((alert_id, raised_at, ended_at)) AS alerts FROM
    (
        SELECT alert_id, any(place) AS place, min(at) AS raised_at,
            if(argMaxIf(condition, number, axis = 'condition') = 'cleared', maxIf(at, axis = 'condition'),
                toDateTime64('2100-01-01 00:00:00', 6, 'UTC')) AS ended_at
        FROM {database}.v_alert_changes GROUP BY alert_id
    )
    GROUP BY place
) AS p ON c.zone = p.place;
