-- What people do, as cameras' tracks show it. Tracks are names within one camera; views do not show them.
CREATE TABLE IF NOT EXISTS {database}.camera_events
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    kind LowCardinality(String),
    place LowCardinality(String),
    track Int64 CODEC(ZSTD(1)),
    since_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    people Int64 CODEC(ZSTD(1)),
    value Float64 CODEC(Gorilla, ZSTD(1)),
    unit LowCardinality(String),
    x_cm Int64 CODEC(ZSTD(1)),
    y_cm Int64 CODEC(ZSTD(1)),
    state LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (camera, event_time_us, kind, place, track, state)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE OR REPLACE VIEW {database}.v_behaviour AS
SELECT at, camera, kind, place, state, fromUnixTimestamp64Micro(since_us, 'UTC') AS since, people, value, unit,
    x_cm / 100 AS x_m, y_cm / 100 AS y_m, event_time_us AS at_us
FROM {database}.camera_events FINAL;
