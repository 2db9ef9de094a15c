-- Tiers: what is kept for two days, thirty and more, or three years. The days are the plan's (`retention`) and are set after
-- the migrations; those written here are the floors.
--
-- Measures are kept at one window a second, keyed by their place and the window's end. A correction is a row with a higher
-- revision, and the views read the newest. A repeat has the same revision and falls together with what it repeats.

CREATE TABLE IF NOT EXISTS {database}.zone_seconds
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    revision UInt32 DEFAULT 0,
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    zone LowCardinality(String),
    people Float64 CODEC(Gorilla, ZSTD(1)),
    density_per_m2 Float64 CODEC(Gorilla, ZSTD(1)),
    local_peak_per_m2 Float64 CODEC(Gorilla, ZSTD(1)),
    peak_x_m Float64 CODEC(Gorilla, ZSTD(1)),
    peak_y_m Float64 CODEC(Gorilla, ZSTD(1)),
    around_per_m2 Float64 CODEC(Gorilla, ZSTD(1)),
    speed_mps Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    vx_mps Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    vy_mps Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    los LowCardinality(String),
    los_scale LowCardinality(String),
    cameras_expected Int64 CODEC(ZSTD(1)),
    cameras_seen Int64 CODEC(ZSTD(1)),
    frames_expected Int64 CODEC(ZSTD(1)),
    frames_used Int64 CODEC(ZSTD(1)),
    specific_flow_per_m_s Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    pressure_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    pressure_low_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    pressure_high_per_s2 Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    noise_mps Float64 CODEC(Gorilla, ZSTD(1)),
    patch_people Int64 CODEC(ZSTD(1)),
    lost Int64 CODEC(ZSTD(1)),
    queue_gate LowCardinality(String),
    observed_share Float64 CODEC(Gorilla, ZSTD(1)),
    error_people Float64 CODEC(Gorilla, ZSTD(1)),
    age_ms Int64 DEFAULT -1 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toDate(appended_at)
ORDER BY (zone, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.line_seconds
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    revision UInt32 DEFAULT 0,
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    gate LowCardinality(String),
    line LowCardinality(String),
    entered Int64 CODEC(ZSTD(1)),
    exited Int64 CODEC(ZSTD(1)),
    cameras_seen Int64 CODEC(ZSTD(1)),
    width_m Float64 CODEC(Gorilla, ZSTD(1)),
    entered_per_min Float64 CODEC(Gorilla, ZSTD(1)),
    exited_per_min Float64 CODEC(Gorilla, ZSTD(1)),
    entered_per_m_min Float64 CODEC(Gorilla, ZSTD(1)),
    exited_per_m_min Float64 CODEC(Gorilla, ZSTD(1)),
    counter_share Float64 CODEC(Gorilla, ZSTD(1)),
    entered_total Int64 CODEC(ZSTD(1)),
    exited_total Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toDate(appended_at)
ORDER BY (line, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.area_seconds
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    revision UInt32 DEFAULT 0,
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    area LowCardinality(String),
    inside Int64 CODEC(ZSTD(1)),
    entries_total Int64 CODEC(ZSTD(1)),
    exits_total Int64 CODEC(ZSTD(1)),
    turnstiles_seen Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toDate(appended_at)
ORDER BY (area, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- What the five times a second of before told, as far as it ends on a second.
INSERT INTO {database}.zone_seconds
    (source_partition, source_offset, appended_at, window_end_us, zone, people, density_per_m2, local_peak_per_m2, peak_x_m, peak_y_m,
     around_per_m2, speed_mps, vx_mps, vy_mps, los, los_scale, cameras_expected, cameras_seen, frames_expected, frames_used,
     specific_flow_per_m_s, pressure_per_s2, pressure_low_per_s2, pressure_high_per_s2, noise_mps, patch_people, lost, queue_gate,
     observed_share, error_people, age_ms)
SELECT source_partition, source_offset, appended_at, window_end_us, zone, people, density_per_m2, local_peak_per_m2, peak_x_m, peak_y_m,
     around_per_m2, speed_mps, vx_mps, vy_mps, los, los_scale, cameras_expected, cameras_seen, frames_expected, frames_used,
     specific_flow_per_m_s, pressure_per_s2, pressure_low_per_s2, pressure_high_per_s2, noise_mps, patch_people, lost, queue_gate,
     observed_share, error_people, age_ms
FROM {database}.crowd_density WHERE window_end_us % 1000000 = 0
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO {database}.line_seconds
    (source_partition, source_offset, appended_at, window_end_us, gate, line, entered, exited, cameras_seen, width_m, entered_per_min,
     exited_per_min, entered_per_m_min, exited_per_m_min, counter_share, entered_total, exited_total)
SELECT source_partition, source_offset, appended_at, window_end_us, gate, line, entered, exited, cameras_seen, width_m, entered_per_min,
     exited_per_min, entered_per_m_min, exited_per_m_min, counter_share, entered_total, exited_total
FROM {database}.crowd_flow WHERE window_end_us % 1000000 = 0
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO {database}.area_seconds
    (source_partition, source_offset, appended_at, window_end_us, area, inside, entries_total, exits_total, turnstiles_seen)
SELECT source_partition, source_offset, appended_at, window_end_us, area, inside, entries_total, exits_total, turnstiles_seen
FROM {database}.crowd_occupancy WHERE window_end_us % 1000000 = 0
SETTINGS max_partitions_per_insert_block = 0;

DROP TABLE IF EXISTS {database}.crowd_density;

DROP TABLE IF EXISTS {database}.crowd_flow;

DROP TABLE IF EXISTS {database}.crowd_occupancy;

-- One position a second of everybody, out of camera.frames: the first frame of each second. Sorted by track, so that a walker's
-- rows follow each other and only the differences are left to store. T64 turns the bits of 64 of them on their side: jitter fills
-- a few planes and the rest is nothing, which takes less than their entropy coded byte by byte (`muster bench store`: 4 B a row).
CREATE TABLE IF NOT EXISTS {database}.positions
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(3)),
    appended_at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    camera LowCardinality(String),
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    track UInt32 CODEC(Delta, ZSTD(1)),
    x_cm Int32 CODEC(Delta, T64('bit'), ZSTD(1)),
    y_cm Int32 CODEC(Delta, T64('bit'), ZSTD(1)),
    vx_cmps Int16 CODEC(T64('bit'), ZSTD(1)),
    vy_cmps Int16 CODEC(T64('bit'), ZSTD(1)),
    class UInt8 CODEC(ZSTD(1)),
    score UInt8 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (camera, toStartOfHour(at), track, at)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- The grid at ten seconds, one row a cell, out of crowd.cells; what is absent was empty.
CREATE TABLE IF NOT EXISTS {database}.grid_10s
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    x_m Int16 CODEC(Delta, ZSTD(1)),
    y_m Int16 CODEC(Delta, ZSTD(1)),
    density_centi UInt16 CODEC(ZSTD(1)),
    vx_cmps Int16 CODEC(ZSTD(1)),
    vy_cmps Int16 CODEC(ZSTD(1)),
    pressure_milli UInt16 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (at, camera, x_m, y_m)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS deduplicate_merge_projection_mode = 'rebuild', non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- Over days nobody reads cells of ten seconds: by whole hours, what `v_grid` says of them lies ready, in a hundredth of the rows. It is
-- taken by itself wherever a question names `toStartOfHour(at)` and no finer time; its sums are those of the view, to the letter.
ALTER TABLE {database}.grid_10s ADD PROJECTION IF NOT EXISTS hours (SELECT toStartOfHour(at), camera, x_m, y_m, count(), sum(density_centi / 100), avg(density_centi / 100), max(density_centi / 100) GROUP BY toStartOfHour(at), camera, x_m, y_m);

-- Partial sums, whole as they came, for as long as the frames: a late one is added to its window with them. The record is the
-- message's value: wire format, magic byte and schema id included.
CREATE TABLE IF NOT EXISTS {database}.crowd_zones
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    slice_start_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    record String CODEC(ZSTD(3)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(slice_start_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toStartOfHour(appended_at)
ORDER BY (slice_start_us, camera)
TTL appended_at + INTERVAL 48 HOUR DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_late
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    slice_start_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    record String CODEC(ZSTD(3)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(slice_start_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toStartOfHour(appended_at)
ORDER BY (slice_start_us, camera)
TTL appended_at + INTERVAL 48 HOUR DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- How the platform fares.
CREATE TABLE IF NOT EXISTS {database}.stage_health
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    stage LowCardinality(String),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    taken Int64 CODEC(ZSTD(1)),
    given Int64 CODEC(ZSTD(1)),
    late Int64 CODEC(ZSTD(1)),
    clamped Int64 CODEC(ZSTD(1)),
    refused Int64 CODEC(ZSTD(1)),
    lag Int64 CODEC(ZSTD(1)),
    tick_age_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (stage, at_us, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.ledger_ingest
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    stage LowCardinality(String),
    topic LowCardinality(String),
    partition Int64 CODEC(ZSTD(1)),
    first_offset Int64 CODEC(DoubleDelta, ZSTD(1)),
    outcomes String CODEC(ZSTD(3)),
    clamped Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED toDateTime64(appended_at, 6, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (topic, partition, first_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.deadletter_stages
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    stage LowCardinality(String),
    topic LowCardinality(String),
    partition Int64 CODEC(ZSTD(1)),
    offset Int64 CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    raw String CODEC(ZSTD(3)),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (stage, topic, partition, offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- What the fire panel was asked for, and the anchored roots of the audit; three years.
CREATE TABLE IF NOT EXISTS {database}.linkage_changes
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    mode LowCardinality(String),
    number Int64 CODEC(ZSTD(1)),
    equipment LowCardinality(String),
    zone LowCardinality(String),
    state LowCardinality(String),
    by LowCardinality(String),
    actor LowCardinality(String),
    actor_role LowCardinality(String),
    alert_id String CODEC(ZSTD(1)),
    reason_en String CODEC(ZSTD(1)),
    reason_zh String CODEC(ZSTD(1)),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    plan LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (request_id, number)
TTL appended_at + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.audit_roots
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    number Int64 CODEC(ZSTD(1)),
    hash String CODEC(ZSTD(3)),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    mode LowCardinality(String),
    key_id LowCardinality(String),
    signature String CODEC(ZSTD(3)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (mode, number)
TTL appended_at + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

-- What the plan says of its places, so that a panel can name them; written by the store at each start.
CREATE TABLE IF NOT EXISTS {database}.plan_places
(
    kind LowCardinality(String),
    id LowCardinality(String),
    name_en String,
    name_zh String,
    detail LowCardinality(String),
    approved Nullable(Float64),
    area_m2 Nullable(Float64),
    x_m Float64,
    y_m Float64,
    parent LowCardinality(String),
    plan LowCardinality(String),
    saved_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(saved_at)
ORDER BY (kind, id);
