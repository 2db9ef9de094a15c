-- What people do with alerts: who has it, what was found, why it was closed; orders, receipts of each step, and the audit.
-- Alerts, orders, receipts and audit are kept three years.

ALTER TABLE {database}.alerts_changes
    ADD COLUMN IF NOT EXISTS owner LowCardinality(String) AFTER prompt_zh,
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) AFTER owner,
    ADD COLUMN IF NOT EXISTS closing LowCardinality(String) AFTER verdict,
    ADD COLUMN IF NOT EXISTS shelved_until_us Int64 AFTER closing,
    ADD COLUMN IF NOT EXISTS grouped_under String AFTER shelved_until_us,
    ADD COLUMN IF NOT EXISTS inhibited_by String AFTER grouped_under,
    ADD COLUMN IF NOT EXISTS repeats Int64 DEFAULT 1 AFTER inhibited_by;

ALTER TABLE {database}.alerts_changes MODIFY TTL appended_at + INTERVAL 1096 DAY DELETE;

ALTER TABLE {database}.dispatch_receipts
    ADD COLUMN IF NOT EXISTS step LowCardinality(String) AFTER at_us,
    ADD COLUMN IF NOT EXISTS order_id String AFTER step,
    ADD COLUMN IF NOT EXISTS attempt Int64 AFTER order_id,
    ADD COLUMN IF NOT EXISTS due_us Int64 AFTER attempt,
    ADD COLUMN IF NOT EXISTS reason String AFTER due_us,
    MODIFY ORDER BY (alert_id, axis, number, channel, recipient, step, order_id, attempt);

ALTER TABLE {database}.dispatch_receipts MODIFY TTL appended_at + INTERVAL 1096 DAY DELETE;

CREATE TABLE IF NOT EXISTS {database}.orders_changes
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    alert_id String CODEC(ZSTD(1)),
    mode LowCardinality(String),
    number Int64 CODEC(ZSTD(1)),
    state LowCardinality(String),
    kind LowCardinality(String),
    place LowCardinality(String),
    recipient LowCardinality(String),
    text_en String CODEC(ZSTD(1)),
    text_zh String CODEC(ZSTD(1)),
    issued_by LowCardinality(String),
    issued_role LowCardinality(String),
    actor LowCardinality(String),
    actor_role LowCardinality(String),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    due_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    effect LowCardinality(String),
    effect_due_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    plan LowCardinality(String),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (order_id, number)
TTL appended_at + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;

CREATE TABLE IF NOT EXISTS {database}.audit_log
(
    source_partition UInt16,
    source_offset Int64 CODEC(Delta, ZSTD(1)),
    appended_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    number Int64 CODEC(ZSTD(1)),
    at_us Int64 CODEC(DoubleDelta, ZSTD(1)),
    mode LowCardinality(String),
    actor LowCardinality(String),
    actor_role LowCardinality(String),
    action LowCardinality(String),
    subject String CODEC(ZSTD(1)),
    place LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    source String CODEC(ZSTD(1)),
    body String CODEC(ZSTD(1)),
    previous String CODEC(ZSTD(1)),
    hash String CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') MATERIALIZED fromUnixTimestamp64Micro(at_us, 'UTC')
)
ENGINE = ReplacingMergeTree(source_offset)
PARTITION BY toDate(appended_at)
ORDER BY (mode, number, hash)
TTL appended_at + INTERVAL 1096 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;
