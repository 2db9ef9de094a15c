-- One table for each stored topic: the fields of its schema by name, and where the row stood in its topic.
--
-- Avro int and long are both Int64. Ticks and progress rows are not stored, so their fields are not here.
-- `at` is the event time, for people and panels. Partition and TTL go by `appended_at`, when the broker took the row in:
-- a played stream has event times of another day, and would be deleted, or fill hundreds of partitions, on arrival.
-- Rows with the same key are the same fact told twice; the later offset stays (read with FINAL where that matters).
-- Statements end with a semicolon at the end of a line.

CREATE TABLE IF NOT EXISTS {database}.store_places
(
    thing LowCardinality(String),
    source_partition UInt16,
    source_offset Int64,
    saved_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(source_offset)
ORDER BY (thing, source_partition)
SETTINGS non_replicated_deduplication_window = 100;

CREATE TABLE IF NOT EXISTS {database}.camera_frames
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    tile_x_cm Int64 CODEC(ZSTD(1)),
    tile_y_cm Int64 CODEC(ZSTD(1)),
    people Int64 CODEC(ZSTD(1)),
    positions String CODEC(ZSTD(3)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toStartOfHour(appended_at)
ORDER BY (camera, event_time_us)
TTL appended_at + INTERVAL 48 HOUR DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.camera_health
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    state LowCardinality(String),
    since_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    fps Float64 CODEC(Gorilla, ZSTD(1)),
    width_px Int64 CODEC(ZSTD(1)),
    height_px Int64 CODEC(ZSTD(1)),
    calibrated Bool,
    people Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (camera, event_time_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_cells
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    period_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    cells String CODEC(ZSTD(3)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (camera, period_us, event_time_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_density
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
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
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (zone, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_flow
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    gate LowCardinality(String),
    line LowCardinality(String),
    entered Int64 CODEC(ZSTD(1)),
    exited Int64 CODEC(ZSTD(1)),
    cameras_seen Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (line, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.crowd_occupancy
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    area LowCardinality(String),
    inside Int64 CODEC(ZSTD(1)),
    entries_total Int64 CODEC(ZSTD(1)),
    exits_total Int64 CODEC(ZSTD(1)),
    turnstiles_seen Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(window_end_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (area, window_end_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.vehicle_tracks
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    vehicle String CODEC(ZSTD(1)),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    source LowCardinality(String),
    x_cm Int64 CODEC(ZSTD(1)),
    y_cm Int64 CODEC(ZSTD(1)),
    speed_cmps Int64 CODEC(ZSTD(1)),
    heading_deg Float64 CODEC(Gorilla, ZSTD(1)),
    lane LowCardinality(String),
    along_cmps Int64 CODEC(ZSTD(1)),
    s_cm Int64 CODEC(ZSTD(1)),
    ahead_zone LowCardinality(String),
    ahead_cm Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (vehicle, event_time_us, source)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.vehicle_events
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    window_end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    kind LowCardinality(String),
    vehicle String CODEC(ZSTD(1)),
    lane LowCardinality(String),
    zone LowCardinality(String),
    start_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    distance_cm Int64 CODEC(ZSTD(1)),
    speed_cmps Int64 CODEC(ZSTD(1)),
    ahead_cm Int64 CODEC(ZSTD(1)),
    x_cm Int64 CODEC(ZSTD(1)),
    y_cm Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (kind, lane, zone, vehicle, window_end_us, event_time_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.sensor_turnstile
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    device LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    gate LowCardinality(String),
    area LowCardinality(String),
    entries_total Int64 CODEC(ZSTD(1)),
    exits_total Int64 CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (device, event_time_us, source_partition, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.sensor_identity
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    device LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    gate LowCardinality(String),
    credential LowCardinality(String),
    pass_pseudonym String CODEC(ZSTD(1)),
    outcome LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (device, event_time_us, source_partition, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.sensor_fire
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    device LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    zone LowCardinality(String),
    kind LowCardinality(String),
    state LowCardinality(String),
    output LowCardinality(String),
    x_cm Int64 CODEC(ZSTD(1)),
    y_cm Int64 CODEC(ZSTD(1)),
    verified Bool,
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (device, event_time_us, source_partition, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.sensor_vehicle
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    device LowCardinality(String),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    received_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    vehicle String CODEC(ZSTD(1)),
    x_cm Int64 CODEC(ZSTD(1)),
    y_cm Int64 CODEC(ZSTD(1)),
    speed_cmps Int64 CODEC(ZSTD(1)),
    heading_deg Float64 CODEC(Gorilla, ZSTD(1)),
    lane LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (device, event_time_us, source_partition, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.alerts_changes
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    alert_id String CODEC(ZSTD(1)),
    mode LowCardinality(String),
    axis LowCardinality(String),
    number Int64 CODEC(ZSTD(1)),
    rule LowCardinality(String),
    rule_version Int64 CODEC(ZSTD(1)),
    place LowCardinality(String),
    priority LowCardinality(String),
    level LowCardinality(String),
    measured_level LowCardinality(String),
    condition LowCardinality(String),
    work LowCardinality(String),
    latched Bool,
    card Bool,
    verified Bool,
    start_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    event_time_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    value Float64 CODEC(Gorilla, ZSTD(1)),
    unit LowCardinality(String),
    x_m Float64 CODEC(Gorilla, ZSTD(1)),
    y_m Float64 CODEC(Gorilla, ZSTD(1)),
    source LowCardinality(String),
    levels Nested(level LowCardinality(String), event_time_us Int64),
    actor LowCardinality(String),
    actor_role LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    plan LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(event_time_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (alert_id, axis, number)
TTL appended_at + INTERVAL 366 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.dispatch_receipts
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    alert_id String CODEC(ZSTD(1)),
    axis LowCardinality(String),
    number Int64 CODEC(ZSTD(1)),
    channel LowCardinality(String),
    recipient LowCardinality(String),
    state LowCardinality(String),
    receipt String CODEC(ZSTD(1)),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (alert_id, axis, number, channel, recipient)
TTL appended_at + INTERVAL 366 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.deadletter_ingest
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
ORDER BY (topic, partition, offset, source_partition, source_offset)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;
