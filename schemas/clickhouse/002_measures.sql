-- Crowd measures with their quality, and what is worked out from minutes of them; more about vehicles.

ALTER TABLE {database}.crowd_density
    ADD COLUMN IF NOT EXISTS specific_flow_per_m_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)) AFTER frames_used,
    ADD COLUMN IF NOT EXISTS pressure_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)) AFTER specific_flow_per_m_s,
    ADD COLUMN IF NOT EXISTS pressure_low_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)) AFTER pressure_per_s2,
    ADD COLUMN IF NOT EXISTS pressure_high_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)) AFTER pressure_low_per_s2,
    ADD COLUMN IF NOT EXISTS noise_mps Float64 CODEC(Gorilla, ZSTD(1)) AFTER pressure_high_per_s2,
    ADD COLUMN IF NOT EXISTS patch_people Int64 CODEC(ZSTD(1)) AFTER noise_mps,
    ADD COLUMN IF NOT EXISTS lost Int64 CODEC(ZSTD(1)) AFTER patch_people,
    ADD COLUMN IF NOT EXISTS queue_gate LowCardinality(String) AFTER lost,
    ADD COLUMN IF NOT EXISTS observed_share Float64 CODEC(Gorilla, ZSTD(1)) AFTER queue_gate,
    ADD COLUMN IF NOT EXISTS error_people Float64 CODEC(Gorilla, ZSTD(1)) AFTER observed_share,
    ADD COLUMN IF NOT EXISTS age_ms Int64 DEFAULT -1 CODEC(ZSTD(1)) AFTER error_people;

ALTER TABLE {database}.crowd_flow
    ADD COLUMN IF NOT EXISTS width_m Float64 CODEC(Gorilla, ZSTD(1)) AFTER cameras_seen,
    ADD COLUMN IF NOT EXISTS entered_per_min Float64 CODEC(Gorilla, ZSTD(1)) AFTER width_m,
    ADD COLUMN IF NOT EXISTS exited_per_min Float64 CODEC(Gorilla, ZSTD(1)) AFTER entered_per_min,
    ADD COLUMN IF NOT EXISTS entered_per_m_min Float64 CODEC(Gorilla, ZSTD(1)) AFTER exited_per_min,
    ADD COLUMN IF NOT EXISTS exited_per_m_min Float64 CODEC(Gorilla, ZSTD(1)) AFTER entered_per_m_min,
    ADD COLUMN IF NOT EXISTS counter_share Float64 CODEC(Gorilla, ZSTD(1)) AFTER exited_per_m_min,
    ADD COLUMN IF NOT EXISTS entered_total Int64 CODEC(ZSTD(1)) AFTER counter_share,
    ADD COLUMN IF NOT EXISTS exited_total Int64 CODEC(ZSTD(1)) AFTER entered_total;

ALTER TABLE {database}.crowd_cells
    ADD COLUMN IF NOT EXISTS row_bytes Int64 DEFAULT 10 CODEC(ZSTD(1)) AFTER cells;

ALTER TABLE {database}.vehicle_tracks
    ADD COLUMN IF NOT EXISTS plate LowCardinality(String) AFTER ahead_cm,
    ADD COLUMN IF NOT EXISTS excused LowCardinality(String) AFTER plate,
    ADD COLUMN IF NOT EXISTS beyond LowCardinality(String) AFTER excused,
    ADD COLUMN IF NOT EXISTS inside_zone LowCardinality(String) AFTER beyond;

ALTER TABLE {database}.vehicle_events
    ADD COLUMN IF NOT EXISTS plate LowCardinality(String) AFTER y_cm,
    ADD COLUMN IF NOT EXISTS detail LowCardinality(String) AFTER plate;

ALTER TABLE {database}.alerts_changes
    ADD COLUMN IF NOT EXISTS prompt_en String AFTER plan,
    ADD COLUMN IF NOT EXISTS prompt_zh String AFTER prompt_en;

CREATE TABLE IF NOT EXISTS {database}.crowd_forecast
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    zone LowCardinality(String),
    level LowCardinality(String),
    next_level LowCardinality(String),
    trend_per_m2_min Float64 CODEC(Gorilla, ZSTD(1)),
    history_s Float64 CODEC(Gorilla, ZSTD(1)),
    next_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    next_low_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    next_high_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    critical_high_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    act_now_high_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (zone, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_queue
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    gate LowCardinality(String),
    people Float64 CODEC(Gorilla, ZSTD(1)),
    arriving_per_min Float64 CODEC(Gorilla, ZSTD(1)),
    served_per_min Float64 CODEC(Gorilla, ZSTD(1)),
    wait_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    known Bool,
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (gate, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_balance
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    area LowCardinality(String),
    inside Float64 CODEC(Gorilla, ZSTD(1)),
    low Float64 CODEC(Gorilla, ZSTD(1)),
    high Float64 CODEC(Gorilla, ZSTD(1)),
    turnstiles Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    lines Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    seen Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    residual Float64 CODEC(Gorilla, ZSTD(1)),
    suspect LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (area, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;
