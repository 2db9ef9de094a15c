-- The reason of an order's change in the reader's language.
ALTER TABLE {database}.orders_changes
    ADD COLUMN IF NOT EXISTS reason_zh String AFTER plan;
