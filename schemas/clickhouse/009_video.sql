-- What is recorded of each camera, and how the recorders fare. The video itself lies in files; `file` says where.
-- The rows of a camera's segments are kept as long as video is kept at the least; the plan's `recording` may raise that to 90 days.

CREATE TABLE IF NOT EXISTS {database}.video_segments
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    camera LowCardinality(String),
    start_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    end_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    file String CODEC(ZSTD(1)),
    size_bytes Int64 CODEC(ZSTD(1)),
    codec LowCardinality(String),
    width_px Int64 CODEC(ZSTD(1)),
    height_px Int64 CODEC(ZSTD(1)),
    frames Int64 CODEC(ZSTD(1)),
    key_frames Int64 CODEC(ZSTD(1)),
    damaged Int64 CODEC(ZSTD(1)),
    blake2b String CODEC(ZSTD(1)),
    gap_us Int64 CODEC(ZSTD(1)),
    ended LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(start_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (camera, start_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.recorder_state
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    recorder LowCardinality(String),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    state LowCardinality(String),
    cameras Int64 CODEC(ZSTD(1)),
    recording Int64 CODEC(ZSTD(1)),
    used_percent Float64 CODEC(Gorilla, ZSTD(1)),
    free_bytes Int64 CODEC(ZSTD(1)),
    sentence_en String CODEC(ZSTD(1)),
    sentence_zh String CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (recorder, at_us)
TTL appended_at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;
